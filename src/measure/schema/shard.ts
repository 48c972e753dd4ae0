import { z } from 'zod';
import { MAX_SHARDS } from '../shards/shard.ts';

const count = z.int().nonnegative();
/** Where things stand in the whole, counted from 0, in the order in which the file has them. */
const places = z.array(count);

/** What joining the shards of a measurement takes, beside what each of them measured. */
export const shardSchema = z.strictObject({
  index: z.int().min(1).max(MAX_SHARDS),
  count: z.int().min(1).max(MAX_SHARDS),
  /** Null: only the probes are measured. */
  spectra: z
    .strictObject({
      /** Spectra of all shards. */
      jobs: count,
      /** Of `tensors`. */
      measured: places,
      /** Of the last ones of `skipped`, which take more memory than there is; those before them are skipped in any shard. */
      skipped: places,
      /** Those of `vectors` that were searched for NaN and Inf. */
      vectors: places,
    })
    .nullable(),
  /** Null: the probes were not asked. */
  probes: z
    .strictObject({
      /** Items that all shards together ask. */
      asked: count,
      /** Of `items`; answers to facts that are left out are among them. */
      items: places,
      /** Of `leftOut`, and the facts that are left out with them. */
      leftOut: z.array(z.strictObject({ place: count, fact: z.string() })),
    })
    .nullable(),
});
export type ShardMeasurement = z.infer<typeof shardSchema>;
export type SpectraShare = NonNullable<ShardMeasurement['spectra']>;
export type ProbesShare = NonNullable<ShardMeasurement['probes']>;
