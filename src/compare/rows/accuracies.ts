import { FORMS, JUDGED_FORMS, TWIN_KINDS } from '@shadow-gate/probes/item';
import { z } from 'zod';
import { bothSchema, count, estimateSchema, unitCount } from './fields.ts';

/** All facts, those of one suite where there are several, of one capability, or of both. */
export const shadowRowSchema = z.strictObject({
  /** Null: all suites. */
  suite: z.string().nullable().default(null),
  /** Null: all facts. Comes from a probe file: escape it. */
  capability: z.string().nullable(),
  facts: count,
  units: unitCount,
  benchmark: bothSchema,
  twin: bothSchema,
  /** accuracy(benchmark form) − accuracy(twin). */
  gap: bothSchema,
  /** Δbenchmark − Δtwin, over the facts of families that can show it; `mde` is the minimum detectable effect. */
  delta: estimateSchema.extend({ facts: count, mde: z.number().nullable() }).nullable(),
  /** Over families that can show a drop; p is adjusted for the number of tests. Null for a suite: `accuracy-loss`. */
  twinChange: estimateSchema
    .extend({ twins: count, lost: count, won: count, p: z.number(), mde: z.number().nullable() })
    .nullable(),
});
export type ShadowRow = z.infer<typeof shadowRowSchema>;

/** The accuracy in one form, with its interval (see `kornGraubard`), for the same rows. */
export const accuracyRowSchema = z.strictObject({
  /** Null: all suites. */
  suite: z.string().nullable(),
  /** Null: all facts. */
  capability: z.string().nullable(),
  form: z.enum(FORMS),
  /** Null for other forms than twins. */
  kind: z.enum(TWIN_KINDS).nullable(),
  facts: count,
  units: unitCount,
  items: count,
  baseline: estimateSchema.nullable(),
  candidate: estimateSchema,
});
export type AccuracyRow = z.infer<typeof accuracyRowSchema>;

const pooledBelow = z.int().nullable();

/** Why a family takes no part in a test. `pooledBelow`: pooled with others of fewer facts than this; null: alone. */
const exclusionSchema = z.discriminatedUnion('test', [
  z.strictObject({
    test: z.literal('twin-accuracy'),
    cause: z.enum(['baseline-at-chance', 'possible-guessing']),
    pooledBelow,
  }),
  z.strictObject({ test: z.literal('retention'), cause: z.literal('baseline-at-chance'), pooledBelow }),
  z.strictObject({
    test: z.literal('shadow-delta'),
    cause: z.literal('at-ceiling'),
    forms: z.array(z.enum(JUDGED_FORMS)).min(1),
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
  excludedFrom: z.array(exclusionSchema),
});
export type FamilyRow = z.infer<typeof familyRowSchema>;

export const churnRowSchema = z.strictObject({
  form: z.enum(FORMS),
  kind: z.enum(TWIN_KINDS).nullable(),
  items: count,
  rightToWrong: count,
  wrongToRight: count,
  /** Another answer was given, right or wrong. */
  changed: count,
  /** Mean KL divergence of the choices, Σ p log(p/q) from baseline p to candidate q in nats; null without choices. */
  kl: z.number().nullable(),
});
export type ChurnRow = z.infer<typeof churnRowSchema>;

/** The highest level of a family that a model answers above chance. */
export const levelRowSchema = z.strictObject({
  family: z.string(),
  capability: z.string(),
  count: z.int().positive(),
  /** Asked in full. */
  asked: z.array(z.int().positive()),
  /** 0: none. */
  reached: z.strictObject({ baseline: count.nullable(), candidate: count }),
  /** Exact paired test for a loss at the level that the baseline reached, adjusted for the number of families. */
  p: z.number().nullable(),
});
export type LevelRow = z.infer<typeof levelRowSchema>;
