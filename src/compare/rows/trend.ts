import { z } from 'zod';
import { bothSchema, estimateSchema, VERDICTS } from './fields.ts';

/** Numbers charted over the checks of a history, each in the direction that does harm. */
export const CHARTS = ['twinAccuracy', 'shadowGap', 'concentration'] as const;
export type Chart = (typeof CHARTS)[number];

/** Strict, since it gets into a picture. */
export const timeSchema = z.iso.datetime({ offset: true });

/** Δ other forms ÷ Δ exam, with its interval. */
export const transferSchema = estimateSchema;

const sumSchema = z.number().nonnegative().nullable();

const checkSchema = z.strictObject({
  time: timeSchema,
  /** Accuracies of the twins; null where the probes did not run. */
  twinAccuracy: bothSchema.nullable(),
  shadowGap: bothSchema.nullable(),
  /** Verdict of the check alone, digest, and headline of the spectra; absent in older reports. */
  verdict: z.enum(VERDICTS).optional(),
  checkpoint: z.string().optional(),
  concentration: bothSchema.nullable().optional(),
  /** Absent without a gain, and in older reports. */
  transfer: transferSchema.optional(),
  /** Cumulative sums after it; null: no evidence yet. */
  sums: z.strictObject({ twinAccuracy: sumSchema, shadowGap: sumSchema, concentration: sumSchema }),
});
export type TrendCheck = z.infer<typeof checkSchema>;

/** Somebody with write access labeled a pull request to override a failed check. */
const overrideSchema = z.strictObject({ login: z.string(), pullRequest: z.int().positive(), time: timeSchema });
export type TrendOverride = z.infer<typeof overrideSchema>;
export const overridesSchema = z.array(overrideSchema);

export const trendSchema = z.strictObject({
  limit: z.number().positive(),
  /** The last checks, the newest last. */
  checks: z.array(checkSchema),
  /** Items that flipped in several of the checks that asked them, the most frequent first. */
  flips: z
    .array(z.strictObject({ item: z.string(), checks: z.int(), of: z.int() }))
    .min(1)
    .optional(),
  /** Since the first of the checks. */
  overrides: overridesSchema.min(1).optional(),
});
export type Trend = z.infer<typeof trendSchema>;
