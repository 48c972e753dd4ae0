import {
  type Checkpoint,
  type DigestShare,
  digestCheckpoint,
  digestShare,
  isShareable,
  outlineOf,
  type TensorDigests,
} from '@shadow-gate/checkpoints';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import type { OnProgress } from '@shadow-gate/platform/progress';
import { planShare } from './measure-spectra.ts';
import type { MeasuredModel } from './open-measured.ts';
import type { MeasureOptions } from './options.ts';

type Names = ReadonlySet<string> | null;

/** Names of the tensors that this machine reads; null: it reads all of them, wherever they are needed. */
export interface SharedReading {
  readonly checkpoint: Names;
  readonly reference: Names;
}

const ALL: SharedReading = { checkpoint: null, reference: null };

/**
 * The tensors that each of several machines has to read: of checkpoints on a hub its own alone, unless it runs the
 * model on probes. Copies on disks can differ from machine to machine, which only their bytes show: they are read as a
 * whole.
 * @throws UserError for a reference that does not fit
 */
export async function planReading(
  { checkpoint, reference = null, endpoint }: MeasuredModel,
  options: MeasureOptions,
): Promise<SharedReading> {
  const { shard, spectra, probes } = options;
  const runsModel = probes && endpoint === undefined;
  const base = reference?.checkpoint ?? null;
  const [isShared, isBaseShared] = [isShareable(checkpoint), base !== null && isShareable(base)];
  if (!shard || spectra === false || runsModel || !(isShared || isBaseShared)) return ALL;
  const own = await planShare(checkpoint, base, { ...options, shard });
  return { checkpoint: isShared ? own.checkpoint : null, reference: isBaseShared ? own.reference : null };
}

/** Does this machine read a tensor of the checkpoint or of its reference? */
export function isReadBy({ checkpoint: own, reference: ofBase }: SharedReading, { tensors }: Checkpoint) {
  return (entry: TensorEntry): boolean => {
    const names = tensors.get(entry.name) === entry ? own : ofBase;
    return names === null || names.has(entry.name);
  };
}

/** The digest of a checkpoint, or its outline until the shards are merged. */
export function digestOrOutline(
  checkpoint: Checkpoint,
  own: Names,
  digests: TensorDigests,
  onProgress?: OnProgress,
): Promise<string> | string {
  return own === null ? digestCheckpoint(checkpoint, digests, onProgress) : outlineOf(checkpoint);
}

/** This machine's shares of the digests that a merge makes. */
export async function digestShares(
  { checkpoint, reference = null }: MeasuredModel,
  reading: SharedReading,
  digests: TensorDigests,
  onProgress?: OnProgress,
): Promise<Readonly<Record<keyof SharedReading, DigestShare | null>>> {
  const share = async (opened: Checkpoint | null, own: Names) =>
    opened && own && digestShare(opened, own, digests, onProgress);
  return {
    checkpoint: await share(checkpoint, reading.checkpoint),
    reference: await share(reference?.checkpoint ?? null, reading.reference),
  };
}
