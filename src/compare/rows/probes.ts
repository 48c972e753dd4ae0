import { LAYER_BY_LAYER } from '@shadow-gate/language-model/execution';
import { seedNameSchema } from '@shadow-gate/probes/random';
import { z } from 'zod';
import { precisionSchema } from '../../measure/schema/index.ts';
import { accuracyRowSchema, churnRowSchema, familyRowSchema, levelRowSchema, shadowRowSchema } from './accuracies.ts';
import { mustPassRowSchema, refusalRowSchema, textRowSchema } from './apart.ts';
import { bothSchema, count, estimateSchema, unitCount } from './fields.ts';
import { freshRowSchema } from './fresh.ts';
import { changeRowSchema, gainRowSchema, kindRowSchema, memorizationRowSchema } from './gains.ts';
import { itemTableSchema } from './item-table.ts';
import { flipSchema, keptRowSchema, labelRowSchema } from './letters.ts';
import { gradedRowSchema, lossRowSchema, sharpnessRowSchema } from './losses.ts';

const probeComparisonSchema = z.strictObject({
  /** Level of the intervals, two-sided. Those of twin changes have the level `exclusion`. */
  confidence: z.number(),
  exclusion: z.number(),
  /** All facts, each of several suites, each capability, and its parts of several suites. */
  rows: z.array(shadowRowSchema),
  families: z.array(familyRowSchema),
  /** Δtwin ÷ Δbenchmark; null where the benchmark form gained too little. */
  transfer: estimateSchema.nullable(),
  /** The shadow delta with an interval over templates instead of facts: the uncertainty about other formats. */
  overTemplates: estimateSchema.extend({ templates: count }).nullable(),
  /** Share of the benchmark forms that the baseline answered correctly with certainty and the candidate still does. */
  retention: estimateSchema.extend({ certain: count, kept: count, units: unitCount }).nullable(),
  /** Sign test: did the margin by which twins are right fall? */
  margins: z.strictObject({ fell: count, rose: count, p: z.number() }).nullable(),
  flips: z.array(flipSchema),
  /** Detectable drop on twins at the share `discordance` of changed answers, over facts of families above chance. */
  planned: z.strictObject({ facts: count, discordance: z.number(), mde: z.number().nullable() }),
  kinds: z.array(kindRowSchema).default([]),
  /** One for each suite; none without a baseline. */
  gains: z.array(gainRowSchema).default([]),
  labels: z.array(labelRowSchema).default([]),
  kept: z.array(keptRowSchema).default([]),
  robustness: z
    .strictObject({ facts: count, benchmark: bothSchema, distracted: bothSchema, lost: count, won: count })
    .nullable()
    .default(null),
  churn: z.array(churnRowSchema).default([]),
  memorization: z.array(memorizationRowSchema).default([]),
  levels: z.array(levelRowSchema).default([]),
  /** By capability and suite after everything: benchmark forms, then twins. None in older reports. */
  losses: z.array(lossRowSchema).default([]),
  /** Over everything, then by capability and suite. None in older reports. */
  graded: z.array(gradedRowSchema).default([]),
  /** By suite and form. None in older reports. */
  sharpness: z.array(sharpnessRowSchema).default([]),
  /** Suites of plain texts, which decide nothing. None in older reports. */
  texts: z.array(textRowSchema).default([]),
  /** Suites of requests that have to be refused; absent without any. */
  refusals: z.array(refusalRowSchema).min(1).optional(),
});
export type ProbeComparison = z.infer<typeof probeComparisonSchema>;

/** The verdicts that asking more cannot change. */
const SETTLED = ['pass', 'fail'] as const;
export type Settled = (typeof SETTLED)[number];

export const probeReportSchema = z.strictObject({
  suites: z.array(
    z.strictObject({
      name: z.string(),
      items: z.number().int(),
      /** A private benchmark: neither the report nor the measurement has its texts. */
      texts: z.literal('omitted').optional(),
    }),
  ),
  /** Or the digest of a secret. */
  seed: seedNameSchema,
  /** Seed of the order of asking; absent if everything was asked at once, and in older reports. */
  orderSeed: count.optional(),
  chatTemplate: z.boolean(),
  /** Suites asked without the candidate's chat template. Absent if none, and in older reports. */
  withoutTemplate: z.array(z.string()).min(1).optional(),
  budgetSeconds: z.number().nullable(),
  asked: z.number().int(),
  /** Absent where everything was asked. */
  sequential: z
    .strictObject({
      /** Verdict that the rest cannot change, except with probability `alpha`. Null: a time limit, or not settled. */
      settled: z.enum(SETTLED).nullable(),
      alpha: z.number(),
      /** Asked, out of all that the baseline was asked. */
      facts: count,
      allFacts: count,
      items: count,
      allItems: count,
      blocks: count,
      allBlocks: z.int().positive(),
      /** Accuracies of the whole baseline, over all and by capability; absent in reports of 0.2.0. */
      baseline: z
        .array(z.strictObject({ capability: z.string().nullable(), benchmark: z.number(), twin: z.number() }))
        .optional(),
    })
    .optional(),
  leftOut: z.array(z.strictObject({ suite: z.string(), id: z.string(), reason: z.string() })),
  /** The device or server, and why. */
  by: z.string(),
  /** Null: the server does not say. Absent in reports of version 0.2.0. */
  precision: precisionSchema.nullable().optional(),
  /** Absent where all weights were in memory, and where a server does not say. */
  execution: z.literal(LAYER_BY_LAYER).optional(),
  seconds: z.number(),
  /** Different tokens that the candidate read. Absent where a server encodes texts, and up to version 0.3. */
  vocabulary: z.strictObject({ read: count, size: count }).optional(),
  comparison: probeComparisonSchema,
  /** The first row over only those suites whose facts the seed draws. Null where there are none. */
  drawn: shadowRowSchema.nullable().default(null),
  /** Absent without fresh questions, and up to version 0.3. */
  fresh: freshRowSchema.optional(),
  /** Absent without suites of which no question may be answered wrong. */
  mustPass: z.array(mustPassRowSchema).min(1).optional(),
  /** Accuracies by form with their intervals; none in older reports. */
  accuracies: z.array(accuracyRowSchema).default([]),
  /** How benchmark forms and twins changed; none without a baseline, and in older reports. */
  changes: z.array(changeRowSchema).default([]),
  /** Null in older reports. */
  items: itemTableSchema.nullable().default(null),
});
export type ProbeReport = z.infer<typeof probeReportSchema>;
