import { LOGIT_FACTORS } from '@shadow-gate/language-model/engine';
import { SPELLING } from '@shadow-gate/language-model/tokens/spelling';
import { ERROR_CODES } from '@shadow-gate/platform';
import { z } from 'zod';
import { ANSWER_KINDS, itemShape, LONGEST_SLICE } from '../item.ts';
import { FACTS_RANGE, SUITE_ROLES } from '../suite.ts';
import { textSuiteMeasurementSchema } from './texts.ts';

const count = z.int().nonnegative();
const share = z.number().min(0).max(1);
const scaledSchema = z.array(z.number().nonpositive()).length(LOGIT_FACTORS.length);

const digest = (digits: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`), `not ${digits} hexadecimal digits`);

/** How many of the answers that were sampled are right. */
const samplesSchema = z.strictObject({ correct: count, of: z.int().min(2) });

/** How likely the text of the right answer is after its prompt. */
const likelihoodSchema = z.strictObject({
  /** Natural logarithm, summed over its tokens. */
  logprob: z.number().nonpositive(),
  /** Bytes of the text in UTF-8, without the delimiter before it; at least 1. */
  bytes: z.int().positive(),
  /** `logprob` if all logits were multiplied by each of LOGIT_FACTORS; absent if that is not known, as at servers. */
  scaled: scaledSchema.optional(),
  /**
   * The same among the tokens of the suite's right answers alone: probability that moves between tokens that are never
   * right changes nothing. Absent where it is not known, as at servers.
   */
  among: z.strictObject({ logprob: z.number().nonpositive(), scaled: scaledSchema }).optional(),
});

/** What was asked, as a measurement has it. */
const askedShape = {
  suite: z.string(),
  ...itemShape,
  /** Null: of the built-in suite in another version than this one, which alone can draw it again. */
  prompt: z.string().nullable(),
  right: z.string(),
  /** Expected accuracy of guessing. */
  chance: share,
  /** What is answered; `text` where it is missing. */
  answers: z.enum(ANSWER_KINDS).optional(),
  /** Values of the fields that its file is sliced by; absent without any. Hashes where texts are hashed. */
  slices: z.record(z.string().max(100), z.string().max(LONGEST_SLICE)).optional(),
};

/** How it was answered. Older files lack what is optional. */
const givenShape = {
  /** The preferred choice, or the generated answer; empty if two choices are preferred equally. */
  given: z.string(),
  /** With samples: whether most of them are right. */
  correct: z.boolean(),
  /**
   * For choices, the score of the right one minus the best other one, in the unit of the scoring: positive if correct.
   * For an exact answer, the mean log-probability of the target's tokens. Higher is better.
   */
  margin: z.number(),
  /** Expected accuracy: the probability of the right choice, see `choiceProbability`; null for an exact answer. */
  probability: share.nullable(),
  /** log p(choice | prompt), summed over its tokens, for each choice; null for an exact answer. */
  logprobs: z.array(z.number()).nullable(),
  /**
   * log p of the prompt itself from its second word on, summed over its tokens, where fresh or group twins make it
   * comparable.
   */
  reading: z.strictObject({ logprob: z.number().nonpositive(), tokens: z.int().positive() }).optional(),
  /** Digest of the tokens' text where it differs from the item; see `spelling` of the probes. */
  spelling: digest(32).optional(),
  /** Digest of the ids of its tokens, by which nothing is judged. Absent at servers that tokenize. */
  tokens: digest(8).optional(),
  /** What each of `logprobs` is divided by where a choice is picked. Absent where that is the same for all. */
  lengths: z.array(z.int().positive()).optional(),
  likelihood: likelihoodSchema.optional(),
  /**
   * `logprobs` if all logits were multiplied by each of LOGIT_FACTORS: [choices, factors]. Absent where that is not
   * known, and where every choice is one token after the same text: then it follows from the likelihood of the right
   * one.
   */
  scaledLogprobs: z.array(scaledSchema).optional(),
  /** Absent for a single answer. */
  samples: samplesSchema.optional(),
};

/** One item and the model's answer: all that a later comparison needs, without the suite. */
export const probeItemSchema = z.strictObject({ ...askedShape, ...givenShape });
export type ProbeItemMeasurement = z.infer<typeof probeItemSchema>;
export type AskedPart = z.infer<z.ZodObject<typeof askedShape>>;
export type GivenPart = z.infer<z.ZodObject<typeof givenShape>>;
export type AnswerSamples = z.infer<typeof samplesSchema>;

/** The same, of an answer that nobody changes. */
export type Unchanged<T> = T extends object ? { readonly [K in keyof T]: Unchanged<T[K]> } : T;
export type AnswerLikelihood = Unchanged<z.infer<typeof likelihoodSchema>>;

/** The two parts of a record. */
export function askedAndGiven(record: ProbeItemMeasurement): readonly [AskedPart, GivenPart] {
  const entries = Object.entries(record);
  const isGiven = ([key]: [string, unknown]) => key in givenShape;
  return [
    Object.fromEntries(entries.filter((entry) => !isGiven(entry))) as AskedPart,
    Object.fromEntries(entries.filter(isGiven)) as GivenPart,
  ];
}

/** Unique over all suites, as ids alone are not. */
export function itemKey({ suite, id }: { readonly suite: string; readonly id: string }): string {
  return JSON.stringify([suite, id]);
}

/** Key of a fact, unique over all suites. */
export function factKey({ suite, fact }: { readonly suite: string; readonly fact: string }): string {
  return JSON.stringify([suite, fact]);
}

export const suiteMeasurementSchema = z.strictObject({
  name: z.string(),
  version: z.int().nullable(),
  /** Items with the same name and digest are the same. */
  digest: z.string(),
  seed: z.int().nullable(),
  /** Items of the whole suite, whether they ran or not. */
  items: count,
  /** For the built-in suite: facts with one level of each family; absent for the default. */
  facts: z.int().min(FACTS_RANGE.least).max(FACTS_RANGE.most).optional(),
  /** Name of the suite that all its items are group twins of; absent for other suites. */
  twinsOf: z.string().optional(),
  /** What it is if it is no benchmark; absent for benchmarks. */
  role: z.enum(SUITE_ROLES).optional(),
  /** Whether its prompts are messages of a chat, if it does not follow the setting of all suites. */
  chatTemplate: z.boolean().optional(),
  /** How generated answers were sampled; absent where they were decoded greedily. */
  sampling: z.strictObject({ samples: z.int().min(2), temperature: z.number().positive() }).optional(),
  /** Address of a data set on a hub, `hf://datasets/org/name@COMMIT/config/split`; absent for other suites. */
  source: z.string().optional(),
  /** Hashes stand in place of the texts of its items; see `hideItem`. Absent where the texts are there. */
  texts: z.literal('hashed').optional(),
  /**
   * For a file with its texts: the key of the hashes that another measurement of it may have. Absent in older files.
   */
  textKey: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'not a key')
    .optional(),
  /** The levels of each family, and those that were asked in full; absent for suites without levels. */
  levels: z
    .array(z.strictObject({ family: z.string(), count: z.int().positive(), asked: z.array(z.int().positive()).min(1) }))
    .optional(),
});
export type SuiteMeasurement = z.infer<typeof suiteMeasurementSchema>;

