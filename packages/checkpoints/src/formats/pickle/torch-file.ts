import type { FileHandle } from 'node:fs/promises';
import { UserError } from '@shadow-gate/platform';
import { type FileState, isLfsPointer, LFS_MAGIC_BYTES, lfsPointerError } from '@shadow-gate/platform/files';
import { foreignError, PICKLE, readForeignFormat } from '../foreign-format.ts';
import { readWeightsFile } from '../weights-file.ts';
import { readLegacyFile } from './legacy-file.ts';
import { PickleError } from './pickle-error.ts';
import type { TorchObject } from './values.ts';
import { readZipFile } from './zip-file.ts';

export interface TorchFile extends TorchObject {
  readonly file: string;
  readonly state: FileState;
}

/** @throws UserError for other or damaged files, and for a name of anything but tensors and plain data */
export async function readTorchFile(file: string): Promise<TorchFile> {
  return withTorchErrors(file, async (handle, state) => {
    const format = await readForeignFormat(handle, file);
    if (format !== null && format !== PICKLE) throw foreignError(file, format);
    const whole = { start: 0, size: Number(state.size) };
    if (whole.size === 0) throw new UserError(`${file} is empty`, 'download the checkpoint again');
    const start = (await handle.read(Buffer.alloc(LFS_MAGIC_BYTES), 0, LFS_MAGIC_BYTES, 0)).buffer;
    if (isLfsPointer(start)) throw lfsPointerError(file);
    const isZip = start.toString('latin1', 0, 2) === 'PK';
    const read = isZip ? await readZipFile(handle, file, whole) : await readLegacyFile(handle, whole.size);
    return { ...read, file, state };
  });
}

/** Open a file for a reader of pickles, and add its name to errors. */
export async function withTorchErrors<T>(
  file: string,
  read: (handle: FileHandle, state: FileState) => Promise<T>,
): Promise<T> {
  return readWeightsFile(file, read).catch((error: unknown) => {
    if (!(error instanceof PickleError)) throw error;
    const { hint, lines } = foreignError(file, PICKLE);
    throw new UserError(`${file} is a PyTorch pickle that is not read: ${error.message}`, hint, { lines });
  });
}
