import { dirname, join } from 'node:path';
import { digestKeys, filesOfFolder, type GgufMetadata } from '@shadow-gate/checkpoints/formats';
import type { FolderFiles } from '@shadow-gate/platform/files';
import { parseJson } from '@shadow-gate/platform/json';
import type { TokenPlace } from '../token-place.ts';
import { expectSameTokens } from './same-tokens.ts';
import { type GgufTokenFiles, ggufTokenFiles, ggufTokenSettings } from './token-files.ts';
import { isKnownKind } from './tokenizer-parts.ts';
import { ggufTokenizerKind, readGgufVocabulary } from './vocabulary.ts';

/** The tokenizer of a checkpoint: files of a folder, or a GGUF file. */
type TokenSource =
  | { readonly kind: 'folder'; readonly files: FolderFiles }
  | { readonly kind: 'gguf'; readonly file: string; readonly files: GgufTokenFiles };

/**
 * Find the tokenizer of a checkpoint. A GGUF file is used with its own, as in every program that loads it. Files next
 * to it, or a tokenizer.json in it, are used only if it has no known tokenizer, and if the tokens are the same.
 * @throws UserError for a GGUF file with an unknown or damaged tokenizer
 */
export async function findTokenSource(place: TokenPlace): Promise<TokenSource> {
  const { path, gguf } = place;
  // No program loads the tokenizer next to a lone file of another format.
  const own: TokenSource = { kind: 'folder', files: filesOfFolder(place, path) };
  if (!gguf) return own;
  const { metadata } = gguf;
  const beside = await filesBesideGguf(place, metadata);
  if (beside !== null) return { kind: 'folder', files: beside };
  const files = made.get(metadata)?.deref() ?? ggufTokenFiles(metadata);
  // Without a tokenizer, it is like a folder that lacks one.
  if (files === null) return own;
  made.set(metadata, new WeakRef(files));
  return { kind: 'gguf', file: path, files };
}

/** A measurement asks for one model's files several times. Garbage collection may take them. */
const made = new WeakMap<GgufMetadata, WeakRef<GgufTokenFiles>>();

/** A GGUF file's generation_config.json; null if it has no tokenizer. */
export function ggufTokenIds(metadata: GgufMetadata): Readonly<Record<string, unknown>> | null {
  const vocabulary = readGgufVocabulary(metadata);
  return vocabulary && ggufTokenSettings(metadata, vocabulary)['generation_config.json'];
}

/** A digest of all that a GGUF file says about its tokenizer. */
export function digestGgufTokens(metadata: GgufMetadata): string {
  const keys = metadata.keys().filter((key) => key.startsWith('tokenizer.'));
  return digestKeys(metadata, keys);
}

/** The files next to a GGUF file, if their tokenizer.json is used. @throws UserError if it has other tokens */
export async function filesBesideGguf(
  { path, files }: TokenPlace,
  metadata: GgufMetadata,
): Promise<FolderFiles | null> {
  const kind = ggufTokenizerKind(metadata);
  if (kind !== null && isKnownKind(kind)) return null;
  const text = await files.text('tokenizer.json');
  if (text === null) return null;
  const vocabulary = readGgufVocabulary(metadata);
  if (vocabulary !== null) {
    const name = join(dirname(path), 'tokenizer.json');
    expectSameTokens(vocabulary, { name, json: parseJson(text, { name, hint: 'restore the file' }) });
  }
  return files;
}
