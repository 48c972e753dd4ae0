import type { ScaledScore } from '@shadow-gate/language-model/engine';
import { at } from '@shadow-gate/platform';
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
  /** Expected accuracy: the probability of the right choice, see `choiceProbability`; null for an exact answer. */
  readonly probability: number | null;
  /** log p(choice | prompt), summed over its tokens, for each choice; null for an exact answer. */
  readonly logprobs: readonly number[] | null;
  /**
   * The same if all logits were multiplied by each of LOGIT_FACTORS: [choices, factors]. Absent where that is not
   * known, and where every choice is one token after the same text: then it follows from the likelihood of the right
   * one.
   */
  readonly scaledLogprobs?: ReadonlyArray<readonly number[]>;
  /** What each of these is divided by where a choice is picked; null where that is the same for all. */
  readonly lengths: readonly number[] | null;
  /** Likelihood of the right answer's text; null where it was not scored. */
  readonly likelihood: AnswerLikelihood | null;
  /** How many of the sampled answers are right; `correct` is what most of them are. */
  readonly samples?: AnswerSamples;
  /** The log-likelihood of the prompt itself, where it was read. */
  readonly reading?: Reading;
  /** How the model reads the item: see `ReadItem`. Absent for null. */
  readonly spelling?: string;
  readonly tokens?: string;
}

export interface AnswerSamples {
  readonly correct: number;
  readonly of: number;
}

export function isMostlyRight({ correct, of }: AnswerSamples): boolean {
  return 2 * correct > of;
}

/** How likely the text of the right answer is after its prompt. */
export interface AnswerLikelihood {
  /** Natural logarithm, summed over its tokens. */
  readonly logprob: number;
  /** Bytes of the text in UTF-8, without the delimiter before it; at least 1. */
  readonly bytes: number;
  /**
   * `logprob` if all logits were multiplied by each of LOGIT_FACTORS; absent where that is not known, as at servers.
   */
  readonly scaled?: readonly number[];
  /**
   * The same among the tokens of the suite's right answers alone: probability that moves between tokens that are never
   * right changes nothing. Absent where it is not known, as at servers.
   */
  readonly among?: ScaledScore;
}

/**
 * @param logprobs of the choices, in their order
 * @param known.scaled of each of them, if all logits were scaled
 * @param known.among of the right one
 * @throws Error for an item without choices
 */
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
    lengths: new Set(lengths).size === 1 ? null : lengths,
    likelihood: {
      logprob: at(logprobs, answer),
      bytes: bytesOf(question.ending ?? at(choices, answer)),
      ...(scaled === undefined ? {} : { scaled: at(scaled, answer) }),
      ...(among === undefined ? {} : { among }),
    },
  };
}

interface KnownScores {
  readonly scaled?: ReadonlyArray<readonly number[]> | undefined;
  readonly among?: ScaledScore | undefined;
}

/** The likelihood of the target of an item with an exact answer. */
export function targetLikelihood(
  { question }: ProbeItem,
  { logprob, scaled, among }: Omit<AnswerLikelihood, 'bytes'>,
): AnswerLikelihood | null {
  if (question.kind !== 'exact') return null;
  const known = { ...(scaled === undefined ? {} : { scaled }), ...(among === undefined ? {} : { among }) };
  return { logprob, bytes: bytesOf(question.target), ...known };
}

const bytesOf = (text: string): number => Math.max(1, Buffer.byteLength(text));

/** Log-likelihoods of choices, and what each is divided by; null for 1. */
export interface ScoredChoices {
  readonly logprobs: readonly number[];
  readonly lengths: readonly number[] | null;
}

/**
 * The probability of one choice among all, by the score that picks one: a softmax of the log-likelihoods per unit of
 * length, times the mean length, so that it is of the size of whole answers. It is largest for the choice that is
 * picked.
 * @param sharpness all scores are multiplied by it
 */
export function choiceProbability({ logprobs, lengths }: ScoredChoices, index: number, sharpness = 1): number {
  if (lengths === null) return softmaxAt(logprobs, index, sharpness);
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  return softmaxAt(
    logprobs.map((logprob, i) => (logprob / at(lengths, i)) * mean),
    index,
    sharpness,
  );
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

function softmaxAt(scores: readonly number[], index: number, sharpness: number): number {
  const best = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(sharpness * (score - best)));
  // To the last bit the same in any order: the choices of a private benchmark have none.
  return at(weights, index) / weights.toSorted((a, b) => a - b).reduce((sum, weight) => sum + weight, 0);
}
