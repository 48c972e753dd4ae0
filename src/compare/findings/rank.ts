/** Order of kinds within a level, the most decisive first: the first finding is the headline. Ties: `finding.ts`. */
export const RANKS = [
  /** Probes did not run, or the candidate cannot answer what its baseline did. */
  'no-answers',
  /** Weights that no model should have: NaN, a merge that went wrong. */
  'broken-weights',
  /** Rows of the vocabulary that are not those of their tokens: the cause of what follows. */
  'wrong-rows',
  /** A benchmark was learned, but not the skill that it asks for. */
  'memorized',
  /** Knowledge or a skill is gone. */
  'lost',
  /** Lower rank, whatever the answers are. */
  'harmed-weights',
  /** Too few comparable answers. */
  'too-little',
  /** Answers do not mean what they seem to. */
  'not-trusted',
  /** Neither harm nor its absence is shown. */
  'not-shown',
  /** Kinds without a rank: they stay in the order in which they were found. */
  'other',
  /** Limits of the comparison that are known beforehand. */
  'remark',
  /** Who answered, and where the numbers are from. */
  'source',
  /** Most readers can skip it. */
  'footnote',
] as const;
export type Rank = (typeof RANKS)[number];
