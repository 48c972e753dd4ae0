import { createHash } from 'node:crypto';
import { filesOfFolder } from '@shadow-gate/checkpoints/formats';
import { UserError } from '@shadow-gate/platform';
import type { FolderFiles } from '@shadow-gate/platform/files';
import { digestGgufTokens, filesBesideGguf } from './gguf/token-source.ts';
import type { TokenPlace } from './token-place.ts';

/** Files, apart from config.json, that decide how texts are tokenized, how chats are written, and when answers end. */
const TOKEN_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'generation_config.json',
  'chat_template.jinja',
];
/** Without these, the digest is what it was before they were read. */
const OTHER_TOKEN_FILES = ['added_tokens.json', 'vocab.json', 'merges.txt', 'tekken.json'];

/** A digest, `sha256:…`, of token files and GGUF metadata: another tokenizer gives other answers. */
export async function digestTokenFiles(places: readonly TokenPlace[]): Promise<string> {
  const hash = createHash('sha256');
  for (const place of places) {
    const { gguf, path } = place;
    const files = gguf ? await filesBesideGguf(place, gguf.metadata) : filesOfFolder(place, path);
    if (gguf) hash.update(JSON.stringify(['gguf', digestGgufTokens(gguf.metadata)]));
    if (files === null) continue;
    for (const name of TOKEN_FILES) hash.update(JSON.stringify([name, await textOf(files, name)]));
    const whole = (await textOf(files, 'tokenizer.json')) !== null;
    for (const name of whole ? OTHER_TOKEN_FILES.slice(0, 1) : OTHER_TOKEN_FILES) {
      const text = await textOf(files, name);
      if (text !== null) hash.update(JSON.stringify([name, text]));
    }
  }
  return `sha256:${hash.digest('hex')}`;
}

/** Unreadable files differ from missing ones. */
async function textOf(files: FolderFiles, name: string): Promise<string | null | { readonly unreadable: string }> {
  try {
    return await files.text(name);
  } catch (error) {
    if (error instanceof UserError) return { unreadable: error.message };
    throw error;
  }
}
