import { FORMS, JUDGED_FORMS, TWIN_KINDS } from '@shadow-gate/probes/item';
import { z } from 'zod';
import { refusalRowSchema } from './refusals.ts';
import { textRowSchema } from './texts.ts';

const count = z.int().nonnegative();

/** Passages, and facts that are of none: the units of a row; absent where no item names a passage. */
const units = count.optional();

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

/** One row of the table: all facts, those of one suite where there are several, of one capability, or of both. */
export const shadowRowSchema = z.strictObject({
  /** Null: all suites. */
  suite: z.string().nullable().default(null),
  /** Null: all facts. Comes from a probe file: escape it. */
  capability: z.string().nullable(),
  facts: count,
  units,
  benchmark: bothSchema,
  twin: bothSchema,
  /** accuracy(benchmark form) − accuracy(twin). */
  gap: bothSchema,
  /** Δbenchmark − Δtwin, over the facts of families that can show it; `mde` is the minimum detectable effect. */
  delta: estimateSchema.extend({ facts: count, mde: z.number().nullable() }).nullable(),
  /**
   * Change of the accuracy on twins, over the families that can show a drop; p is adjusted for the number of tests.
   * Null for the row of a suite: its loss is tested over all of its families (`accuracy-loss`).
   */
  twinChange: estimateSchema
    .extend({ twins: count, lost: count, won: count, p: z.number(), mde: z.number().nullable() })
    .nullable(),
});
export type ShadowRow = z.infer<typeof shadowRowSchema>;

/**
 * The accuracy in one form, with its interval (see `kornGraubard`): of all facts, of one suite where there are several,
 * of one capability, or of both. A baseline of null where there is none.
 */
export const accuracyRowSchema = z.strictObject({
  /** Null: all suites. */
  suite: z.string().nullable(),
  /** Null: all facts. */
  capability: z.string().nullable(),
  form: z.enum(FORMS),
  /** Null for other forms than twins. */
  kind: z.enum(TWIN_KINDS).nullable(),
  facts: count,
  units,
  items: count,
  baseline: estimateSchema.nullable(),
  candidate: estimateSchema,
});
export type AccuracyRow = z.infer<typeof accuracyRowSchema>;

/**
 * A change of accuracy, and where it started: what a limit of transfer, which is in log-odds, is as a change of
 * accuracy.
 */
const formChangeSchema = estimateSchema.extend({
  start: z.strictObject({
    /** The baseline's share above chance, of `n` answers. */
    share: z.number(),
    n: count,
    /** What a change of accuracy of 1 is as a change of that share: 1/(1 − chance), the mean over the answers. */
    scale: z.number().positive(),
  }),
});
export type FormChange = z.infer<typeof formChangeSchema>;

/**
 * How both forms changed on the facts that the shadow delta of one suite and kind of twin is over, and on those of one
 * capability: Δbenchmark − Δtwin is that delta.
 */
export const changeRowSchema = z.strictObject({
  suite: z.string(),
  kind: z.enum(TWIN_KINDS),
  /** The suite that the items of a group come from; null for other twins. */
  group: z.string().nullable(),
  /** Null: all of these facts. */
  capability: z.string().nullable(),
  facts: count,
  units,
  benchmark: formChangeSchema,
  twin: formChangeSchema,
});
export type ChangeRow = z.infer<typeof changeRowSchema>;

const pooledBelow = z.int().nullable();

/**
 * Why a family takes no part in a test. `pooledBelow`: it was judged together with the other families of fewer facts
 * than this; null where it was judged alone.
 */
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

const familyRowSchema = z.strictObject({
  family: z.string(),
  capability: z.string(),
  facts: count,
  benchmark: bothSchema.extend({ chance: z.number() }),
  twin: bothSchema.extend({ chance: z.number() }),
  /** The tests that it takes no part in, and why. */
  excludedFrom: z.array(exclusionSchema),
});
export type FamilyRow = z.infer<typeof familyRowSchema>;

/** A prompt, what would be right, and what both models answered. Null: not known, or not disclosed. */
const answeredSchema = z.strictObject({
  prompt: z.string().nullable(),
  right: z.string().nullable(),
  baseline: z.string().nullable(),
  candidate: z.string().nullable(),
});

/** A twin that the candidate has wrong although it has the benchmark form right. */
const flipSchema = answeredSchema.extend({
  id: z.string(),
  capability: z.string(),
  /** The benchmark form, if the twin is answered with the letter that was right there: a kept letter. */
  beside: answeredSchema.optional(),
});
export type Flip = z.infer<typeof flipSchema>;

/**
 * What the twins of one kind say about one suite: the change of its benchmark form and of those twins, over the facts
 * that have them. A baseline of null where there is none.
 */
