/**
 * A decoder-only language model, described from its config: the output of each family's file and the input of the graph
 * builder. Names of modules are relative to the backbone (the part under `model.` or `transformer.`).
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
  /** How files can name its modules, the most common naming first. */
  readonly namings: readonly ModuleNaming[];
}

/** Prefix of the backbone's modules, which ends with a dot or is empty, and name of the output layer. */
export interface ModuleNaming {
  readonly backbone: string;
  readonly head: string;
}

export interface Head {
  /** The embeddings are the output layer, if the file has no separate one. */
  readonly tied: boolean;
  /** Logits are multiplied by this. */
  readonly scale: number;
  /** c in c·tanh(x / c) of the logits, or null. */
  readonly softcap: number | null;
}

/**
 * One block. Sequential: h += scale·attention(norm(h)), then h += scale·mlp(norm(h)). Parallel: h += attention(norm(h))
 * + mlp(norm(h)), both from the same h.
 */
export interface Layer {
  readonly attention: Attention;
  readonly mlp: Mlp;
  readonly residual: 'sequential' | 'parallel';
  readonly residualScale: number;
  /** Before attention; null in families without it. */
  readonly attentionNorm: Norm | null;
  /** Applied to attention's output, before it is added. */
  readonly attentionOutputNorm: Norm | null;
  /** Before the MLP; 'attention' for the output of `attentionNorm`. */
  readonly mlpNorm: Norm | null | 'attention';
  readonly mlpOutputNorm: Norm | null;
}

export interface Attention {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  readonly projections: Projections;
  readonly output: Linear;
  /** Factor of the products of queries and keys, before softcap and mask. */
  readonly scale: number;
  readonly softcap: number | null;
  /** A query sees this many positions, itself included; null for all before it. */
  readonly window: number | null;
  /** Null for a layer without rotary positions. */
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

/** Added to the scores: slope · position of the key, rounded as in the family's own code. */
export interface Alibi {
  /** One per head. */
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

/**
 * A norm of queries or keys: over each head with one shared weight, over all heads at once, or with a weight per head.
 */
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

/** Mixture of experts: softmax over the router's logits; the outputs of the best few are weighted and added. */
export interface Experts {
  readonly kind: 'experts';
  readonly router: Linear;
  readonly count: number;
  readonly perToken: number;
  /** The weights of the chosen experts are scaled to sum to one. */
  readonly normalize: boolean;
  readonly activation: Activation;
  readonly expert: (index: number) => { readonly gate: Linear; readonly up: Linear; readonly down: Linear };
  /** Newer files stack them: tensors [count, 2·width, hidden] (gate rows first) and [count, hidden, width]. */
  readonly stacked: { readonly gateUp: string; readonly down: string };
  /** Another name of the router's module. */
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
  /** Number of a head's dimensions that are rotated; the others pass through. */
  readonly dim: number;
  /** [dim / 2], one per pair of dimensions, in radians per token. */
  readonly frequencies: readonly number[];
  /** Factor of cosines and sines (YaRN, LongRoPE). */
  readonly magnitude: number;
  /** Used for sequences of more than `above` tokens (LongRoPE). */
  readonly long: { readonly above: number; readonly frequencies: readonly number[] } | null;
}
