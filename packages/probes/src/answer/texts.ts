import { LOGIT_FACTORS, MOST_PREDICTED } from '@shadow-gate/language-model/engine';
import { z } from 'zod';

const count = z.int().nonnegative();

/** Unit of surprise, −log p, in predictions. */
export const LOG_UNIT = 1e-3;

/** Rounded; by the last bit, a probability can be more than 1. */
export const surpriseOf = (logprob: number): number => Math.max(0, Math.round(-logprob / LOG_UNIT));

/** −log p in units of LOG_UNIT. */
export const surprise = z.int().nonnegative();

export const sha256Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'not a SHA-256 digest');

/** The model's expectations at every place of the texts. */
const predictionsSchema = z
  .strictObject({
    /** Surprise of the text's token at each place. */
    own: z.array(surprise),
    /** The most likely token at each place. */
    best: z.array(count),
    /** At the places of the first texts, enough of the most likely tokens for most of the probability. */
    listed: z.strictObject({
      texts: count,
      /** Number of tokens at each place. */
      known: z.array(z.int().positive().max(MOST_PREDICTED)),
      /** Their ids and surprises, place after place. */
      tokens: z.array(count),
      surprises: z.array(surprise),
      /** Surprise of all other tokens together at each place. */
      rest: z.array(surprise),
    }),
  })
  .refine(
    ({ own, best, listed: { known, rest, tokens, surprises } }) =>
      own.length === best.length &&
      known.length === rest.length &&
      tokens.length === surprises.length &&
      tokens.length === known.reduce((sum, size) => sum + size, 0),
    'its columns have different lengths',
  );
export type Predictions = z.infer<typeof predictionsSchema>;

/** Scored texts, in columns. */
const scoresSchema = z
  .strictObject({
    ids: z.array(z.string()),
    /** Bytes of the part of each text that fits the model. */
    bytes: z.array(z.int().positive()),
    tokens: z.array(z.int().positive()),
    /** log p(text), the sum over its tokens. */
    logprobs: z.array(z.number().nonpositive()),
    /** `logprobs` if all logits were multiplied by each of LOGIT_FACTORS: [texts, factors]. Absent if unknown. */
    scaled: z.array(z.array(z.number().nonpositive()).length(LOGIT_FACTORS.length)).optional(),
  })
  .refine(
    ({ ids, ...columns }) =>
      Object.values(columns).every((column) => column === undefined || column.length === ids.length),
    'its columns have different lengths',
  )
  .refine(({ ids }) => new Set(ids).size === ids.length, 'a text is there twice');

export const textSuiteMeasurementSchema = z
  .strictObject({
    name: z.string(),
    digest: sha256Digest,
    /** Null; a number in files up to version 0.3, for texts of the built-in suite. */
    seed: z.int().nullable(),
    /** Number of texts in the whole file, of which the suite may be a sample. */
    size: count,
    /** The reason if the texts could not be scored. */
    leftOut: z.string().optional(),
    scores: scoresSchema,
    /** Digest of the tokens of all texts; absent if unknown. */
    encoding: sha256Digest.optional(),
    /** Absent if the engine does not know them, or if nobody may guess the texts from them. */
    predictions: predictionsSchema.optional(),
  })
  .refine(({ predictions, scores }) => {
    if (predictions === undefined) return true;
    const { own, listed } = predictions;
    const tokensOf = (texts: number) => scores.tokens.slice(0, texts).reduce((sum, count) => sum + count, 0);
    const areListed = listed.texts <= scores.ids.length && listed.known.length === tokensOf(listed.texts);
    return areListed && own.length === tokensOf(scores.ids.length);
  }, 'its predictions are not those of its texts');
export type TextSuiteMeasurement = z.infer<typeof textSuiteMeasurementSchema>;