const kindRowSchema = z.strictObject({
  suite: z.string(),
  kind: z.enum(TWIN_KINDS),
  /** Facts with twins of this kind; of a group, its items. */
  facts: count,
  units,
  benchmark: bothSchema,
  twin: bothSchema,
  gap: bothSchema,
  /** Δbenchmark − Δtwin in accuracy. */
  delta: estimateSchema.nullable(),
  /** Δtwin ÷ Δbenchmark in chance-corrected log-odds; null where the benchmark form gained too little. */
  transfer: estimateSchema.nullable(),
  /** Whether it may decide about a gain, and if not, why. */
  role: z.enum(['decides', 'only-format', 'beside-stronger', 'labels-not-bound', 'too-few']),
  /** The suite that the items of a group come from; null for other twins. */
  group: z.string().nullable(),
});
export type KindRow = z.infer<typeof kindRowSchema>;

/** The change of the benchmark form of one suite, over all facts that are judged. */
const gainRowSchema = z.strictObject({ suite: z.string(), facts: count, gain: estimateSchema });

/** Why labels are an instrument, or are not. */
export const LABEL_REASONS = [
  'binds',
  'above-chance',
  'does-not-follow-options',
  'constant-label',
  'not-above-chance',
] as const;

/** Whether the baseline can answer with labels, for one suite. */
const labelRowSchema = z.strictObject({
  suite: z.string(),
  /** Benchmark forms that ask for a label; without any, the twins that do. */
  items: count,
  /** How often each label was given in them, the most frequent first. */
  baseline: z.array(z.strictObject({ label: z.string(), count })).nullable(),
  candidate: z.array(z.strictObject({ label: z.string(), count })),
  /** Pairs of benchmark form and permuted twin, as the baseline (without one, the candidate) answered them. */
  binding: z
    .strictObject({
      pairs: count,
      /** The same option was chosen, under another label. */
      followed: count,
      /** The same label was given, for another option. */
      kept: count,
      /** One-sided exact sign test for followed > kept. */
      p: z.number(),
    })
    .nullable(),
  /** Whether labels are an instrument: if not, the text form stands in, and twins that ask for labels take no part. */
  works: z.boolean(),
  why: z.enum(LABEL_REASONS),
});
export type LabelRow = z.infer<typeof labelRowSchema>;

/**
 * Permuted twins answered with the label that was right before the options were put in another order, for one suite.
 */
const keptRowSchema = z.strictObject({
  suite: z.string(),
  items: count,
  baseline: count.nullable(),
  candidate: count,
  /** What guessing keeps. */
  chance: z.number(),
  /**
   * One-sided: more than the baseline kept (McNemar) and more than its own habit for labels explains (permutation);
   * adjusted for the number of suites.
   */
  p: z.number(),
  /**
   * The same of the baseline alone, against chance and its habit: did it memorize letters? Without a baseline, of the
   * candidate.
   */
  baselineP: z.number(),
});
export type KeptRow = z.infer<typeof keptRowSchema>;

/** Answers of one form that changed. */
const churnRowSchema = z.strictObject({
  form: z.enum(FORMS),
  /** Null for other forms than twins. */
  kind: z.enum(TWIN_KINDS).nullable(),
  items: count,
  rightToWrong: count,
  wrongToRight: count,
  /** Another answer was given, right or wrong. */
  changed: count,
  /**
   * Mean KL divergence over the choices, Σ p log(p/q) with p of the baseline and q of the candidate, in nats; null
   * without choices.
   */
  kl: z.number().nullable(),
});
export type ChurnRow = z.infer<typeof churnRowSchema>;

/**
 * How much more the log-likelihood of benchmark questions rose than that of their fresh or group twins. Information
 * only.
 */
const memorizationRowSchema = z.strictObject({
  suite: z.string(),
  facts: count,
  units,
  /** Mean rise of log p per token over the baseline, in nats. */
  benchmark: z.number(),
  twin: z.number(),
  /** Share of facts (of pairs, for a group) in which the benchmark question rose more: 0.5 if nothing was memorized. */
  auc: z.number(),
  /** One-sided rank test over the set. */
  p: z.number(),
});
export type MemorizationRow = z.infer<typeof memorizationRowSchema>;

/** The highest level of a family that a model answers above chance. */
const levelRowSchema = z.strictObject({
  family: z.string(),
  capability: z.string(),
  /** Number of levels. */
  count: z.int().positive(),
  /** Those that were asked in full. */
  asked: z.array(z.int().positive()),
  /** 0: none. */
  reached: z.strictObject({ baseline: count.nullable(), candidate: count }),
  /** Exact paired test for a loss at the level that the baseline reached, adjusted for the number of families. */
  p: z.number().nullable(),
});
export type LevelRow = z.infer<typeof levelRowSchema>;

