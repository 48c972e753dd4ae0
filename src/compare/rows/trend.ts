import { z } from 'zod';
import { bothSchema, estimateSchema, VERDICTS } from './fields.ts';

/** What is charted over the checks of a history, each in the direction that does harm. */
export const CHARTS = ['twinAccuracy', 'shadowGap', 'concentration'] as const;
export type Chart = (typeof CHARTS)[number];

/** A moment; nothing but a date gets into a picture. */
export const timeSchema = z.iso.datetime({ offset: true });

/** Δ other forms ÷ Δ exam, with its interval. */
export const transferSchema = estimateSchema;

const sumSchema = z.number().nonnegative().nullable();

/** One check as the charts show it. */
const checkSchema = z.strictObject({
  time: timeSchema,
  /** Accuracies of the twins; null where the probes did not run. */
  twinAccuracy: bothSchema.nullable(),
  shadowGap: bothSchema.nullable(),
  /** Verdict of the check alone, digest, and headline of the spectra; absent in older reports. */
  verdict: z.enum(VERDICTS).optional(),
  checkpoint: z.string().optional(),
  concentration: bothSchema.nullable().optional(),
  /** How much of a gain carries over to other forms; absent where there was none, and in older reports. */
  transfer: transferSchema.optional(),
  /** The cumulative sums after it; null where there was no evidence yet. */
  sums: z.strictObject({ twinAccuracy: sumSchema, shadowGap: sumSchema, concentration: sumSchema }),
});
export type TrendCheck = z.infer<typeof checkSchema>;

/** Somebody who may write put the label on a pull request that overrides a failed check. */
const overrideSchema = z.strictObject({ login: z.string(), pullRequest: z.int().positive(), time: timeSchema });
export type TrendOverride = z.infer<typeof overrideSchema>;
export const overridesSchema = z.array(overrideSchema);

/** How a check stands among those before it. */
export const trendSchema = z.strictObject({
  /** A sum above this is an alarm. */
  limit: z.number().positive(),
  /** The last checks, the newest last. */
  checks: z.array(checkSchema),
  /** Items that flipped in several of the checks that asked items, those of most checks first; absent without. */
  flips: z
    .array(z.strictObject({ item: z.string(), checks: z.int(), of: z.int() }))
    .min(1)
    .optional(),
  /** Overrides since the first of the checks; absent without. */
  overrides: overridesSchema.min(1).optional(),
});
export type Trend = z.infer<typeof trendSchema>;
