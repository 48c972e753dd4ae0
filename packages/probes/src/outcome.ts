import { at, given } from '@shadow-gate/platform';
import type { AnswerLikelihood, AnswerSamples, GivenPart } from './answer/schema.ts';
import type { ChoiceScoring, ProbeItem } from './item.ts';
import type { Unchanged } from './unchanged.ts';

/** How a model answered one item, not yet rounded. */
export type Outcome = Unchanged<GivenPart> & { readonly item: ProbeItem };

export function isMostlyRight({ correct, of }: AnswerSamples): boolean {
  return 2 * correct > of;
}

interface KnownScores {
  /** Each choice's, if all logits were scaled. */
  readonly scaled?: ReadonlyArray<readonly number[]> | undefined;
  /** The right choice's. */
  readonly among?: AnswerLikelihood['among'];
}

/** @throws Error for an item without choices */
export function choiceOutcome(
  item: ProbeItem,
  logprobs: readonly number[],
  { scaled, among }: KnownScores = {},
): Outcome {
  const { question } = item;
  if (question.kind !== 'choice') throw new Error(`${item.id} has no choices`);
  const { choices, answer, scoring } = question;
  const lengths = choices.map((choice) => lengthOf(choice, scoring));
  const scores = logprobs.map((logprob, i) => logprob / at(lengths, i));
  const margin = at(scores, answer) - Math.max(...scores.filter((_, i) => i !== answer));
  const best = Math.max(...scores);
  const preferred = choices.filter((_, i) => scores[i] === best);
  return {
    item,
    // A tie is not an answer: picking the first choice would be right or wrong by its place.
    correct: margin > 0,
    given: preferred.length === 1 ? at(preferred, 0) : '',
    margin,
    probability: choiceProbability({ logprobs, lengths }, answer),
    logprobs,
    ...(new Set(lengths).size === 1 ? {} : { lengths }),
    likelihood: {
      logprob: at(logprobs, answer),
      bytes: bytesOf(question.ending ?? at(choices, answer)),
      ...given({ scaled: scaled && at(scaled, answer), among }),
    },
  };
}

/** Undefined for an item with choices. */
export function targetLikelihood(
  { question }: ProbeItem,
  { logprob, scaled, among }: Omit<AnswerLikelihood, 'bytes'>,
): AnswerLikelihood | undefined {
  if (question.kind !== 'exact') return undefined;
  return { logprob, bytes: bytesOf(question.target), ...given({ scaled, among }) };
}

const bytesOf = (text: string): number => Math.max(1, Buffer.byteLength(text));

/** Log-likelihoods of choices, and the divisor of each; null for 1. */
export interface ScoredChoices {
  readonly logprobs: readonly number[];
  readonly lengths: readonly number[] | null;
}

/**
 * The probability of one choice by the score that picks one: a softmax of log-likelihoods per unit of length, times the
 * mean length, so that it is of the size of whole answers, and times `sharpness`. It is largest for the choice that is
 * picked.
 */
export function choiceProbability({ logprobs, lengths }: ScoredChoices, index: number, sharpness = 1): number {
  const scores = lengths === null ? logprobs : perMeanLength(logprobs, lengths);
  const best = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(sharpness * (score - best)));
  // To the last bit the same in any order: the choices of a private benchmark have none.
  return at(weights, index) / weights.toSorted((a, b) => a - b).reduce((sum, weight) => sum + weight, 0);
}

function perMeanLength(logprobs: readonly number[], lengths: readonly number[]): number[] {
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  return logprobs.map((logprob, i) => (logprob / at(lengths, i)) * mean);
}

function lengthOf(choice: string, scoring: ChoiceScoring): number {
  if (scoring === 'raw') return 1;
  return scoring === 'per-byte' ? bytesOf(choice) : Math.max(1, Array.from(choice).length);
}
