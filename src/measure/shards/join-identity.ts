import { isOutline, joinDigestShares } from '@shadow-gate/checkpoints';
import { at, UserError } from '@shadow-gate/platform';
import type { Measurement } from '../schema/measurement.ts';
import type { ShardMeasurement } from '../schema/shard.ts';

/** A shard of a measurement, and the file that it was read from. */
export interface ShardFile {
  readonly path: string;
  readonly measurement: Measurement;
  readonly shard: ShardMeasurement;
}

/**
 * The checkpoint and reference of the shards. If each shard read its own tensors alone, the digest is made here.
 * @throws UserError if they have not read all tensors, or not the same bytes of one
 */
export function joinIdentities(shards: readonly [ShardFile, ...ShardFile[]]) {
  const [{ measurement }] = shards;
  const checkpoint = joinDigests(shards, 'checkpoint', measurement.checkpoint.digest);
  const reference = measurement.reference && joinDigests(shards, 'reference', measurement.reference.digest);
  const { run } = measurement;
  return {
    checkpoint: { ...measurement.checkpoint, digest: checkpoint.digest },
    reference: measurement.reference && reference && { ...measurement.reference, digest: reference.digest },
    /** Files on a hub that no machine read as a whole. */
    unverified: [
      ...checkpoint.unverified.map((file) => `${run.checkpoint}/${file}`),
      ...(reference?.unverified ?? []).map((file) => `${run.reference}/${file}`),
    ],
  };
}

function joinDigests(
  shards: readonly [ShardFile, ...ShardFile[]],
  side: keyof ShardMeasurement['digests'],
  digest: string,
): { readonly digest: string; readonly unverified: readonly string[] } {
  if (!isOutline(digest)) return { digest, unverified: [] };
  const shares = shards.flatMap(({ shard }) => shard.digests[side] ?? []);
  const joined = joinDigestShares(digest, shares);
  if (joined.kind === 'whole') return joined;
  const pathOf = (index: number) => at(shards, index).path;
  if (joined.kind === 'differs') {
    const [one, other] = joined.shares;
    throw new UserError(
      `${pathOf(one)} and ${pathOf(other)} have read other bytes of the tensor ${JSON.stringify(joined.tensor)} of the ${side}`,
      'check HF_ENDPOINT on these machines, and measure their shards again',
    );
  }
  throw new UserError(
    `${pathOf(0)} and the other shards together have not read the tensors of the ${side} that the hub lists`,
    'measure all shards again with one version',
  );
}
