import type { NgramInput } from './ngrams.ts';
import type { Activation, Convolution, Linear, Norm } from './parts.ts';

/** Mixers that carry a state of fixed size from token to token, not all tokens' keys and values. */
export type Recurrent = GatedDelta | Mamba2 | ShortConvolution;

/**
 * Linear attention by the gated delta rule (Yang et al. 2024, arXiv 2412.06464). Each head has a state S [keyDim,
 * valueDim]: S ← e^g·S + k ⊗ β·(v − Sᵀk·e^g), output Sᵀq, with normalized q and k, g = −e^A · softplus(a + b), β = σ(β
 * logit). Kimi's delta attention has a g for each channel of a key (arXiv 2510.26692).
 */
export interface GatedDelta {
  readonly kind: 'gated-delta';
  /** Also heads of queries. Each serves `valueHeads / keyHeads` consecutive heads of values. */
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly projections: GatedDeltaProjections;
  /** Over queries, keys and values. */
  readonly convolution: Convolution;
  /** Tensors [valueHeads]; with decays by channel, [1, 1, valueHeads, 1] and [valueHeads · keyDim]. */
  readonly logDecay: string;
  readonly timeBias: string;
  /** Over each head's output, before it is multiplied by `gateActivation` of z. */
  readonly norm: Norm;
  readonly gateActivation: Activation;
  readonly output: Linear;
  /** Added to the residual streams before the mixer. */
  readonly ngrams?: NgramInput;
}

export type GatedDeltaProjections =
  | {
      readonly kind: 'separate';
      /** To queries, keys, values side by side. */
      readonly queryKeyValue: Linear;
      readonly gate: Linear;
      readonly beta: Linear;
      readonly decay: Linear;
    }
  | {
      readonly kind: 'by key head';
      /** To [keyHeads, query | key | values | gates]. */
      readonly queryKeyValueGate: Linear;
      /** To [keyHeads, betas | decays]. */
      readonly betaDecay: Linear;
    }
  | {
      /** Pairs of layers follow each other; decays are [valueHeads · keyDim]. */
      readonly kind: 'decays by channel';
      readonly query: Linear;
      readonly key: Linear;
      readonly value: Linear;
      readonly gate: readonly [Linear, Linear];
      readonly beta: Linear;
      readonly decay: readonly [Linear, Linear];
    };

/**
 * Mamba-2 (Dao & Gu 2024, arXiv 2405.21060). Each head has a state S [stateDim, headDim]: S ← e^(dt·A)·S + B ⊗ dt·x,
 * output SᵀC + D·x, with dt = softplus(dt logit + bias), A = −e^(log).
 */
export interface Mamba2 {
  readonly kind: 'mamba2';
  readonly heads: number;
  readonly headDim: number;
  /** Heads of one group share B and C. */
  readonly groups: number;
  readonly stateDim: number;
  /** To gate, x, B, C and dt side by side. */
  readonly input: Linear;
  /** Factors of these five (Falcon-H1); 1 if missing. */
  readonly inputScales?: readonly number[];
  /** Over x, B and C. */
  readonly convolution: Convolution;
  /** Tensors [heads]. */
  readonly logDecay: string;
  readonly timeBias: string;
  readonly skip: string;
  /** Bounds of dt. */
  readonly timeStep: { readonly least: number; readonly most: number };
  /** Norm of the output, in `normGroups` parts with one weight over all, or null. */
  readonly norm: Norm | null;
  readonly normGroups: number;
  /** Whether the SiLU of the gate multiplies the output before or after its norm. */
  readonly gated: 'before norm' | 'after norm';
  readonly output: Linear;
}

/** LFM2's block (arXiv 2511.23404): B · x, a short convolution, times C. */
export interface ShortConvolution {
  readonly kind: 'short-convolution';
  /** To B, C and x side by side. */
  readonly input: Linear;
  readonly convolution: Convolution;
  readonly output: Linear;
}

/** A layer's cache: states, and the last inputs of its convolution [kernel − 1, channels]. */
interface RecurrentShape {
  readonly kernel: number;
  readonly channels: number;
  /** [heads, rows, columns]; null for a convolution alone. */
  readonly state: readonly [number, number, number] | null;
  /** [kernel − 1, this] of n-grams; null without. */
  readonly ngrams: number | null;
}

export function recurrentShape(mixer: Recurrent): RecurrentShape {
  const { kernel, channels } = mixer.convolution;
  switch (mixer.kind) {
    case 'gated-delta':
      return {
        kernel,
        channels,
        state: [mixer.valueHeads, mixer.keyDim, mixer.valueDim],
        ngrams: mixer.ngrams === undefined ? null : mixer.ngrams.convolution.channels + 1,
      };
    case 'mamba2':
      return { kernel, channels, state: [mixer.heads, mixer.stateDim, mixer.headDim], ngrams: null };
    case 'short-convolution':
      return { kernel, channels, state: null, ngrams: null };
  }
}
