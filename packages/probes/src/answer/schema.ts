import { LOGIT_FACTORS } from '@shadow-gate/language-model/engine';
import { SPELLING } from '@shadow-gate/language-model/tokens/spelling';
import { ERROR_CODES, given } from '@shadow-gate/platform';
import { z } from 'zod';
import { ANSWER_KINDS, itemShape, LONGEST_SLICE } from '../item.ts';
import { seedNameSchema } from '../random.ts';
import { FACTS_RANGE, SUITE_ROLES } from '../suite.ts';
import type { Unchanged } from '../unchanged.ts';
import { ownTextSchema } from './own-text.ts';
import { protocolSchema } from './protocol.ts';
import { sha256Digest, textSuiteMeasurementSchema } from './texts.ts';

const count = z.int().nonnegative();
const share = z.number().min(0).max(1);
const scaledSchema = z.array(z.number().nonpositive()).length(LOGIT_FACTORS.length);

const digest = (digits: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`), `not ${digits} hexadecimal digits`);

const samplesSchema = z.strictObject({ correct: count, of: z.int().min(2) });

/** Likelihood of the text of the right answer after its prompt. */
const likelihoodSchema = z.strictObject({
  /** Natural logarithm, summed over its tokens. */
  logprob: z.number().nonpositive(),
  /** Bytes of the text in UTF-8, without the delimiter before it; at least 1. */
  bytes: z.int().positive(),
  /** `logprob` if all logits were multiplied by each of LOGIT_FACTORS; absent if unknown, as at servers. */
  scaled: scaledSchema.optional(),
  /** Among the tokens of the suite's right answers alone, so no other token changes it. Absent if unknown. */
  among: z.strictObject({ logprob: z.number().nonpositive(), scaled: scaledSchema }).optional(),
});

const askedShape = {
  suite: z.string(),
  ...itemShape,
  /** Null: from another version of the built-in suite, which alone can draw it again. */
  prompt: z.string().nullable(),
  right: z.string(),
  chance: share,
  /** `text` if missing. */
  answers: z.enum(ANSWER_KINDS).optional(),
  /** Values of the fields that its file is sliced by, hashed if texts are. */
  slices: z.record(z.string().max(100), z.string().max(LONGEST_SLICE)).optional(),
};

/** The answer. Older files lack optional keys. */
const givenShape = {
  /** The preferred choice, or the generated answer; empty if two choices are preferred equally. */
  given: z.string(),
  /** With samples: whether most of them are right. */
  correct: z.boolean(),
  /**
   * For choices, the score of the right one minus the best other one, in the unit of the scoring: positive if correct.
   * For an exact answer, the mean log-probability of the target's tokens.
   */
  margin: z.number(),
  /** Expected accuracy: the probability of the right choice, see `choiceProbability`; null for an exact answer. */
  probability: share.nullable(),
  /** log p(choice | prompt), summed over its tokens, for each choice; null for an exact answer. */
  logprobs: z.array(z.number()).nullable(),
  /** log p of the prompt from its second word on, summed over tokens, if fresh or group twins make it comparable. */
  reading: z.strictObject({ logprob: z.number().nonpositive(), tokens: z.int().positive() }).optional(),
  /** Digest of the tokens' text if it differs from the item; see `spelling` of the probes. */
  spelling: digest(32).optional(),
  /** Digest of its token ids, which judges nothing. Absent at servers that tokenize. */
  tokens: digest(8).optional(),
  /** Divisors of `logprobs` for picking a choice; absent if all are equal. */
  lengths: z.array(z.int().positive()).optional(),
  likelihood: likelihoodSchema.optional(),
  /**
   * `logprobs` if all logits were multiplied by each of LOGIT_FACTORS: [choices, factors]. Absent if unknown, and if
   * every choice is one token after the same text: then it follows from the likelihood of the right one.
   */
  scaledLogprobs: z.array(scaledSchema).optional(),
  /** Absent for a single answer. */
  samples: samplesSchema.optional(),
};

/** An item and the model's answer: all that a later comparison needs, without the suite. */
export const probeItemSchema = z.strictObject({ ...askedShape, ...givenShape });
export type ProbeItemMeasurement = z.infer<typeof probeItemSchema>;
export type AskedPart = z.infer<z.ZodObject<typeof askedShape>>;
export type GivenPart = z.infer<z.ZodObject<typeof givenShape>>;
export type AnswerSamples = z.infer<typeof samplesSchema>;

export type AnswerLikelihood = Unchanged<z.infer<typeof likelihoodSchema>>;

export function askedAndGiven(record: ProbeItemMeasurement): readonly [AskedPart, GivenPart] {
  const entries = Object.entries(record);
  const isGiven = ([key]: [string, unknown]) => key in givenShape;
  return [
    Object.fromEntries(entries.filter((entry) => !isGiven(entry))) as AskedPart,
    Object.fromEntries(entries.filter(isGiven)) as GivenPart,
  ];
}

/** Unique over all suites, unlike an id. */
export function itemKey({ suite, id }: { readonly suite: string; readonly id: string }): string {
  return JSON.stringify([suite, id]);
}

export function factKey({ suite, fact }: { readonly suite: string; readonly fact: string }): string {
  return JSON.stringify([suite, fact]);
}

export const suiteMeasurementSchema = z.strictObject({
  name: z.string(),
  version: z.int().nullable(),
  /** Items with the same name and digest are the same. */
  digest: z.string(),
  seed: seedNameSchema.nullable(),
  /** Items of the whole suite, whether they ran or not. */
  items: count,
  /** Facts of the built-in suite at one level per family; absent for the default. */
  facts: z.int().min(FACTS_RANGE.least).max(FACTS_RANGE.most).optional(),
  /** Name of the suite that all its items are group twins of. */
  twinsOf: z.string().optional(),
  /** Absent for benchmarks. */
  role: z.enum(SUITE_ROLES).optional(),
  /** Whether its prompts are chat messages, if that is not the setting of all suites. */
  chatTemplate: z.boolean().optional(),
  /** Absent if answers were decoded greedily. */
  sampling: z.strictObject({ samples: z.int().min(2), temperature: z.number().positive() }).optional(),
  /** Address of a data set on a hub, `hf://datasets/org/name@COMMIT/config/split`. */
  source: z.string().optional(),
  /** Hashes stand in place of the texts of its items; see `hideItem`. */
  texts: z.literal('hashed').optional(),
  /** For a file with its texts: key of the hashes that another measurement may have. Absent in older files. */
  textKey: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'not a key')
    .optional(),
  /** `asked`: levels that were asked in full. */
  levels: z
    .array(z.strictObject({ family: z.string(), count: z.int().positive(), asked: z.array(z.int().positive()).min(1) }))
    .optional(),
});
export type SuiteMeasurement = z.infer<typeof suiteMeasurementSchema>;

