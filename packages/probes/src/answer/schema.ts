import { LOGIT_FACTORS } from '@shadow-gate/language-model/engine';
import { SPELLING } from '@shadow-gate/language-model/tokens/spelling';
import { ERROR_CODES } from '@shadow-gate/platform';
import { z } from 'zod';
import { ANSWER_KINDS, FORMS, LONGEST_SLICE, MOST_PASSAGE, TWIN_KINDS } from '../item.ts';
import { FACTS_RANGE, SUITE_ROLES } from '../suite.ts';
import { textSuiteMeasurementSchema } from './texts.ts';

const count = z.int().nonnegative();
const share = z.number().min(0).max(1);
const scaledSchema = z.array(z.number().nonpositive()).length(LOGIT_FACTORS.length);

/** One item and the model's answer: all that a later comparison needs, without the suite. */
export const probeItemSchema = z.strictObject({
  suite: z.string(),
  id: z.string(),
  /** Id of the benchmark form. */
  fact: z.string(),
  capability: z.string(),
  family: z.string(),
  cluster: z.string(),
  /**
   * What items have in common that are not independent, where the policy names a field for it; absent for all others.
   */
  passage: z.string().max(MOST_PASSAGE).optional(),
  form: z.enum(FORMS),
  /** Null: of the built-in suite in another version than this one, which alone can draw it again. */
  prompt: z.string().nullable(),
  /** The correct answer, and the one that was given. */
  right: z.string(),
  given: z.string(),
  correct: z.boolean(),
  chance: share,
  /** The lead of the correct answer; see `Outcome`. */
  margin: z.number(),
  probability: share.nullable(),
  /** log p(choice | prompt) of every choice. */
  logprobs: z.array(z.number()).nullable(),
  /** The same with scaled logits, [choices, factors]; see `Outcome`. Absent in files of older versions as well. */
  scaledLogprobs: z.array(scaledSchema).optional(),
  /**
   * What each of them is divided by where a choice is picked. Absent where that is the same for all, and in files of
   * older versions.
   */
  lengths: z.array(z.int().positive()).optional(),
  /** Likelihood of the right answer's text; see `AnswerLikelihood`. Absent in files of older versions. */
  likelihood: z
    .strictObject({
      logprob: z.number().nonpositive(),
      bytes: z.int().positive(),
      scaled: scaledSchema.optional(),
      among: z.strictObject({ logprob: z.number().nonpositive(), scaled: scaledSchema }).optional(),
    })
    .optional(),
  /** How many of the sampled answers are right; absent for a single answer. */
  samples: z.strictObject({ correct: count, of: z.int().min(2) }).optional(),
  /** Kind of a twin. Measurements of older versions lack it and all of the following. */
  kind: z.enum(TWIN_KINDS).optional(),
  /** What is answered; `text` where it is missing. */
  answers: z.enum(ANSWER_KINDS).optional(),
  /** For a benchmark form with its options in another order: the label that was right before. */
  oldLabel: z.string().optional(),
  /** For the same form: each label, with the one that its option had before. */
  oldLabels: z.record(z.string(), z.string()).optional(),
  level: z.int().positive().optional(),
  /**
   * log p of the prompt itself from its second word on, summed over its tokens, where fresh or group twins make it
   * comparable.
   */
  reading: z.strictObject({ logprob: z.number().nonpositive(), tokens: z.int().positive() }).optional(),
  /** Values of the fields that its file is sliced by; absent without any. Hashes where texts are hashed. */
  slices: z.record(z.string().max(100), z.string().max(LONGEST_SLICE)).optional(),
  /**
   * Digest of what the tokens say in place of the item. Absent where they say what was asked; see `spelling` of the
   * probes.
   */
  spelling: z
    .string()
    .regex(/^[0-9a-f]{32}$/, 'not 32 hexadecimal digits')
    .optional(),
  /**
   * Digest of the ids of its tokens, by which nothing is judged. Absent at servers that tokenize, and in files of older
   * versions.
   */
  tokens: z
    .string()
    .regex(/^[0-9a-f]{8}$/, 'not 8 hexadecimal digits')
    .optional(),
});
export type ProbeItemMeasurement = z.infer<typeof probeItemSchema>;

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

/** Items that did not run; those of older files have no more than the first three keys, and no `other-form`. */
const leftOutSchema = z.strictObject({
  suite: z.string(),
  id: z.string(),
  reason: z.string(),
  cause: z.enum(LEFT_OUT_CAUSES).optional(),
  ...probeItemSchema.pick({ fact: true, capability: true, family: true, cluster: true, form: true }).partial().shape,
  ...probeItemSchema.pick({ passage: true, kind: true, answers: true, oldLabel: true, oldLabels: true, level: true })
    .shape,
});
export type LeftOutMeasurement = z.infer<typeof leftOutSchema>;

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
