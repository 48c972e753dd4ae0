import { z } from 'zod';

const count = z.int().nonnegative();

/** How many rows, and of which parts of the vocabulary, the most first. */
const rowCountSchema = z.strictObject({
  rows: count,
  /** `of`: compared rows of the part. Empty without a tokenizer. */
  parts: z.array(z.strictObject({ part: z.string(), rows: count.positive(), of: count.positive() })),
});
export type RowCount = z.infer<typeof rowCountSchema>;

/** The rows of an embedding or output matrix against those of other weights, each with that of the same token. */
export const vocabularyRowsSchema = z.strictObject({
  matrix: z.enum(['embedding', 'output matrix']),
  /** Its name in the candidate. */
  tensor: z.string(),
  against: z.enum(['baseline', 'reference']),
  /** Rows of each; as many as the shorter one has are compared. */
  candidate: count.positive(),
  original: count.positive(),
  /** Rows that are those of other tokens. */
  others: rowCountSchema,
  /** Added to a token's id, the id of the token whose row it has, for most of these; null without one. */
  shift: z.int().nullable(),
  /** Rows that are zero, and not in the other weights. */
  zeroed: rowCountSchema,
  /** Other rows whose cosine with their originals is below one half. */
  moved: rowCountSchema,
});
export type VocabularyRows = z.infer<typeof vocabularyRowsSchema>;