const LEFT_OUT_CAUSES = [
  /** Prompt and answer are longer than the context of the model. */
  'does-not-fit',
  /** The tokenizer deletes the prompt or an answer, has no token for a part of it, or reads two answers alike. */
  'not-encodable',
  'other-form',
] as const;

const { id: _, ...leftOutShape } = z.object({ ...itemShape, answers: askedShape.answers }).partial().shape;

/** An item that did not run. In older files it has only the first three keys. */
const leftOutSchema = z.strictObject({
  suite: z.string(),
  id: z.string(),
  reason: z.string(),
  cause: z.enum(LEFT_OUT_CAUSES).optional(),
  ...leftOutShape,
});
export type LeftOutMeasurement = z.infer<typeof leftOutSchema>;

/** Attributes of an item or a record that stay if it did not run, in the order of the keys in a file. */
export function leftOutAttributes(item: object): Omit<LeftOutMeasurement, 'suite' | 'id' | 'reason' | 'cause'> {
  const known = new Map(Object.entries(item));
  return given(Object.fromEntries(Object.keys(leftOutShape).map((key) => [key, known.get(key)])));
}

/** Reasons why the probes did not run on a checkpoint; `other` has no code. */
export const NOT_RUN_CAUSES = [...ERROR_CODES, 'other'] as const;