/** Why an item did not run. */
const LEFT_OUT_CAUSES = [
  /** Prompt and answer are longer than the context of the model. */
  'does-not-fit',
  /** The tokenizer deletes the prompt or an answer, has no token for a part of it, or reads two answers alike. */
  'not-encodable',
  /** Another form of its fact did not run. */
  'other-form',
] as const;

const { id: _, ...leftOutShape } = z.object({ ...itemShape, answers: askedShape.answers }).partial().shape;

/** Items that did not run; those of older files have no more than the first three keys, and no `other-form`. */
const leftOutSchema = z.strictObject({
  suite: z.string(),
  id: z.string(),
  reason: z.string(),
  cause: z.enum(LEFT_OUT_CAUSES).optional(),
  ...leftOutShape,
});
export type LeftOutMeasurement = z.infer<typeof leftOutSchema>;

/** What such an item has of an item or of a record, in the order of the keys in a file. */
export function leftOutAttributes(item: object): Omit<LeftOutMeasurement, 'suite' | 'id' | 'reason' | 'cause'> {
  const known = new Map(Object.entries(item));
  return Object.fromEntries(
    Object.keys(leftOutShape).flatMap((key) => (known.get(key) === undefined ? [] : [[key, known.get(key)]])),
  );
}

/** Why the probes did not run on a checkpoint; `other` has no code of its own. */
export const NOT_RUN_CAUSES = [...ERROR_CODES, 'other'] as const;

