import { at } from '@shadow-gate/platform';
import type { Question } from '../item.ts';
import type { Random } from '../random.ts';

/** Different answers, in random order, of which one is asked for. */
export interface Options<T> {
  readonly options: readonly T[];
  /** Index of the one that is asked for. */
  readonly asked: number;
}

/**
 * The answers to several questions about the same thing, of which one is asked. Every answer is the right one equally
 * often, so a strategy that looks at the answers but not at the question is right as often as a guess: the first, the
 * longest, the one that resembles the text most.
 */
export function askOne<T>(random: Random, candidates: readonly T[]): Options<T> {
  return { options: random.shuffle(candidates), asked: random.int(0, candidates.length - 1) };
}

export function askedOption<T>({ options, asked }: Options<T>): T {
  return at(options, asked);
}

/** Scored by the text of the answer, whatever its length. */
export function textQuestion(choices: readonly string[], answer: number): Question {
  return { kind: 'choice', choices, answer, scoring: 'per-character' };
}
