import { readAnswer } from './answer-rule.ts';
import type { ExactQuestion } from './item.ts';
import type { Outcome } from './outcome.ts';

/** Read a generated text by refusal patterns, a harness's rule, the last match of a pattern, or by `isExactMatch`. */
export function judgeAnswer(text: string, question: ExactQuestion): Pick<Outcome, 'given' | 'correct'> {
  const { target, rule, pattern, refusals } = question;
  if (refusals !== undefined) {
    const given = text.trim();
    // Silence is not a refusal, even if a pattern matches it.
    return { given, correct: given !== '' && refusals.some((refusal) => new RegExp(refusal, 'iu').test(given)) };
  }
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

/** An integer or decimal number, with or without thousands separators and a sign. */
const NUMBER = /[-−+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[-−+]?\.\d+/u;
const ONLY_A_NUMBER = new RegExp(`^(?:${NUMBER.source})$`, 'u');
/** How GSM8K marks the final answer of a solution. */
export const FINAL = '####';

/**
 * Whether the final answer is the target. For a number, the first number in the answer counts: `$1,200.00` is `1200`.
 * Texts are compared in NFKC and lower case, with single spaces, and without quotes and periods at their ends.
 */
export function isExactMatch(generated: string, target: string): boolean {
  const expected = numberIn(target.trim().replace(/^[$€£]\s*/u, ''), ONLY_A_NUMBER);
  const answer = finalAnswer(generated);
  return expected === null ? normalize(answer) === normalize(target) : numberIn(answer, NUMBER) === expected;
}

/** The text behind `####`, else the first line that is not blank. */
export function finalAnswer(text: string): string {
  const mark = text.indexOf(FINAL);
  const rest = mark < 0 ? text : text.slice(mark + FINAL.length);
  return (rest.split('\n').find((line) => line.trim() !== '') ?? '').trim();
}

/** The text after the last mark of a solution, or all of it, without white space around it. */
export function finalPart(text: string): string {
  const mark = text.lastIndexOf(FINAL);
  return (mark === -1 ? text : text.slice(mark + FINAL.length)).trim();
}

function numberIn(text: string, pattern: RegExp): number | null {
  const found = pattern.exec(text)?.[0];
  return found === undefined ? null : Number(found.replaceAll(',', '').replace('−', '-'));
}

function normalize(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .replace(/^[\s"'“”‘’.]+|[\s"'“”‘’.]+$/gu, '');
}
