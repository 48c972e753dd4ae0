import { LOGIT_FACTORS, MOST_PREDICTED } from '@shadow-gate/language-model/engine';
import { z } from 'zod';

const count = z.int().nonnegative();

/** In predictions, log-probabilities are whole numbers of this, with the other sign. */
export const LOG_UNIT = 1e-3;

/** −log p in units of LOG_UNIT. */
const surprise = z.int().nonnegative();

const sha256Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'not a SHA-256 digest');

/** What a model expected at every place of the texts. */
const predictionsSchema = z
  .strictObject({
    /** At each place, the surprise of the token of the text, and the most likely token. */
    own: z.array(surprise),
    best: z.array(count),
    /** At the places of the first texts, enough of the most likely tokens for most of the probability. */
    listed: z.strictObject({
      texts: count,
      /** How many tokens there are at each place. */
      known: z.array(z.int().positive().max(MOST_PREDICTED)),
      /** Their ids and surprises, place after place. */
      tokens: z.array(count),
      surprises: z.array(surprise),
      /** At each place, of all other tokens together. */
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

/** The texts that were scored, in columns. */
const scoresSchema = z
  .strictObject({
    ids: z.array(z.string()),
    /** Bytes of the part of each text that the model could take. */
    bytes: z.array(z.int().positive()),
    tokens: z.array(z.int().positive()),
    /** log p(text), the sum over its tokens. */
    logprobs: z.array(z.number().nonpositive()),
    /**
     * The same if all logits were multiplied by each of LOGIT_FACTORS, text by text. Absent where that is not known.
     */
    scaled: z.array(z.array(z.number().nonpositive()).length(LOGIT_FACTORS.length)).optional(),
  })
  .refine(
    ({ ids, ...columns }) =>
      Object.values(columns).every((column) => column === undefined || column.length === ids.length),
    'its columns have different lengths',
  )
  .refine(({ ids }) => new Set(ids).size === ids.length, 'a text is there twice');

/** One suite of plain texts, and how likely they are to the model. */
export const textSuiteMeasurementSchema = z
  .strictObject({
    name: z.string(),
    digest: sha256Digest,
    /** Null for a file. */
    seed: z.int().nullable(),
    /** Texts of the whole file, of which those of the suite may be a sample. */
    size: count,
    /** Why they could not be scored; absent where they were. */
    leftOut: z.string().optional(),
    scores: scoresSchema,
    /** Digest of the tokens of all texts; absent where they are not known. */
    encoding: sha256Digest.optional(),
    /** Absent where the engine does not know them, and where the texts must not be guessed from them. */
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
