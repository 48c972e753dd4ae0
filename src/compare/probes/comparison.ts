import { z } from 'zod';
import { FORMS } from '../../probes/item.ts';

const count = z.int().nonnegative();

/** The same accuracy, or difference of accuracies, of two measurements; a baseline of null where there is none. */
export const bothSchema = z.strictObject({ baseline: z.number().nullable(), candidate: z.number() });
export type Both = z.infer<typeof bothSchema>;

/** A number and its confidence interval. A bound of null: unbounded on that side. */
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
  /** Δbenchmark − Δtwin, over the facts of families that can show it; `mde` is the minimum detectable effect. */
  delta: estimateSchema.extend({ facts: count, mde: z.number().nullable() }).nullable(),
  /** Change of the accuracy on twins, over the families that can show a drop; p is adjusted for the number of tests. */
  twinChange: estimateSchema
    .extend({ twins: count, lost: count, won: count, p: z.number(), mde: z.number().nullable() })
    .nullable(),
});
export type ShadowRow = z.infer<typeof shadowRowSchema>;

const pooledBelow = z.int().nullable();

/**
 * Why a family takes no part in a test. `pooledBelow`: it was judged together with the other families of fewer facts than
 * this; null where it was judged alone.
 */
export const exclusionSchema = z.discriminatedUnion('test', [
  z.strictObject({
    test: z.literal('twin-accuracy'),
    cause: z.enum(['baseline-at-chance', 'possible-guessing']),
    pooledBelow,
  }),
  z.strictObject({ test: z.literal('retention'), cause: z.literal('baseline-at-chance'), pooledBelow }),
  z.strictObject({
    test: z.literal('shadow-delta'),
    cause: z.literal('at-ceiling'),
    forms: z.array(z.enum(FORMS)).min(1),
    pooledBelow,
  }),
]);
export type Exclusion = z.infer<typeof exclusionSchema>;

export const familyRowSchema = z.strictObject({
  family: z.string(),
  capability: z.string(),
  facts: count,
  benchmark: bothSchema.extend({ chance: z.number() }),
  twin: bothSchema.extend({ chance: z.number() }),
  /** The tests that it takes no part in, and why. */
  excludedFrom: z.array(exclusionSchema),
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

/** The probe results of a candidate, with those of a baseline where there is one. */
export const probeComparisonSchema = z.strictObject({
  /** Level of the intervals, two-sided. Those of twin changes have the level `exclusion`. */
  confidence: z.number(),
  exclusion: z.number(),
  /** First all facts, then each capability. */
  rows: z.array(shadowRowSchema),
  families: z.array(familyRowSchema),
  /** Δtwin ÷ Δbenchmark; null where the benchmark form gained too little. */
  transfer: estimateSchema.nullable(),
  /** The shadow delta with an interval over templates instead of facts: the uncertainty about other formats. */
  overTemplates: estimateSchema.extend({ templates: count }).nullable(),
  /** Share of the benchmark forms that the baseline answered correctly with certainty and the candidate still does. */
  retention: estimateSchema.extend({ certain: count, kept: count }).nullable(),
  /** Sign test: did the margin by which twins are right fall? */
  margins: z.strictObject({ fell: count, rose: count, p: z.number() }).nullable(),
  flips: z.array(flipSchema),
  /**
   * The drop on twins that the facts of families above chance detect, if the share `discordance` of the answers of two
   * equals differs; null without such a family.
   */
  planned: z.strictObject({ facts: count, discordance: z.number(), mde: z.number().nullable() }),
});
export type ProbeComparison = z.infer<typeof probeComparisonSchema>;
