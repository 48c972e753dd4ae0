import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type GgufContents, isGguf, readGgufHeader, resolveFile } from '@shadow-gate/checkpoints/formats';
import { FolderFiles } from '@shadow-gate/platform/files';

/** What has the tokenizer of a model, opened: a checkpoint is one. */
export interface TokenPlace {
  /** Path of a folder, or of a GGUF file. */
  readonly path: string;
  /** Those of the folder, or of the one that the file is in. */
  readonly files: FolderFiles;
  /** What the GGUF file says; missing for a folder. */
  readonly gguf?: Pick<GgufContents, 'metadata'> | undefined;
}

/** Open a folder, or a GGUF file, whatever its name, of which nothing but the tokenizer is needed. */
export async function openTokenPlace(path: string): Promise<TokenPlace> {
  const isFile = await stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
  if (!isFile) return { path, files: new FolderFiles(path) };
  const files = new FolderFiles(dirname(path));
  const file = await resolveFile(dirname(path), basename(path));
  return { path, files, gguf: (await isGguf(file)) ? await readGgufHeader(file) : undefined };
}

/** The same opened anew, to see whether anything has changed. */
export async function reopenTokens({ path, files, gguf }: TokenPlace): Promise<TokenPlace> {
  return gguf ? openTokenPlace(path) : { path, files: new FolderFiles(files.path) };
}
