/**
 * A decoder-only language model, described from its config: what each family's file gives and what the graph builder
 * takes. Names of modules are relative to the trunk (the part under `model.` or `transformer.`).
 */
export interface Decoder {
  readonly vocabulary: number;
  readonly hidden: number;
  /** Longest sequence that the model was made for, in tokens. */
  readonly maxLength: number;
  readonly embeddings: string;
  readonly embeddingScale: number;
  /** Learned absolute positions [maxLength, hidden], or null. */
  readonly positions: string | null;
  readonly layers: readonly Layer[];
  readonly finalNorm: Norm;
  readonly head: Head;
  /** Where its modules are in the file, most usual first; the trunk ends with a dot or is empty. */
  readonly places: readonly Place[];
}

/** Prefix of the trunk's modules, and name of the output layer. */
export interface Place {
  readonly trunk: string;
  readonly head: string;
}

export interface Head {
  /** The embeddings again, where the file has no output layer of its own. */
  readonly tied: boolean;
  /** Logits are multiplied by this. */
  readonly scale: number;
  /** c·tanh(x / c) of the logits, or null. */
  readonly softcap: number | null;
}

/**
 * One block. Sequential: h += scale·attention(norm(h)), then h += scale·mlp(norm(h)). Parallel: h += attention(norm(h)) +
 * mlp(norm(h)), both from the same h.
 */
export interface Layer {
  readonly attention: Attention;
  readonly mlp: Mlp;
  readonly residual: 'sequential' | 'parallel';
  readonly residualScale: number;
  /** Before attention; null where the family has none. */
  readonly attentionNorm: Norm | null;
  /** Of attention's output, before it is added. */
  readonly attentionOutputNorm: Norm | null;
  /** Before the MLP; 'attention' is the output of `attentionNorm` again. */
  readonly mlpNorm: Norm | null | 'attention';
  readonly mlpOutputNorm: Norm | null;
}

export interface Attention {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  readonly projections: Projections;
  readonly output: Linear;
  /** Of the head-wise products, before softcap and mask. */
  readonly scale: number;
  readonly softcap: number | null;
  /** A query sees this many positions, itself included; null is all before it. */
  readonly window: number | null;
  /** null: no rotary positions in this layer. */
  readonly rope: Rope | null;
  /** Biases that fall linearly with the distance (Press et al. 2022, arXiv 2108.12409), or null. */
  readonly alibi: Alibi | null;
  readonly queryNorm: HeadNorm | null;
  readonly keyNorm: HeadNorm | null;
}

/** Three layers, or one whose output is viewed as [groups, q + k + v, headDim] and split along the middle. */
export type Projections =
  | { readonly kind: 'separate'; readonly query: Linear; readonly key: Linear; readonly value: Linear }
  | {
      readonly kind: 'fused';
      readonly linear: Linear;
      readonly groups: number;
      readonly split: readonly [query: number, key: number, value: number];
    };

/** Added to the scores: slope · position of the key, rounded as the family's own code rounds it. */
export interface Alibi {
  /** One a head. */
  readonly slopes: readonly number[];
  readonly scale: number;
}

/** A linear layer: `<module>.weight` [output, input] (Conv1D: [input, output]) and, with `bias`, `<module>.bias`. */
export interface Linear {
  readonly module: string;
  readonly input: number;
  readonly output: number;
  readonly bias: boolean;
  readonly layout?: 'conv1d';
}

/** Root-mean-square norm (Zhang & Sennrich 2019, arXiv 1910.07467) or layer norm (Ba et al. 2016, arXiv 1607.06450). */
export interface Norm {
  readonly kind: 'rms' | 'layer';
  readonly module: string;
  readonly size: number;
  readonly epsilon: number;
  /** The gain is weight + 1 (Gemma). */
  readonly plusOne: boolean;
  readonly bias: boolean;
}

/** A norm of queries or keys: over each head with one weight, over all heads at once, or with a weight for each head. */
export type HeadNorm =
  | { readonly over: 'head'; readonly norm: Norm }
  | { readonly over: 'all'; readonly norm: Norm }
  | { readonly over: 'each-head'; readonly norms: readonly Norm[] };

export type Mlp =
  | {
      readonly kind: 'gated';
      readonly gate: Linear;
      readonly up: Linear;
      readonly down: Linear;
      readonly activation: Activation;
    }
  | {
      /** One matrix, gate rows first. */
      readonly kind: 'gated-fused';
      readonly gateUp: Linear;
      readonly down: Linear;
      readonly activation: Activation;
    }
  | { readonly kind: 'plain'; readonly up: Linear; readonly down: Linear; readonly activation: Activation }
  | Experts;

/** Mixture of experts: softmax over the router's logits, the best few, their outputs weighted and added. */
export interface Experts {
  readonly kind: 'experts';
  readonly router: Linear;
  readonly count: number;
  readonly perToken: number;
  /** The weights of the chosen experts add up to one. */
  readonly normalize: boolean;
  readonly activation: Activation;
  readonly expert: (index: number) => { readonly gate: Linear; readonly up: Linear; readonly down: Linear };
  /** How newer files keep them: tensors [count, 2·width, hidden] (gate rows first) and [count, hidden, width]. */
  readonly stacked: { readonly gateUp: string; readonly down: string };
  /** Other names of the router's and the stacked modules. */
  readonly routerAlias: string | null;
}

export const ACTIVATIONS = [
  'silu',
  'gelu',
  'gelu_tanh',
  'relu',
  'relu_squared',
  'quick_gelu',
  'tanh',
  'sigmoid',
  'identity',
] as const;

export type Activation = (typeof ACTIVATIONS)[number];

export interface Rope {
  /** How many of a head's dimensions turn; the others pass through. */
  readonly dim: number;
  /** One a pair of dimensions, radians a token. [dim / 2] */
  readonly frequencies: readonly number[];
  /** Cosines and sines are multiplied by it (YaRN, LongRoPE). */
  readonly magnitude: number;
  /** Used for sequences of more than `above` tokens (LongRoPE). */
  readonly long: { readonly above: number; readonly frequencies: readonly number[] } | null;
}
