import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readTextFile } from '../../platform/read-text-file.ts';
import { UserError } from '../../platform/user-error.ts';

/** Beside config.json, all that decides how a text becomes tokens, how a chat is written, and when an answer ends. */
const TOKEN_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'generation_config.json',
  'chat_template.jinja',
];

/**
 * A digest of these files of some directories, which the digest of a checkpoint does not hold: with another tokenizer the
 * same weights give other answers.
 * @returns `sha256:` and 64 hexadecimal digits
 */
export async function digestTokenFiles(directories: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const directory of directories) {
    for (const name of TOKEN_FILES) hash.update(JSON.stringify([name, await textOf(join(directory, name))]));
  }
  return `sha256:${hash.digest('hex')}`;
}

/** What is there and cannot be read is not the same as nothing. */
async function textOf(file: string): Promise<string | null | { readonly unreadable: string }> {
  try {
    return await readTextFile(file);
  } catch (error) {
    if (error instanceof UserError) return { unreadable: error.message };
    throw error;
  }
}
