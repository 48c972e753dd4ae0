import { z } from 'zod';
import { sha256Digest, surprise } from './texts.ts';

const id = z.int().nonnegative();

const drawnTextSchema = z.strictObject({
  /** The part of the vocabulary of its first token, a language, or whose turn it is. */
  part: z.string(),
  opening: z.string(),
  /** What was drawn after the opening. */
  text: z.string(),
  /** Absent where a server has the tokenizer. */
  ids: z.strictObject({ opening: z.array(id).min(1), text: z.array(id).min(1) }).optional(),
});
export type DrawnText = z.infer<typeof drawnTextSchema>;

/** How likely the texts are to a model. */
const ownTextScoresSchema = z.strictObject({
  /** For each text, of each of its tokens after the opening; empty where the model cannot read it. */
  alone: z.array(z.array(surprise)),
  /**
   * All of them read one after the other, as one long text: for each that fits, the position of its first token after
   * the opening, and the mean over its tokens. Absent where tokens are not known.
   */
  joined: z.array(z.strictObject({ position: id, mean: z.number().nonnegative() })).optional(),
});
export type OwnTextScores = z.infer<typeof ownTextScoresSchema>;

/** Parts of a chat, as the template begins them. */
export const CHAT_PARTS = ["the user's turn", "the model's turn"] as const;

export const OWN_TEXT_DRAWN = ['now', 'with-baseline'] as const;

export const ownTextSchema = z.strictObject({
  /** Why a server could not draw or read texts. From a server: escape it. */
  leftOut: z.string().optional(),
  /** Texts that this model drew itself, for a later candidate. */
  drawn: z
    .strictObject({
      /** Digest of `texts`. */
      digest: sha256Digest,
      seed: id,
      texts: z.array(drawnTextSchema).min(1),
      scores: ownTextScoresSchema,
    })
    .refine(({ texts, scores }) => texts.length === scores.alone.length, 'its scores are not those of its texts')
    .optional(),
  /** The baseline's texts, read by this model. */
  read: z
    .strictObject({
      digest: sha256Digest,
      /** `now`: drawn after the candidate was fixed. */
      drawn: z.enum(OWN_TEXT_DRAWN),
      /** Were they read as the same tokens? Else as text. */
      isInTokens: z.boolean(),
      scores: ownTextScoresSchema,
    })
    .optional(),
});
export type OwnText = z.infer<typeof ownTextSchema>;
