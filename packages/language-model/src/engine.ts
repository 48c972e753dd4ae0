import { UserError } from '@shadow-gate/platform';

/** Receives the share of a call that is done, from 0 to 1. */
export type OnWork = (share: number) => void;

export interface Limits {
  /** In tokens. Callers cut longer input on the left. */
  readonly maxLength: number;
  /** Token ids are below it, if it is known. */
  readonly vocabulary?: number;
}

/** A checkpoint in onnxruntime, or a server. Texts are token ids. */
export interface Engine extends Limits {
  /**
   * Announce all calls that follow: the results of each then do not depend on earlier calls, to the last bit. An engine
   * without state between calls does not need it.
   */
  prepare?(calls: Calls): Promise<void>;
  /** Log-likelihoods, in the order of the sequences. */
  score(sequences: readonly Sequence[], onWork?: OnWork): Promise<SequenceScore[]>;
  /** Greedy decoding unless a prompt says otherwise, in the order of the prompts. */
  generate(prompts: readonly Prompt[], onWork?: OnWork): Promise<Continuation[]>;
  close(): Promise<void>;
}

export interface Calls {
  /** The sequences of each call to `score`, encoded call by call, only until the engine knows enough. */
  readonly score: Iterable<readonly Sequence[]>;
  readonly generate: boolean;
}

/** To score log p(continuation | context). Both have at least one token. An engine may be unable to do the rest. */
export interface Sequence {
  readonly context: readonly number[];
  readonly continuation: readonly number[];
  /** Also as if all logits were scaled. */
  readonly isScaled?: boolean;
  /** Also as if the model only had these tokens and its own. */
  readonly among?: readonly number[];
  /** Also the model's predictions at each place. */
  readonly isPredicted?: boolean;
}

/** Factors of all logits, for scores at other temperatures. */
export const LOGIT_FACTORS = [0.125, 0.25, 0.5, 0.75, 1.5, 2] as const;

/** A log-likelihood, and the same if all logits were multiplied by each of LOGIT_FACTORS. */
export interface ScaledScore {
  readonly logprob: number;
  readonly scaled: readonly number[];
}

/** Most likely tokens at one place, or the whole vocabulary if it is smaller. */
export const MOST_PREDICTED = 32;

/** Tokens at one place, the most likely first; natural logarithms. */
export interface TokenPrediction {
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
}

export interface SequenceScore {
  /** Natural logarithms, one for each token of the continuation. */
  readonly tokenLogprobs: readonly number[];
  /** Is every token of the continuation the most likely one at its place? */
  readonly greedy: boolean;
  /** The log-likelihood of the continuation if all logits were multiplied by each of LOGIT_FACTORS. */
  readonly scaled?: readonly number[];
  /** The log-likelihood of the continuation among the tokens of `Sequence.among`. */
  readonly among?: ScaledScore;
  /** For each token of the continuation. */
  readonly predictions?: readonly TokenPrediction[];
}

/** To draw tokens from their probabilities. */
export interface Sampling {
  /** Logits are divided by it; above 0. */
  readonly temperature: number;
  /** An integer from 0 to 2³¹ − 1. */
  readonly seed: number;
}

export interface Prompt {
  readonly tokens: readonly number[];
  readonly maxNewTokens: number;
  /** Decoding ends with one of these, which the continuation includes. */
  readonly stopTokens: ReadonlySet<number>;
  /** Is the continuation complete? Called after each token, for stop strings, which can span tokens. */
  readonly isDone?: (tokens: readonly number[]) => boolean;
  /** Absent: greedy decoding. */
  readonly sampling?: Sampling;
}

export interface Continuation {
  /** With the stop token. */
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
