import { z } from 'zod';

/** The parts that decide how a model is used, apart from its weights. */
export const BEHAVIOR_PARTS = [
  /** How a text becomes token ids. */
  'tokenizer',
  /** BOS, EOS, padding and the like, as texts and as ids. */
  'special-tokens',
  'chat-template',
  'generation-config',
  /** Arithmetic and length according to config.json. */
  'config',
  /** Python files that a server executes when it loads the model (`auto_map`). They are never executed here. */
  'code',
] as const;
export type BehaviorPart = (typeof BEHAVIOR_PARTS)[number];

/** The suffix of a difference's key in a file next to tokenizer.json, after the name of that file. */
export const BESIDE_TOKENIZER = ' beside tokenizer.json';

/** Keys of one part that a measurement shows; the digest covers all of them. */
export const MAX_SHOWN = 64;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'not a SHA-256 digest');

const partSchema = z.strictObject({
  digest,
  /** Number of its keys, sections or files. */
  keys: z.int().positive(),
  /** Most of them, each with its value, or the beginning of the digest of a long one. */
  values: z
    .record(z.string(), z.string())
    .refine((values) => Object.keys(values).length <= MAX_SHOWN, { error: `more than ${MAX_SHOWN} values` }),
});
export type BehaviorValues = z.infer<typeof partSchema>;

/** Null: the checkpoint has none. */
const part = partSchema.nullable();

const gainSchema = z.strictObject({ name: z.string(), rms: z.number().nonnegative() });

/** How large logits are, by the weights: multiple choice does not depend on that, and sampling does. */
const logitScaleSchema = z.strictObject({
  /** The output embedding, with the root mean square of its weights. Tied models have the input embedding. */
  head: gainSchema,
  /** The final norm, with the root mean square of its factors; null if there is none, or more than one. */
  norm: gainSchema.nullable(),
  /** The factor of logits in config.json (`logits_scaling`, `logit_scale`); 1 without one. */
  multiplier: z.number(),
  /** Root mean square of the logits of random normalized hidden states: multiplier · ‖W·diag(g)‖_F / √V. */
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

/** The behavior of a tokenizer, whatever files describe it. */
const tokenSampleSchema = z.strictObject({
  /** Covers all tokens by id, the encodings of fixed texts and of some tokens' texts, and what is put around a text. */
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