const measuredShape = z.strictObject({
  status: z.literal('measured'),
  suites: z.array(suiteMeasurementSchema),
  /** The seed of everything that was drawn, or the digest of a secret. */
  seed: seedNameSchema,
  chatTemplate: z.boolean(),
  /** Digest of a rendered chat question: the template's text decides how it is asked. Absent in older files. */
  chatFrame: sha256Digest.optional(),
  /** Version of the comparison of items with their tokens. Absent at servers that tokenize, and in older files. */
  spelling: z.literal(SPELLING).optional(),
  /** Digest of the names of tokens put before each text, such as a BOS. Absent like `spelling`. */
  leading: sha256Digest.optional(),
  /** Null: no time limit. */
  budgetSeconds: z.number().nullable(),
  /** Seed of the order of asking, drawn when a run begins, if anything could end it early. Absent in older files. */
  orderSeed: z.int().nonnegative().optional(),
  /** Asked block by block until the verdict was settled, in the order from the baseline and `orderSeed`. */
  sequential: z
    .strictObject({
      /** Blocks that were asked as a whole. */
      blocks: count,
      of: z.int().positive(),
      /** Null: the verdict was not settled before, or no time was left. */
      settled: z.enum(['pass', 'fail']).nullable(),
    })
    .optional(),
  items: z.array(probeItemSchema),
  notes: z.array(z.string()),
  /** Items that cannot be asked. Every other item is in `items`, unless the budget left no time for it. */
  leftOut: z.array(leftOutSchema),
  /** Plain texts that were scored in addition to the questions. */
  texts: z
    .array(textSuiteMeasurementSchema)
    .min(1)
    .refine((suites) => new Set(suites.map(({ name }) => name)).size === suites.length, 'a suite is there twice')
    .optional(),
  /** Answers to exam forms of facts that another seed drew: see `freshItems`. Absent without a built-in suite. */
  fresh: z
    .strictObject({ seed: z.int().nonnegative(), families: z.array(z.string()), correct: z.array(z.boolean()) })
    .refine(({ families, correct }) => families.length === correct.length, 'its columns have different lengths')
    .optional(),
  /** Texts that the approved model drew. Absent if none were requested, and in files up to version 0.3. */
  ownText: ownTextSchema.optional(),
  /** How likely the model makes what its chat template writes. Absent if not asked, and in files up to version 0.3. */
  protocol: protocolSchema.optional(),
});
export type MeasuredProbes = z.infer<typeof measuredShape>;

/** A duplicate item, or one of an unlisted suite whose digest is never compared, would be judged like any other. */
export const measuredProbesSchema = measuredShape.superRefine(({ suites, items, sequential, orderSeed }, context) => {
  if (sequential !== undefined && orderSeed === undefined) {
    const message = 'is missing: the order of the blocks is not known';
    context.addIssue({ code: 'custom', path: ['orderSeed'], message });
  }
  const names = new Set(suites.map(({ name }) => name));
  const seen = new Set<string>();
  for (const [index, { suite, id }] of items.entries()) {
    const key = itemKey({ suite, id });
    const problem = !names.has(suite) ? 'its suite is not among the suites' : seen.has(key) ? 'is there twice' : null;
    seen.add(key);
    if (problem === null) continue;
    context.addIssue({ code: 'custom', path: ['items', index], message: problem });
    return;
  }
});

export const probesSchema = z.discriminatedUnion('status', [
  measuredProbesSchema,
  z.strictObject({
    status: z.literal('notRun'),
    reason: z.string(),
    /** Missing in files of older versions. */
    cause: z.enum(NOT_RUN_CAUSES).optional(),
  }),
]);
export type Probes = z.infer<typeof probesSchema>;
