/** What answers: a checkpoint in onnxruntime, or a server somewhere. Everything is in token ids. */
export interface Engine {
  /** The longest input, in tokens. Longer ones are cut on the left before they come here. */
  readonly maxLength: number;
  /** How many tokens the model knows, where the engine can tell: larger ids are none. */
  readonly vocabulary?: number;
  /**
   * Told what will be asked, call by call: from then on the answers to a call do not depend on the calls before it, to the
   * last bit. An engine that remembers nothing of them has no need of it.
   */
  prepare?(calls: Calls): Promise<void>;
  /** Log-likelihoods, in the order of the sequences. */
  score(sequences: readonly Sequence[]): Promise<SequenceScore[]>;
  /** Greedy decoding, in the order of the prompts. */
  generate(prompts: readonly Prompt[]): Promise<Continuation[]>;
  /** Give its memory back. */
  close(): Promise<void>;
}

export interface Calls {
  /** The sequences of each call to `score`: encoded one after the other, and only until the engine knows enough. */
  readonly score: Iterable<readonly Sequence[]>;
  /** Will `generate` be called? */
  readonly generate: boolean;
}

/** log p(continuation | context) is wanted. The context has at least one token, the continuation too. */
export interface Sequence {
  readonly context: readonly number[];
  readonly continuation: readonly number[];
}

export interface SequenceScore {
  /** Natural logarithms, one for each token of the continuation. */
  readonly tokenLogprobs: readonly number[];
  /** Is each token of the continuation the most likely one at its place? */
  readonly greedy: boolean;
}

export interface Prompt {
  readonly tokens: readonly number[];
  readonly maxNewTokens: number;
  /** Decoding ends with one of these, which is part of the answer. */
  readonly stopTokens: ReadonlySet<number>;
  /** Asked after each token: enough? For stop strings, which may span tokens. */
  readonly isDone?: (tokens: readonly number[]) => boolean;
}

export interface Continuation {
  /** New tokens, the stop token included. */
  readonly tokens: readonly number[];
  readonly finish: 'stop' | 'length';
}
