import { z } from 'zod';

/** What decides how a model is used, apart from its weights. */
export const BEHAVIOR_PARTS = [
  /** How a text becomes token ids. */
  'tokenizer',
  /** BOS, EOS, padding and the like, as texts and as ids. */
  'special-tokens',
  'chat-template',
  'generation-config',
  /** What config.json says about arithmetic and length. */
  'config',
  /** Python files that a server executes when it loads the model (`auto_map`). They are never executed here. */
  'code',
] as const;
export type BehaviorPart = (typeof BEHAVIOR_PARTS)[number];

/** A key of a difference in a file next to tokenizer.json is the name of that file and this. */
export const BESIDE_TOKENIZER = ' beside tokenizer.json';

/** Keys of one part that a measurement shows; the digest covers all of them. */
export const MAX_SHOWN = 64;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'not a SHA-256 digest');

const partSchema = z.strictObject({
  digest,
  /** Number of its keys, sections or files. */
  keys: z.int().positive(),
  /** Most of them, each with its value, or with the beginning of a digest if that is long. */
  values: z
    .record(z.string(), z.string())
    .refine((values) => Object.keys(values).length <= MAX_SHOWN, { error: `more than ${MAX_SHOWN} values` }),
});
export type BehaviorValues = z.infer<typeof partSchema>;

/** Null: the checkpoint has none. */
const part = partSchema.nullable();

const gainSchema = z.strictObject({ name: z.string(), rms: z.number().nonnegative() });

/** How large logits are, from the weights: answers to multiple choice do not depend on it, and what is sampled does. */
const logitScaleSchema = z.strictObject({
  /** The output embedding, with the root mean square of its weights. Tied models have the input embedding. */
  head: gainSchema,
  /** The final norm, with the root mean square of its factors; null if there is none, or more than one. */
  norm: gainSchema.nullable(),
  /** The factor of logits in config.json (`logits_scaling`, `logit_scale`); 1 without one. */
  multiplier: z.number(),
  /**
   * Root mean square of the logits of normalized hidden states in random directions: multiplier · ‖W·diag(g)‖_F / √V.
   */
  logits: z.number().nonnegative(),
});
export type LogitScale = z.infer<typeof logitScaleSchema>;

const behaviorFilesSchema = z.strictObject({
  tokenizer: part,
  'special-tokens': part,
  'chat-template': part,
  'generation-config': part,
  /** Missing in measurements of older versions. */
  config: part.optional(),
  code: part,
});
/** The parts of a checkpoint that are files. */
export type BehaviorFiles = z.infer<typeof behaviorFilesSchema>;

/** What a tokenizer does, whatever files describe it. */
const tokenSampleSchema = z.strictObject({
  /**
   * Covers all tokens by their ids, the ids that it gives to fixed texts and to the texts of some tokens, and what it
   * puts around a text.
   */
  digest,
  texts: z.int().positive(),
});
export type TokenSample = z.infer<typeof tokenSampleSchema>;

export const behaviorSchema = z.strictObject({
  files: behaviorFilesSchema,
  /** Missing without a tokenizer that can be used, and in measurements of older versions. */
  tokens: tokenSampleSchema.optional(),
  /** Null for a model without an output embedding that can be read, such as an adapter without its base model. */
  logitScale: logitScaleSchema.nullable(),
});
export type Behavior = z.infer<typeof behaviorSchema>;
