import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { digestKeys } from '../../../checkpoint/formats/gguf/digest-keys.ts';
import { type GgufHeader, isGguf, readGgufHeader } from '../../../checkpoint/formats/gguf/header.ts';
import type { GgufMetadata } from '../../../checkpoint/formats/gguf/metadata.ts';
import { resolveFile } from '../../../checkpoint/formats/safetensors.ts';
import { readTextInside } from '../../../platform/files/resolve-inside.ts';
import { parseJson } from '../../../platform/json/parse-json.ts';
import { defaultsOf, type GgufDefaults } from './defaults.ts';
import { expectSameTokens } from './same-tokens.ts';
import { type GgufTokenFiles, settingsOf, tokenFilesOf } from './token-files.ts';
import { isKnownKind } from './tokenizer-parts.ts';
import { kindOf, readVocabulary } from './vocabulary.ts';

/** Where the tokenizer of a checkpoint is: in files of a folder, or in a GGUF file. */
export type TokenSource =
  | { readonly kind: 'folder'; readonly directory: string }
  | { readonly kind: 'gguf'; readonly file: string; readonly files: GgufTokenFiles };

/**
 * Find the tokenizer of a checkpoint. A GGUF file is used with its own, as every program does that loads it. Files beside it are
 * used only if it has none, or one that is not known here, and if the tokens are the same; so is a tokenizer.json that is in it.
 * @param path of a folder, or of a GGUF file
 * @throws UserError for a GGUF file whose tokenizer is not known, or damaged
 */
export async function tokenSourceOf(path: string): Promise<TokenSource> {
  if (!(await isGgufFile(path))) return { kind: 'folder', directory: path };
  const { metadata, file, state } = await readHeader(path);
  const folder = await folderBeside(path, metadata);
  if (folder !== null) return { kind: 'folder', directory: folder };
  const key = JSON.stringify([file, Object.values(state).map(String)]);
  const known = last?.key === key ? last.files.deref() : undefined;
  const files = known ?? tokenFilesOf(metadata);
  // Without a tokenizer, it is like a folder that lacks one.
  if (files === null) return { kind: 'folder', directory: path };
  last = { key, files: new WeakRef(files) };
  return { kind: 'gguf', file: path, files };
}

/** The files made last: a measurement asks for those of one model several times. They are given up where memory is short. */
let last: { readonly key: string; readonly files: WeakRef<GgufTokenFiles> } | null = null;

/** generation_config.json as the file has it; null if it has no tokenizer. */
export async function readGgufTokenIds(path: string): Promise<Readonly<Record<string, unknown>> | null> {
  const { metadata } = await readHeader(path);
  const vocabulary = readVocabulary(metadata);
  return vocabulary && settingsOf(metadata, vocabulary)['generation_config.json'];
}

/** What a GGUF file says about sampling, and about further ends of a turn. */
export async function readGgufDefaults(path: string): Promise<GgufDefaults> {
  return defaultsOf((await readHeader(path)).metadata);
}

/** The bytes of all that a GGUF file says about its tokenizer, and the folder whose files are used instead, if any. */
export async function digestGgufTokens(
  path: string,
): Promise<{ readonly digest: string; readonly folder: string | null }> {
  const { metadata } = await readHeader(path);
  const keys = metadata.keys().filter((key) => key.startsWith('tokenizer.'));
  return { digest: digestKeys(metadata, keys), folder: await folderBeside(path, metadata) };
}

/** Is a path that of a GGUF file, whatever its name? */
export async function isGgufFile(path: string): Promise<boolean> {
  const isFile = await stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
  return isFile && isGguf(await resolveFile(dirname(path), basename(path)));
}

async function readHeader(path: string): Promise<GgufHeader> {
  return readGgufHeader(await resolveFile(dirname(path), basename(path)));
}

/** The folder of the file, if its tokenizer.json is used. @throws UserError if that has other tokens */
async function folderBeside(path: string, metadata: GgufMetadata): Promise<string | null> {
  const kind = kindOf(metadata);
  if (kind !== null && isKnownKind(kind)) return null;
  const file = join(dirname(path), 'tokenizer.json');
  const text = await readTextInside(file, 'tokenizer');
  if (text === null) return null;
  const vocabulary = readVocabulary(metadata);
  if (vocabulary !== null) {
    expectSameTokens(vocabulary, { name: file, json: parseJson(text, { name: file, hint: 'restore the file' }) });
  }
  return dirname(path);
}
