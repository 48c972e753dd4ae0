import type { OnDownload } from '../hub/snapshot.ts';
import type { Checkpoint, TensorEntry } from './types.ts';

/**
 * Have the bytes of these tensors on the disk. They are there already unless the checkpoint is one of a hub; whoever reads
 * tensors asks for them here first, since what has not been fetched is a hole in its file, and reads as zeros.
 * @throws UserError for what cannot be downloaded
 */
export async function loadTensors(
  { remote }: Checkpoint,
  tensors: Iterable<TensorEntry>,
  onDownload?: OnDownload,
): Promise<void> {
  await remote?.fetch(tensors, onDownload);
}
