import { at } from '@shadow-gate/platform';
import type { Question } from '../item.ts';
import type { Random } from '../random.ts';

/** Different answers, in random order, of which one is asked for. */
export interface Options<T> {
  readonly options: readonly T[];
  readonly asked: number;
}

/**
 * Answers to several questions about one thing, of which one is asked. Each is right equally often, so that no strategy
 * that ignores the question beats a guess: the first, the longest, the one most like the text.
 */
export function askOne<T>(random: Random, candidates: readonly T[]): Options<T> {
  return { options: random.shuffle(candidates), asked: random.int(0, candidates.length - 1) };
}

export function askedOption<T>({ options, asked }: Options<T>): T {
  return at(options, asked);
}

/** The question whose choices are the options, as `write` puts them. */
export function optionsQuestion<T>({ options, asked }: Options<T>, write: (option: T) => string): Question {
  return textQuestion(options.map(write), asked);
}

/** Scored by the text of the answer, whatever its length. */
export function textQuestion(choices: readonly string[], answer: number): Question {
  return { kind: 'choice', choices, answer, scoring: 'per-character' };
}
