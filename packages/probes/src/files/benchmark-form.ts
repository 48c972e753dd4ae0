import type { Wording } from '../item.ts';
import type { Random } from '../random.ts';
import type { ChoiceRecord, ExactRecord } from './records.ts';

/** What is asked, in whatever words. */
export type AskedChoice = Pick<ChoiceRecord, 'question' | 'choices' | 'answer'>;
export type AskedProblem = Pick<ExactRecord, 'question' | 'target' | 'numeric'>;

/**
 * Writes a question, or one made of it, as its benchmark asks: with other options, or more text before it. Null where
 * that cannot be done without changing something else.
 */
export type WriteChoice = (question: AskedChoice) => Wording | null;

/** The same of a problem with a final answer. */
export interface ProblemForm {
  readonly write: (problem: AskedProblem) => Wording | null;
  /** The same text under other headings; null where none are found. */
  readonly restyle: (random: Random) => Wording | null;
}
