import { statSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { type FileState, FolderFiles, openResolved, stateBeforeReading } from '@shadow-gate/platform/files';
import { isWeightsName } from '../hub/weight-formats.ts';

/** @param state before anything was read @throws UserError for anything but a regular file */
export async function readWeightsFile<T>(
  file: string,
  read: (handle: FileHandle, state: FileState) => Promise<T>,
): Promise<T> {
  const handle = await openResolved(file);
  try {
    if ((await handle.stat()).isFile()) return await read(handle, await stateBeforeReading(handle));
    throw new UserError(`${file} is not a regular file`, 'download the checkpoint again');
  } finally {
    await handle.close();
  }
}

export function isWeightsFile(path: string): boolean {
  return isWeightsName(path) || path.endsWith('.ckpt');
}

/** The folder with a checkpoint's other files; a lone file's directory. Lightning's `.ckpt` can be a directory. */
export function folderOfWeights(path: string): string {
  const isDirectory = () => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isWeightsFile(path) && !isDirectory() ? dirname(path) : path;
}

/** The files next to an opened checkpoint's weights; a lone file with a name that is not known has none. */
export function filesBeside(opened: { readonly path: string; readonly files: FolderFiles }): FolderFiles {
  return filesOfFolder(opened, folderOfWeights(opened.path));
}

/** Reuses the opened files if the folder is the checkpoint's. */
export function filesOfFolder({ files }: { readonly files: FolderFiles }, folder: string): FolderFiles {
  return resolve(files.path) === resolve(folder) ? files : new FolderFiles(folder);
}
