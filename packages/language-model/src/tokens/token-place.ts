import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type GgufContents, isGguf, readGgufHeader, resolveFile } from '@shadow-gate/checkpoints/formats';
import { FolderFiles } from '@shadow-gate/platform/files';

/** An opened source of a model's tokenizer, such as a checkpoint. */
export interface TokenPlace {
  /** Path of a folder, or of a GGUF file. */
  readonly path: string;
  /** Files of the folder, or of the GGUF file's folder. */
  readonly files: FolderFiles;
  /** Metadata of the GGUF file; absent for a folder. */
  readonly gguf?: Pick<GgufContents, 'metadata'> | undefined;
}

/** Open a folder or a GGUF file, whatever its name, for its tokenizer alone. */
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

/** Open a place again, to detect changes. */
export async function reopenTokens({ path, files, gguf }: TokenPlace): Promise<TokenPlace> {
  return gguf ? openTokenPlace(path) : { path, files: new FolderFiles(files.path) };
}
