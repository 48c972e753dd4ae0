import type { TokenWindows } from '../architectures/compressed.ts';
import type { Window } from '../architectures/decoder.ts';
import type { Stage } from './recurrence.ts';

/** Names of the backbone's inputs and outputs, for B sequences of S tokens after P others, T = P + S. */
export const BACKBONE = {
  /** int64 [B, S]. */
  tokens: 'tokens',
  /** int64 [B, S]. */
  positions: 'positions',
  /** int64 [R]: which of the B · S hidden states are returned. */
  rows: 'rows',
  /** int32 [B]: T − 1, the index of the last key. Named as the input of GroupQueryAttention. */
  seqlensK: 'seqlens_k',
  /** int32 [1]: T, with the P tokens in the KV cache. Named as the input of GroupQueryAttention. */
  totalSequenceLength: 'total_sequence_length',
  /** float32 [B or 1, 1, S, T]: the mask of a window, or of full attention. */
  bias: (window: Window) =>
    window === null ? 'bias' : typeof window === 'number' ? `bias_${window}` : `bias_chunk_${window.chunk}`,
  /** float32 [B, heads, 1, T]. */
  alibi: 'alibi',
  /** float32 [L, dim / 2] of the index-th rotary embedding. */
  cos: (index: number) => `cos_${index}`,
  sin: (index: number) => `sin_${index}`,
  /** float32 [B, keyValueHeads, P, headDim], and with valueDim for values. */
  pastKey: (layer: number) => `past_key_${layer}`,
  pastValue: (layer: number) => `past_value_${layer}`,
  /** float32 [B, keyValueHeads, S or T, headDim]: see `AttentionKind`. */
  presentKey: (layer: number) => `present_key_${layer}`,
  presentValue: (layer: number) => `present_value_${layer}`,
  /** Input of the output layer, after the final norm: float32 [R, outputSize]. */
  hidden: 'hidden',
} as const;

/** Inputs of layers with entries for windows of one kind: see `EntryInputs`. */
export const ENTRIES = {
  own: (windows: TokenWindows) => `${entriesOf(windows)}_own`,
  before: (windows: TokenWindows) => `${entriesOf(windows)}_before`,
  beforeBias: (windows: TokenWindows) => `${entriesOf(windows)}_before_bias`,
  positions: (windows: TokenWindows) => `${entriesOf(windows)}_positions`,
  bias: (windows: TokenWindows) => `${entriesOf(windows)}_bias`,
} as const;

function entriesOf({ rate, overlap }: TokenWindows): string {
  return `entries_${rate}${overlap ? '_overlapping' : ''}`;
}

/** Inputs and outputs between parts of the backbone, for the m slots that a part sees: see `BackbonePart`. */
export const EDGE = {
  /** float32 [m, hidden], or [m, count, hidden] with several hidden states for each token. */
  stream: 'stream',
  next: 'next_stream',
  /** float32 [B · S, size]: the tokens' embeddings for this layer. */
  layerInput: (layer: number) => `layer_input_${layer}`,
  /** Shared with later layers: float32 [B, S, keyValueHeads · headDim], rotated; values with valueDim. */
  sharedKey: (layer: number) => `shared_key_${layer}`,
  sharedValue: (layer: number) => `shared_value_${layer}`,
} as const;

/** Replace `BACKBONE.rows` if there are late layers (see `layersBeforeLate`): K slots per sequence go through them. */
export const LATE = {
  /** int64 [B, K], flat: b · S + s. */
  slots: 'late_slots',
  /** int64 [B, K]: their rows in a mask, which has S or B · S rows. */
  masks: 'late_masks',
  /** int64 [R]: which of the B · K hidden states are returned. */
  rows: 'late_rows',
} as const;

/** Inputs and outputs of layers with a state: see `RecurrenceInputs`, `PastState` and, for n-grams, `addNgrams`. */
export const RECURRENCE = {
  slots: (stage: Stage) => `${stage}_slots`,
  mask: (stage: Stage) => `${stage}_mask`,
  inputs: (stage: Stage) => `${stage}_inputs`,
  before: (stage: Stage) => `${stage}_before`,
  parents: (stage: Stage) => `${stage}_parents`,
  source: 'recurrence_source',
  after: 'recurrence_after',
  pastInputs: (layer: number) => `past_inputs_${layer}`,
  presentInputs: (layer: number) => `present_inputs_${layer}`,
  pastNgrams: (layer: number) => `past_ngrams_${layer}`,
  presentNgrams: (layer: number) => `present_ngrams_${layer}`,
  pastState: (layer: number) => `past_state_${layer}`,
  presentState: (layer: number) => `present_state_${layer}`,
} as const;
