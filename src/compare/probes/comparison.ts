import { z } from 'zod';

const count = z.int().nonnegative();

/** The same share of two measurements; a baseline of null where there is none. */
export const bothSchema = z.strictObject({ baseline: z.number().nullable(), candidate: z.number() });
export type Both = z.infer<typeof bothSchema>;

/** A number and what it may as well be. A bound of null lies beyond all numbers. */
const estimateSchema = z.strictObject({
  value: z.number(),
  lower: z.number().nullable(),
  upper: z.number().nullable(),
});
export type Estimate = z.infer<typeof estimateSchema>;

/** One row of the table: all facts, or those of one capability. */
export const shadowRowSchema = z.strictObject({
  /** Null: all facts. Comes from a probe file: escape it. */
  capability: z.string().nullable(),
  facts: count,
  benchmark: bothSchema,
  twin: bothSchema,
  /** accuracy(benchmark form) − accuracy(twin). */
  gap: bothSchema,
  /** Δbenchmark − Δtwin, over the facts of families that can show it; `mde` is the least that would be reported. */
  delta: estimateSchema.extend({ facts: count, mde: z.number().nullable() }).nullable(),
  /** Change of the accuracy on twins, over the families that can show a drop; p is adjusted for the number of tests. */
  twinChange: estimateSchema
    .extend({ twins: count, lost: count, won: count, p: z.number(), mde: z.number().nullable() })
    .nullable(),
});
export type ShadowRow = z.infer<typeof shadowRowSchema>;

export const familyRowSchema = z.strictObject({
  family: z.string(),
  capability: z.string(),
  facts: count,
  benchmark: bothSchema.extend({ chance: z.number() }),
  twin: bothSchema.extend({ chance: z.number() }),
  /** In which tests it has no part, and why. */
  leftOut: z.array(z.string()),
});
export type FamilyRow = z.infer<typeof familyRowSchema>;

/** A twin that the candidate has wrong although it has the benchmark form right. */
export const flipSchema = z.strictObject({
  id: z.string(),
  capability: z.string(),
  prompt: z.string(),
  right: z.string(),
  baseline: z.string(),
  candidate: z.string(),
});
export type Flip = z.infer<typeof flipSchema>;

/** What the probes say of a candidate, beside a baseline where there is one. */
export const probeComparisonSchema = z.strictObject({
  /** Of the intervals, two-sided, but for those of twin changes, which have `exclusion`. */
  confidence: z.number(),
  exclusion: z.number(),
  /** First all facts, then each capability. */
  rows: z.array(shadowRowSchema),
  families: z.array(familyRowSchema),
  /** Δtwin ÷ Δbenchmark; null where the benchmark form gained too little. */
  transfer: estimateSchema.nullable(),
  /** The shadow delta with an interval over templates instead of facts: what other formats might show. */
  overTemplates: estimateSchema.extend({ templates: count }).nullable(),
  /** Of the benchmark forms that the baseline had right for certain, the share still right. */
  retention: estimateSchema.extend({ certain: count, kept: count }).nullable(),
  /** Sign test: did the margin by which twins are right fall? */
  margins: z.strictObject({ fell: count, rose: count, p: z.number() }).nullable(),
  flips: z.array(flipSchema),
  /** The drop on twins that so many facts find, where `discordance` of the answers of two equals differ. */
  planned: z.strictObject({ facts: count, discordance: z.number(), mde: z.number().nullable() }),
});
export type ProbeComparison = z.infer<typeof probeComparisonSchema>;
