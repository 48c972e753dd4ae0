import type { Wording } from '../item.ts';
import { Random, type Seed } from '../random.ts';
import type { StepMode } from '../redraw/link-steps.ts';
import { redraw } from '../redraw/redraw.ts';
import { drawUnrelated, NUMBERED_REMARKS } from './distractors.ts';
import type { AskedProblem, ExactRecord } from './question.ts';
import { comparableText, matchLength, sentenceStarts } from './text.ts';

/** After "Answer:" alone, a base model writes out the solution, and decoding stops before the final answer. */
const A_NUMBER = ' (a number)';

/** As in few-shot GSM8K, but asking for a number. */
export function plainProblem({ question, target, numeric }: AskedProblem): Wording {
  return phrase(`Question: ${question}\nAnswer`, { target, numeric });
}

const HEADINGS = [
  ['Problem: ', 'Solution'],
  ['Q. ', 'Result'],
  ['### Exercise\n', '### Final result'],
  ['Work this out.\n', 'Final answer'],
  ['PROBLEM: ', 'FINAL RESULT'],
  ['Here is something to work out. ', 'It comes to'],
] as const;

/** The same text under other headings than those of the benchmark prompt. */
export function restyledProblem(problem: AskedProblem, random: Random, benchmark: string): Wording {
  const wordings = HEADINGS.map(([before, after]) => phrase(`${before}${problem.question}\n${after}`, problem));
  const others = wordings.filter(({ prompt }) => comparableText(prompt) !== comparableText(benchmark));
  return matchLength(plainProblem(problem), random.shuffle(others));
}

/** Words that might be read as referring to an inserted sentence. */
const REFERS_BACK =
  /\b(it|its|they|them|their|theirs|this|these|those|one|ones|another|others?|rest|both|same|also|too)\b|^(then|however|instead|afterwards?|so|but|and|next)\b/i;
/** An "it" that refers to nothing. */
const EMPTY_IT =
  /\b(will|does|did|would|should|is|was) it (take|cost)\b|\bit (takes?|took|costs?|is|was) \w+ (to|that)\b/gi;

/** A numbered remark comes before the last sentence that does not refer back. The text may be over 10% longer. */
export function distractedProblem(problem: AskedProblem, random: Random, write = plainProblem): Wording {
  const { question } = problem;
  const place = placeForRemark(question);
  const wordings = drawUnrelated(NUMBERED_REMARKS, question, random).map((remark) => {
    const sentence = remark.replace('#', String(newNumber(problem, random)));
    return write({ ...problem, question: `${question.slice(0, place)}${sentence} ${question.slice(place)}` });
  });
  return matchLength(write(problem), wordings, { fallback: 'first' });
}

/** A number that is neither in the problem nor its answer. */
function newNumber({ question, target }: AskedProblem, random: Random): number {
  const taken = new Set([...(question.match(/\d+/g) ?? []), target]);
  let number = random.int(12, 89);
  while (taken.has(String(number))) number += 1;
  return number;
}

function placeForRemark(question: string): number {
  const starts = sentenceStarts(question);
  const refersBack = (start: number, index: number) =>
    REFERS_BACK.test(question.slice(start, starts[index + 1]).replace(EMPTY_IT, ''));
  return starts.findLast((start, index) => !refersBack(start, index)) ?? 0;
}

function phrase(prompt: string, { target, numeric }: Pick<AskedProblem, 'target' | 'numeric'>): Wording {
  return { prompt: `${prompt}${numeric ? A_NUMBER : ''}:`, question: { kind: 'exact', target } };
}

export const REDRAWN = 'redrawn';

/** The same problem with other numbers; null if its solution lacks steps in GSM8K's format, or they say too little. */
export function redrawnProblem(
  problem: ExactRecord,
  { mode, seed, write }: { readonly mode: StepMode; readonly seed: Seed; readonly write: typeof plainProblem },
): Wording | null {
  const { id, solution, numeric } = problem;
  if (solution === null || !numeric) return null;
  const redrawn = redraw({ ...problem, solution }, { mode, random: new Random(seed, `redrawn of ${id}`) });
  return redrawn && write({ ...redrawn, numeric });
}
