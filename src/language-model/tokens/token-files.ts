import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import type { TextFileKind } from '../../platform/read-text-file.ts';
import { readTextInside } from '../../platform/resolve-inside.ts';
import { UserError } from '../../platform/user-error.ts';

/** The files, beside config.json, that decide how texts are tokenized, how chats are written, and when answers end. */
const TOKEN_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'generation_config.json',
  'chat_template.jinja',
];
/** Without these, the digest is what it was before they were read. */
const OTHER_TOKEN_FILES = ['added_tokens.json', 'vocab.json', 'merges.txt'];

/**
 * A digest of these files in some directories. They are not part of the digest of a checkpoint, but with another
 * tokenizer the same weights give other answers.
 * @returns `sha256:` and 64 hexadecimal digits
 */
export async function digestTokenFiles(directories: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const directory of directories) {
    for (const name of TOKEN_FILES) hash.update(JSON.stringify([name, await textOf(join(directory, name))]));
    const whole = (await textOf(join(directory, 'tokenizer.json'))) !== null;
    for (const name of whole ? OTHER_TOKEN_FILES.slice(0, 1) : OTHER_TOKEN_FILES) {
      const text = await textOf(join(directory, name));
      if (text !== null) hash.update(JSON.stringify([name, text]));
    }
  }
  return `sha256:${hash.digest('hex')}`;
}

function kindOf(file: string): TextFileKind {
  const name = basename(file);
  if (['tokenizer.json', 'vocab.json', 'merges.txt'].includes(name)) return 'tokenizer';
  return name === 'chat_template.jinja' ? 'template' : 'config';
}

/** A file that cannot be read is not the same as no file. */
async function textOf(file: string): Promise<string | null | { readonly unreadable: string }> {
  try {
    return await readTextInside(file, kindOf(file));
  } catch (error) {
    if (error instanceof UserError) return { unreadable: error.message };
    throw error;
  }
}
