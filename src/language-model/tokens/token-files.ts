import { createHash, type Hash } from 'node:crypto';
import { basename, join } from 'node:path';
import type { TextFileKind } from '../../platform/files/read-text-file.ts';
import { readTextInside } from '../../platform/files/resolve-inside.ts';
import { UserError } from '../../platform/user-error.ts';
import { digestGgufTokens, isGgufFile } from './gguf/token-source.ts';

/** The files, beside config.json, that decide how texts are tokenized, how chats are written, and when answers end. */
const TOKEN_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'generation_config.json',
  'chat_template.jinja',
];
/** Without these, the digest is what it was before they were read. */
const OTHER_TOKEN_FILES = ['added_tokens.json', 'vocab.json', 'merges.txt', 'tekken.json'];

/**
 * A digest of these files in some directories, and of what GGUF files say in place of them. They are not part of the digest of a checkpoint, but with another
 * tokenizer the same weights give other answers.
 * @returns `sha256:` and 64 hexadecimal digits
 */
export async function digestTokenFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    const directory = (await isGgufFile(path)) ? await addGguf(path, hash) : path;
    if (directory === null) continue;
    for (const name of TOKEN_FILES) hash.update(JSON.stringify([name, await textOf(join(directory, name))]));
    const whole = (await textOf(join(directory, 'tokenizer.json'))) !== null;
    for (const name of whole ? OTHER_TOKEN_FILES.slice(0, 1) : OTHER_TOKEN_FILES) {
      const text = await textOf(join(directory, name));
      if (text !== null) hash.update(JSON.stringify([name, text]));
    }
  }
  return `sha256:${hash.digest('hex')}`;
}

/** @returns the folder whose files are used instead */
async function addGguf(path: string, hash: Hash): Promise<string | null> {
  const { digest, folder } = await digestGgufTokens(path);
  hash.update(JSON.stringify(['gguf', digest]));
  return folder;
}

function kindOf(file: string): TextFileKind {
  const name = basename(file);
  if (['tokenizer.json', 'vocab.json', 'merges.txt', 'tekken.json'].includes(name)) return 'tokenizer';
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
