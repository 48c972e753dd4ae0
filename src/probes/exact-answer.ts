import { readAnswer } from './answer-rule.ts';
import { finalAnswer, isExactMatch } from './exact-match.ts';
import type { Question } from './item.ts';

/** A generated answer: the part of it that counts, and whether it is right. */
export interface JudgedAnswer {
  readonly given: string;
  readonly correct: boolean;
}

/**
 * Read a generated text: as a harness does it, if the question has its rule; else the answer that its pattern finds last, or
 * the final answer, which is compared by `isExactMatch`.
 */
export function judgeAnswer(text: string, question: Extract<Question, { readonly kind: 'exact' }>): JudgedAnswer {
  const { target, rule, pattern } = question;
  if (rule !== undefined) {
    const { answer, correct } = readAnswer(text, rule);
    return { given: answer, correct };
  }
  if (pattern === undefined) return { given: finalAnswer(text), correct: isExactMatch(text, target) };
  const given = lastMatch(text, pattern);
  return { given: given ?? '', correct: given !== null && isExactMatch(given, target) };
}

/** The first group of the last match, or all of it; null without a match. */
function lastMatch(text: string, pattern: string): string | null {
  const match = [...text.matchAll(new RegExp(pattern, 'gu'))].at(-1);
  return match === undefined ? null : (match[1] ?? match[0]).trim();
}