/** For the built-in suite, both forms together are one more test. */
export const LOSS_FORMS = [...JUDGED_FORMS, 'both'] as const;

/** An exact test for a loss of accuracy over all items of one form: of all facts, a capability or a suite. */
export const lossRowSchema = z.strictObject({
  form: z.enum(LOSS_FORMS),
  capability: z.string().nullable(),
  suite: z.string().nullable(),
  candidate: z.number(),
  baseline: z.number(),
  change: z.number(),
  items: count,
  units,
  lost: count,
  won: count,
  /** One-sided; for a capability or suite, adjusted for their number. */
  p: z.number(),
  /** The level at which p shows a loss. */
  alpha: z.number(),
});

/** How sharp a model is: what its scores are multiplied by to suit its right answers best. */
const fittedSharpnessSchema = z.strictObject({
  /** Factor for the scores of the choices; null without choices. */
  choices: z.number().nullable(),
  /** Factor for the logits over the vocabulary; 1 where it is not known. */
  vocabulary: z.number(),
});

const sharpnessRowSchema = z.strictObject({
  suite: z.string(),
  form: z.enum(FORMS),
  items: count,
  baseline: fittedSharpnessSchema,
  candidate: fittedSharpnessSchema,
});

const likelihoodSchema = estimateSchema.extend({ facts: count, bytes: count });

/** The change of expected accuracy, and of answer likelihood: of all facts, a capability or a suite. */
export const gradedRowSchema = z.strictObject({
  capability: z.string().nullable(),
  suite: z.string().nullable(),
  facts: count,
  units,
  items: count,
  /** False: of some answers no more than right or wrong is known, which stands in for their expected accuracy. */
  isGraded: z.boolean(),
  /** False: of servers and logs, likelihoods are known at the scale alone that the model's logits have. */
  isScaled: z.boolean(),
  /** Correlation of the log-likelihoods of the choices between both models; null where there is none. */
  agreement: z.number().nullable(),
  /** Ends are one-sided bounds at the policy's `alpha`. */
  expected: estimateSchema.extend({ baseline: z.number(), candidate: z.number() }),
  /** Nats per byte of the right answers' texts; null where it is not known. */
  likelihood: likelihoodSchema.nullable(),
  /** The same among the suite's right answers; what moved there from other tokens. Null of servers and logs. */
  among: likelihoodSchema.extend({ moved: estimateSchema }).nullable().optional(),
});

/** The probe results of a candidate, with those of a baseline where there is one. */
export const probeComparisonSchema = z.strictObject({
  /** Level of the intervals, two-sided. Those of twin changes have the level `exclusion`. */
  confidence: z.number(),
  exclusion: z.number(),
  /**
   * First all facts, then each suite if there are several, then each capability, and its part of each suite if it has
   * several.
   */
  rows: z.array(shadowRowSchema),
  families: z.array(familyRowSchema),
  /** Δtwin ÷ Δbenchmark; null where the benchmark form gained too little. */
  transfer: estimateSchema.nullable(),
  /** The shadow delta with an interval over templates instead of facts: the uncertainty about other formats. */
  overTemplates: estimateSchema.extend({ templates: count }).nullable(),
  /** Share of the benchmark forms that the baseline answered correctly with certainty and the candidate still does. */
  retention: estimateSchema.extend({ certain: count, kept: count, units }).nullable(),
  /** Sign test: did the margin by which twins are right fall? */
  margins: z.strictObject({ fell: count, rose: count, p: z.number() }).nullable(),
  flips: z.array(flipSchema),
  /**
   * The drop on twins that the facts of families above chance detect, if the share `discordance` of the answers of two
   * equals differs; null without such a family.
   */
  planned: z.strictObject({ facts: count, discordance: z.number(), mde: z.number().nullable() }),
  kinds: z.array(kindRowSchema).default([]),
  /** One for each suite; none without a baseline. */
  gains: z.array(gainRowSchema).default([]),
  labels: z.array(labelRowSchema).default([]),
  kept: z.array(keptRowSchema).default([]),
  /** The benchmark form with something irrelevant added; null where there is none. */
  robustness: z
    .strictObject({ facts: count, benchmark: bothSchema, distracted: bothSchema, lost: count, won: count })
    .nullable()
    .default(null),
  churn: z.array(churnRowSchema).default([]),
  memorization: z.array(memorizationRowSchema).default([]),
  levels: z.array(levelRowSchema).default([]),
  /**
   * Over everything, then by capability and suite: first of the benchmark forms, then of the twins. None in older
   * reports.
   */
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
