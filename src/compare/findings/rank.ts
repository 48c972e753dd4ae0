/**
 * How decisive a kind of finding is among those of its level, the most decisive first: what the candidate cannot do at
 * all, then harm, then missing evidence, then remarks. The first finding is the headline. Kinds of one rank follow each
 * other as the list in `compare/finding.ts` has them.
 */
export const RANKS = [
  /** Probes did not run, or the candidate cannot answer what its baseline did. */
  'no-answers',
  /** Weights that no model should have: NaN, a merge that went wrong. */
  'broken-weights',
  /** A benchmark was learned, and what it asks for was not. */
  'memorized',
  /** Knowledge or a skill is gone. */
  'lost',
  /** Matrices are of lower rank, whatever the answers are. */
  'harmed-weights',
  /** Too few answers can be compared. */
  'too-little',
  /** Answers do not mean what they seem to. */
  'not-trusted',
  /** Neither harm nor its absence is shown. */
  'not-shown',
  /** All kinds without a rank of their own. They stay in the order in which they were found. */
  'other',
  /** What limits the comparison, and is known beforehand. */
  'remark',
  /** Who answered, and where the numbers are from. */
  'source',
  /** What most readers can skip. */
  'footnote',
] as const;
export type Rank = (typeof RANKS)[number];
