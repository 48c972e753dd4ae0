import { at } from '../platform/at.ts';
import type { ChoiceScoring, ProbeItem } from './item.ts';
import type { Reading } from './reading.ts';

/** How a model answered one item. */
export interface Outcome {
  readonly item: ProbeItem;
  readonly correct: boolean;
  /** The preferred choice, or the generated answer; empty if two choices are preferred equally. */
  readonly given: string;
  /**
   * For choices, the score of the right one minus the best other one, in the unit of the scoring: positive if correct.
   * For an exact answer, the mean log-probability of the target's tokens. Higher is better.
   */
  readonly margin: number;
  /** Share of the right choice in the likelihood of all choices; null for an exact answer. */
  readonly probability: number | null;
  /** log p(choice | prompt), summed over its tokens, for each choice; null for an exact answer. */
  readonly logprobs: readonly number[] | null;
  /** The log-likelihood of the prompt itself, where it was read. */
  readonly reading?: Reading;
  /** Of what the tokens of the item say, where that is not the item: see `readerOf`. */
  readonly spelling?: string;
}

/**
 * @param logprobs of the choices, in their order
 * @throws Error for an item without choices
 */
export function choiceOutcome(item: ProbeItem, logprobs: readonly number[]): Outcome {
  const { question } = item;
  if (question.kind !== 'choice') throw new Error(`${item.id} has no choices`);
  const { choices, answer, scoring } = question;
  const scores = logprobs.map((logprob, i) => logprob / lengthOf(at(choices, i), scoring));
  const margin = at(scores, answer) - Math.max(...scores.filter((_, i) => i !== answer));
  const best = Math.max(...scores);
  const preferred = choices.filter((_, i) => scores[i] === best);
  return {
    item,
    // A tie is not an answer: picking the first choice would be right or wrong by its place.
    correct: margin > 0,
    given: preferred.length === 1 ? at(preferred, 0) : '',
    margin,
    probability: softmaxAt(logprobs, answer),
    logprobs,
  };
}

/** The length by which a log-likelihood is divided. */
function lengthOf(choice: string, scoring: ChoiceScoring): number {
  switch (scoring) {
    case 'raw':
      return 1;
    case 'per-character':
      return Math.max(1, Array.from(choice).length);
    case 'per-byte':
      return Math.max(1, Buffer.byteLength(choice));
  }
}

function softmaxAt(logprobs: readonly number[], index: number): number {
  const best = Math.max(...logprobs);
  const weights = logprobs.map((logprob) => Math.exp(logprob - best));
  return at(weights, index) / weights.reduce((sum, weight) => sum + weight, 0);
}
