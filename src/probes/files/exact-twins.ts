import type { Random } from '../random.ts';
import { drawUnrelated, REMARKS } from './distractors.ts';
import type { ExactRecord } from './records.ts';
import { asLongAs, sentenceStarts, type Wording } from './text.ts';

type Problem = Pick<ExactRecord, 'question' | 'target' | 'numeric'>;

/** Asked for at once: a base model that may reason first says its answer too late for an exact match. */
const A_NUMBER = ' (a number)';

/**
 * Question and answer, as few-shot GSM8K has them, but the number is asked for: "Answer:" alone is an invitation to
 * write out the solution, as the answers of the data set do, and greedy decoding would be cut off within it.
 */
export function plainProblem({ question, target, numeric }: Problem): Wording {
  return write(`Question: ${question}\nAnswer`, { target, numeric });
}

/** What begins the problem, and what begins the answer. */
const HEADINGS = [
  ['Problem: ', 'Solution'],
  ['Q. ', 'Result'],
  ['### Exercise\n', '### Final result'],
  ['Work this out.\n', 'Final answer'],
  ['PROBLEM: ', 'FINAL RESULT'],
  ['Here is something to work out. ', 'It comes to'],
] as const;

/** The same text under other headings. */
export function restyledProblem(problem: Problem, random: Random): Wording {
  const wordings = HEADINGS.map(([before, after]) => write(`${before}${problem.question}\n${after}`, problem));
  return asLongAs(plainProblem(problem), random.shuffle(wordings));
}

/** Words that point back, and might be taken to point at what was put in between. */
const POINTS_BACK =
  /\b(it|its|they|them|their|theirs|this|these|those|one|ones|another|others?|rest|both|same|also|too)\b|^(then|however|instead|afterwards?|so|but|and|next)\b/i;
/** An "it" that stands for nothing. */
const EMPTY_IT =
  /\b(will|does|did|would|should|is|was) it (take|cost)\b|\bit (takes?|took|costs?|is|was) \w+ (to|that)\b/gi;

/**
 * A remark with a number goes before the question at the end: earlier, where the sentence after it points back. On a
 * short problem it is more than the 10 % that other twins keep to: there is no room for a sentence.
 */
export function distractedProblem(problem: Problem, random: Random): Wording {
  const { question } = problem;
  const place = placeForRemark(question);
  const wordings = drawUnrelated(REMARKS, question, random).map((remark) => {
    const sentence = remark.replace('#', String(newNumber(problem, random)));
    return plainProblem({ ...problem, question: `${question.slice(0, place)}${sentence} ${question.slice(place)}` });
  });
  return asLongAs(plainProblem(problem), wordings, 'first');
}

/** A number that is neither in the problem nor its answer. */
function newNumber({ question, target }: Problem, random: Random): number {
  const taken = new Set([...(question.match(/\d+/g) ?? []), target]);
  let number = random.int(12, 89);
  while (taken.has(String(number))) number += 1;
  return number;
}

function placeForRemark(question: string): number {
  const starts = sentenceStarts(question);
  const pointsBack = (start: number, index: number) =>
    POINTS_BACK.test(question.slice(start, starts[index + 1]).replace(EMPTY_IT, ''));
  return starts.findLast((start, index) => !pointsBack(start, index)) ?? 0;
}

function write(prompt: string, { target, numeric }: Pick<ExactRecord, 'target' | 'numeric'>): Wording {
  return { prompt: `${prompt}${numeric ? A_NUMBER : ''}:`, question: { kind: 'exact', target } };
}