const measuredShape = z.strictObject({
  status: z.literal('measured'),
  suites: z.array(suiteMeasurementSchema),
  /** The seed of everything that was drawn. */
  seed: z.int(),
  chatTemplate: z.boolean(),
  /**
   * Digest of a question in the chat template, where prompts are messages of a chat: what else the template writes
   * decides how they are asked. Absent in files of older versions.
   */
  chatFrame: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'not a SHA-256 digest')
    .optional(),
  /**
   * The form in which items were compared with what their tokens say. Absent at servers that tokenize, and in older
   * files.
   */
  spelling: z.literal(SPELLING).optional(),
  /**
   * Digest of what the tokens say that the tokenizer puts before each text, such as a BOS, by their names. Absent at
   * servers that tokenize, and in older files.
   */
  leading: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'not a SHA-256 digest')
    .optional(),
  /** Null: no time limit. */
  budgetSeconds: z.number().nullable(),
  /**
   * The seed of the order of asking, which is drawn when a run begins: a time limit or a settled verdict ended the
   * asking, or could have. Absent where everything was asked at once, and in files of older versions.
   */
  orderSeed: z.int().nonnegative().optional(),
  /**
   * Asked block by block, in the order that follows from the baseline and `orderSeed`, until the verdict was settled.
   * Absent where everything was asked.
   */
  sequential: z
    .strictObject({
      /** Blocks that were asked as a whole, of so many. */
      blocks: count,
      of: z.int().positive(),
      /** Null: the verdict was not settled before, or no time was left. */
      settled: z.enum(['pass', 'fail']).nullable(),
    })
    .optional(),
  items: z.array(probeItemSchema),
  /** Warnings about the probe files. */
  notes: z.array(z.string()),
  /**
   * Items that cannot be asked. Every item of the suites is here or in `items`, except those that a budget left no time
   * for.
   */
  leftOut: z.array(leftOutSchema),
  /** Plain texts that were scored in addition to the questions. Absent without any, and in files of older versions. */
  texts: z
    .array(textSuiteMeasurementSchema)
    .min(1)
    .refine((suites) => new Set(suites.map(({ name }) => name)).size === suites.length, 'a suite is there twice')
    .optional(),
});
export type MeasuredProbes = z.infer<typeof measuredShape>;

/** A duplicate item, or one of an unlisted suite whose digest is never compared, would be judged like any other. */
export const measuredProbesSchema = measuredShape.superRefine(({ suites, items, sequential, orderSeed }, context) => {
  if (sequential !== undefined && orderSeed === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['orderSeed'],
      message: 'is missing: the order of the blocks is not known',
    });
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
  /** The checkpoint could not answer, and why. */
  z.strictObject({
    status: z.literal('notRun'),
    reason: z.string(),
    /** Missing in files of older versions. */
    cause: z.enum(NOT_RUN_CAUSES).optional(),
  }),
]);
export type Probes = z.infer<typeof probesSchema>;
