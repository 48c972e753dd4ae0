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
  /** Null: no weight and no bias. */
  readonly module: string | null;
  readonly size: number;
  readonly epsilon: number;
  /** The gain is weight + 1 (Gemma). */
  readonly plusOne: boolean;
  readonly bias: boolean;
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

/**
 * A causal convolution of each channel alone: `<module>.weight` [channels, 1, kernel] and, with `bias`,
 * `<module>.bias`.
 */
export interface Convolution {
  readonly module: string;
  readonly channels: number;
  /** Tokens that it reaches, itself included; the same in all layers. */
  readonly kernel: number;
  /** It takes `count` of them, `dilation` apart and ending with itself: [channels, 1, count]. All if missing. */
  readonly taps?: { readonly count: number; readonly dilation: number };
  readonly bias: boolean;
  /** Names in files that have one part for each of several runs of channels. */
  readonly parts?: readonly { readonly module: string; readonly channels: number }[];
  readonly activation: Activation;
}
