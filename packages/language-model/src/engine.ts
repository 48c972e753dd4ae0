import { UserError } from '@shadow-gate/platform';

/** Receives the share of a call that is done, from 0 to 1, while it is worked on. */
export type OnWork = (share: number) => void;

/** Limits of a model's input. */
export interface Limits {
  /** The longest input, in tokens. Callers cut longer ones on the left. */
  readonly maxLength: number;
  /** Number of tokens in the vocabulary, if that is known: ids are below it. */
  readonly vocabulary?: number;
}

/** A checkpoint in onnxruntime, or a server. All texts are token ids here. */
export interface Engine extends Limits {
  /**
   * Announce all calls that follow: from then on the results of a call do not depend on the calls before it, to the
   * last bit. An engine without state between calls does not need it.
   */
  prepare?(calls: Calls): Promise<void>;
  /** Log-likelihoods, in the order of the sequences. */
  score(sequences: readonly Sequence[], onWork?: OnWork): Promise<SequenceScore[]>;
  /** Decoding, greedy unless a prompt says otherwise, in the order of the prompts. */
  generate(prompts: readonly Prompt[], onWork?: OnWork): Promise<Continuation[]>;
  /** Release its memory. */
  close(): Promise<void>;
}

export interface Calls {
  /**
   * The sequences of each call to `score`. They are encoded one call after the other, only until the engine knows
   * enough.
   */
  readonly score: Iterable<readonly Sequence[]>;
  /** Will `generate` be called? */
  readonly generate: boolean;
}

/** To score: log p(continuation | context). Both have at least one token. */
export interface Sequence {
  readonly context: readonly number[];
  readonly continuation: readonly number[];
  /** Also as if all logits were scaled; an engine may be unable to. */
  readonly isScaled?: boolean;
  /** Also as if the model could say no other tokens than these and its own; an engine may be unable to. */
  readonly among?: readonly number[];
  /** Also what the model expects at each place; an engine may be unable to. */
  readonly isPredicted?: boolean;
}

/** Factors of all logits for scores at another temperature: sharper above 1, flatter below. */
export const LOGIT_FACTORS = [0.125, 0.25, 0.5, 0.75, 1.5, 2] as const;

/** A log-likelihood, and the same if all logits were multiplied by each of LOGIT_FACTORS. */
export interface ScaledScore {
  readonly logprob: number;
  readonly scaled: readonly number[];
}

/** So many of the most likely tokens at one place are known, or the whole vocabulary if it has fewer. */
export const MOST_PREDICTED = 32;

/** The most likely tokens at one place, the first of which is the best; natural logarithms. */
export interface TokenPrediction {
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
}

export interface SequenceScore {
  /** Natural logarithms, one for each token of the continuation. */
  readonly tokenLogprobs: readonly number[];
  /** Is each token of the continuation the most likely one at its position? */
  readonly greedy: boolean;
  /** The log-likelihood of the whole continuation if all logits were multiplied by each of LOGIT_FACTORS. */
  readonly scaled?: readonly number[];
  /** The log-likelihood of the whole continuation among the tokens of `Sequence.among`. */
  readonly among?: ScaledScore;
  /** At the place of each token of the continuation. */
  readonly predictions?: readonly TokenPrediction[];
}

/** Tokens that are drawn from their probabilities, instead of the most likely ones. */
export interface Sampling {
  /** Logits are divided by it; above 0. */
  readonly temperature: number;
  /** An integer from 0 to 2³¹ − 1. */
  readonly seed: number;
}

export interface Prompt {
  readonly tokens: readonly number[];
  readonly maxNewTokens: number;
  /** Decoding ends with one of these, which is part of the continuation. */
  readonly stopTokens: ReadonlySet<number>;
  /** Called after each token: is the continuation complete? For stop strings, which can span tokens. */
  readonly isDone?: (tokens: readonly number[]) => boolean;
  /** Absent: greedy decoding. */
  readonly sampling?: Sampling;
}

export interface Continuation {
  /** New tokens, the stop token included. */
  readonly tokens: readonly number[];
  readonly finish: 'stop' | 'length';
}

/**
 * @throws UserError naming the line of a request with a token that is not in the model's vocabulary: tokenizer.json can
 * give a word any number, and any other value, as its id
 */
export function expectInVocabulary(
  tokens: readonly number[],
  { vocabulary }: Pick<Limits, 'vocabulary'>,
  { where }: { readonly where: string },
): void {
  const end = vocabulary ?? Number.POSITIVE_INFINITY;
  const foreign = tokens.find((token) => !(Number.isSafeInteger(token) && token >= 0 && token < end));
  if (foreign === undefined) return;
  const shown = typeof foreign === 'number' ? foreign : JSON.stringify(foreign).slice(0, 40);
  throw new UserError(
    `${where}: token ${shown} is not in the model's vocabulary${vocabulary === undefined ? '' : ` of ${vocabulary}`}`,
    'use the tokenizer that belongs to the checkpoint',
    { code: 'no-tokenizer' },
  );
}
