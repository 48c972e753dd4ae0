import { UserError } from '@shadow-gate/platform';
import { type FileState, fileStateAt, isSameFile, isUnchanged } from '@shadow-gate/platform/files';
import type { Checkpoint } from './checkpoint.ts';
import type { TensorEntry } from './tensors/tensor-entry.ts';
import { storedEntries } from './tensors/tensor-value.ts';

/**
 * Check that files have not changed since their headers were read: otherwise different bytes may have been hashed and
 * mapped, and no result may be kept. @throws UserError that names the file
 */
export async function expectUnchanged(
  checkpoint: Checkpoint,
  tensors: Iterable<TensorEntry> = checkpoint.tensors.values(),
): Promise<void> {
  const states = new Map<string, FileState>();
  for (const { file, state } of [...tensors].flatMap(storedEntries)) if (state !== undefined) states.set(file, state);
  // Other processes may be downloading other parts of a hub's file.
  const isAsBefore = checkpoint.remote ? isSameFile : isUnchanged;
  for (const [file, before] of states) {
    const now = await fileStateAt(file);
    if (now === null || !isAsBefore(before, now)) {
      throw new UserError(`${file} changed while it was measured`, 'run again when nothing writes to it any more');
    }
  }
}

/** Work on tensors. @throws UserError if a file changed meanwhile, even if the work failed */
export async function whileUnchanged<T>(
  used: ReadonlyArray<{ readonly checkpoint: Checkpoint; readonly tensors?: Iterable<TensorEntry> }>,
  work: () => Promise<T>,
): Promise<T> {
  const check = async () => {
    for (const { checkpoint, tensors } of used) await expectUnchanged(checkpoint, tensors);
  };
  try {
    const result = await work();
    await check();
    return result;
  } catch (error) {
    // A file that became shorter is reported by onnxruntime in its own words.
    await check();
    throw error;
  }
}
