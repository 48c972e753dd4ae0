import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { FolderFiles } from '@shadow-gate/platform/files';
import { isWeightsName } from '../hub/weight-formats.ts';

/** Is this the name of one file of weights, also of Lightning, and neither that of a directory nor of a measurement? */
export function isWeightsFile(path: string): boolean {
  return isWeightsName(path) || path.endsWith('.ckpt');
}

/**
 * The folder with a checkpoint's other files: for a lone file, its directory. Lightning's `.ckpt` can be a directory.
 */
export function folderOfWeights(path: string): string {
  const isDirectory = () => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isWeightsFile(path) && !isDirectory() ? dirname(path) : path;
}

/** The files next to the weights of an opened checkpoint: a lone file whose name says nothing has none. */
export function filesBeside(opened: { readonly path: string; readonly files: FolderFiles }): FolderFiles {
  return filesOfFolder(opened, folderOfWeights(opened.path));
}

/** The files of a folder: those that have been opened, if it is that of the checkpoint. */
export function filesOfFolder({ files }: { readonly files: FolderFiles }, folder: string): FolderFiles {
  return resolve(files.path) === resolve(folder) ? files : new FolderFiles(folder);
}
