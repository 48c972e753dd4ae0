import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import type { OnProgress } from '@shadow-gate/platform/progress';
import type { Checkpoint } from './checkpoint.ts';
import {
  byName,
  type DigestedTensor,
  digestedConfig,
  digestParts,
  digestTensors,
  type TensorDigests,
} from './digest.ts';
import { isPickledName } from './hub/weight-formats.ts';
import { checkpointListing } from './listed.ts';
import { SIGNATURE_FILE } from './signature/check-signature.ts';

/** One machine's part of the digest of a checkpoint on a hub: it read some of the tensors. */
export interface DigestShare {
  readonly listing: string;
  readonly config: string;
  readonly tensors: readonly DigestedTensor[];
  /** Incomplete files of weights: their SHA-256 was not compared with the hub's. */
  readonly unverified: readonly string[];
}

/** Can several machines each read some tensors? Only with a hub's listing to compare, no pickles and no signature. */
export function isShareable(checkpoint: Checkpoint): boolean {
  const { remote } = checkpoint;
  if (checkpointListing(checkpoint) === null || remote?.names.includes(SIGNATURE_FILE)) return false;
  return !remote?.weights.some(({ name }) => isPickledName(name));
}

/** Begins the stand-in for a digest if not all tensors are read; `joinDigestShares` makes the digest. */
const OUTLINE = 'listed:';

export const isOutline = (digest: string): boolean => digest.startsWith(OUTLINE);

/**
 * Digest of the hub's listing, the configuration, and the names, dtypes and shapes of all tensors, known before one is
 * read: `listed:` and 64 hexadecimal digits, never equal to the digest of a checkpoint.
 */
export function outlineOf(checkpoint: Checkpoint): string {
  const tensors = [...checkpoint.tensors.values()].map(({ name, dtype, shape }) => [name, dtype, shape] as const);
  return outline({ listing: listingOf(checkpoint), config: digestedConfig(checkpoint) }, tensors.sort(byName));
}

function outline(
  { listing, config }: Pick<DigestShare, 'listing' | 'config'>,
  tensors: ReadonlyArray<readonly [name: string, dtype: string, shape: readonly number[]]>,
): string {
  return `${OUTLINE}${sha256(canonicalJson([listing, config, tensors]))}`;
}

function listingOf(checkpoint: Checkpoint): string {
  const listed = checkpointListing(checkpoint);
  if (listed === null) throw new Error(`${checkpoint.path} is not listed by a hub`);
  return listed.listing;
}

/** Read and hash a machine's tensors that were not read before. @throws UserError for a download that fails */
export async function digestShare(
  checkpoint: Checkpoint,
  names: ReadonlySet<string>,
  digests: TensorDigests,
  onProgress?: OnProgress,
): Promise<DigestShare> {
  const own = [...checkpoint.tensors.values()].filter(({ name }) => names.has(name));
  const tensors = await digestTensors(checkpoint, own, digests, onProgress);
  const unverified = (await checkpoint.remote?.unverified()) ?? [];
  return { listing: listingOf(checkpoint), config: digestedConfig(checkpoint), tensors, unverified };
}

export type JoinedDigest =
  | { readonly kind: 'whole'; readonly digest: string; readonly unverified: readonly string[] }
  | { readonly kind: 'differs'; readonly tensor: string; readonly shares: readonly [number, number] }
  /** Not all tensors were read, or not those of this checkpoint. */
  | { readonly kind: 'incomplete' };

/**
 * The digest by `digestCheckpoint`, if the shares have all tensors. It depends on the bytes that were read, not on the
 * hub's listing. @param whole `outlineOf` the checkpoint
 */
export function joinDigestShares(whole: string, shares: readonly DigestShare[]): JoinedDigest {
  const [first] = shares;
  const found = new Map<string, { readonly tensor: DigestedTensor; readonly share: number }>();
  for (const [share, { tensors }] of shares.entries()) {
    for (const tensor of tensors) {
      const [name] = tensor;
      const other = found.get(name);
      if (other === undefined) found.set(name, { tensor, share });
      else if (canonicalJson(other.tensor) !== canonicalJson(tensor))
        return { kind: 'differs', tensor: name, shares: [other.share, share] };
    }
  }
  const tensors = [...found.values()].map(({ tensor }) => tensor).sort(byName);
  const known = tensors.map(([name, dtype, shape]) => [name, dtype, shape] as const);
  const isSame = ({ listing, config }: DigestShare) => listing === first?.listing && config === first.config;
  if (!first || !shares.every(isSame) || outline(first, known) !== whole) return { kind: 'incomplete' };
  const unverified = first.unverified.filter((file) => shares.every((share) => share.unverified.includes(file)));
  return { kind: 'whole', digest: digestParts(tensors, first.config), unverified };
}
