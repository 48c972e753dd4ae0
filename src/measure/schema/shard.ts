import { z } from 'zod';
import { MAX_SHARDS } from '../shards/shard.ts';

const count = z.int().nonnegative();
/** Positions in the complete measurement, counted from 0, in the order of this file. */
const places = z.array(count);

/** A machine's share of the digest of a checkpoint on a hub, if it read its own tensors alone: see `DigestShare`. */
const digestShareSchema = z.strictObject({
  listing: z.string(),
  config: z.string(),
  tensors: z.array(
    z.tuple([z.string(), z.string(), z.array(z.int().nonnegative()), z.string().regex(/^[0-9a-f]{64}$/)]),
  ),
  unverified: z.array(z.string()),
});

/** Data for a merge in addition to the results of a shard. */
export const shardSchema = z.strictObject({
  index: z.int().min(1).max(MAX_SHARDS),
  count: z.int().min(1).max(MAX_SHARDS),
  /** Null: only the probes are measured. */
  spectra: z
    .strictObject({
      /** Number of spectra in all shards. */
      jobs: count,
      /** Positions of `tensors`. */
      measured: places,
      /** Positions of the last entries of `skipped`, which need too much memory; every shard skips the others. */
      skipped: places,
      /** Positions of the `vectors` that this shard searched for NaN and Inf. */
      vectors: places,
    })
    .nullable(),
  /** Null: the probes did not run. */
  probes: z
    .strictObject({
      /** Number of items in all shards. */
      asked: count,
      /** Positions of `items`, answers to facts that are left out included. */
      items: places,
      /** Positions of `leftOut`, and the facts that are left out with them. */
      leftOut: z.array(z.strictObject({ place: count, fact: z.string() })),
    })
    .nullable(),
  /** Digest of the adapter whose merge the first shard checks; null without one. */
  adapter: z.string().nullable().default(null),
  /** Null: all bytes were read, and the digest is in this file. */
  digests: z
    .strictObject({ checkpoint: digestShareSchema.nullable(), reference: digestShareSchema.nullable() })
    .default({ checkpoint: null, reference: null }),
  /** The commit that the run of the action was about; absent outside of the action. */
  commit: z.string().optional(),
});
export type ShardMeasurement = z.infer<typeof shardSchema>;
export type SpectraShare = NonNullable<ShardMeasurement['spectra']>;
export type ProbesShare = NonNullable<ShardMeasurement['probes']>;
