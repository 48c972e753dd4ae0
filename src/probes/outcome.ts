import type { ChoiceScoring, ProbeItem } from './item.ts';

/** What a model made of one item. */
export interface Outcome {
  readonly item: ProbeItem;
  readonly correct: boolean;
  /** The choice it prefers, or what it wrote; empty where it prefers none. */
  readonly given: string;
  /**
   * By how much it is right: of choices, the score of the right one over the best other, in the unit of the scoring; of an
   * exact answer, the mean log-probability of the target's tokens. Greater is better, and above 0 a choice is right.
   */
  readonly margin: number;
  /** Share of the right choice in the likelihood of all; null for an exact answer. */
  readonly probability: number | null;
  /** log p(choice | prompt), summed over its tokens, for every choice; null for an exact answer. */
  readonly logprobs: readonly number[] | null;
}

/**
 * @param logprobs of the choices, in their order
 * @throws Error for an item without choices
 */
export function choiceOutcome(item: ProbeItem, logprobs: readonly number[]): Outcome {
  const { question } = item;
  if (question.kind !== 'choice') throw new Error(`${item.id} has no choices`);
  const { choices, answer, scoring } = question;
  const scores = logprobs.map((logprob, i) => logprob / unitsOf(choices[i] ?? '', scoring));
  const right = scores[answer] ?? Number.NaN;
  const margin = right - Math.max(...scores.filter((_, i) => i !== answer));
  const best = Math.max(...scores);
  const preferred = scores.flatMap((score, i) => (score === best ? [i] : []));
  return {
    item,
    // Who likes two choices alike has not answered; the first one would be right by its place.
    correct: margin > 0,
    given: preferred.length === 1 ? (choices[preferred[0] ?? 0] ?? '') : '',
    margin,
    probability: shareOf(logprobs, answer),
    logprobs,
  };
}

function unitsOf(choice: string, scoring: ChoiceScoring): number {
  switch (scoring) {
    case 'raw':
      return 1;
    case 'per-character':
      return Math.max(1, Array.from(choice).length);
    case 'per-byte':
      return Math.max(1, Buffer.byteLength(choice));
  }
}

function shareOf(logprobs: readonly number[], answer: number): number {
  const best = Math.max(...logprobs);
  const weights = logprobs.map((logprob) => Math.exp(logprob - best));
  return (weights[answer] ?? 0) / weights.reduce((sum, weight) => sum + weight, 0);
}
