import type { Value } from '@shadow-gate/checkpoints/onnx/graph';

/** Inputs shared by layers with windows of one kind, for E entries per sequence; some can be empty. */
export interface EntryInputs {
  /**
   * int64 [B, E, rate]: the tokens of each window, among the B · T of all sequences, those in the KV cache included.
   */
  readonly own: Value;
  /**
   * The same of the window before, and float32 [B, E, 1, 1], which is far below every logit where there is none; null
   * without overlap.
   */
  readonly before: { readonly tokens: Value; readonly bias: Value } | null;
  /** int64 [B, E]: position of the first token of the window. */
  readonly positions: Value;
  /** float32 [B, 1, S, E]: zero for the entries that a slot can see, and far below every score for others. */
  readonly bias: Value;
}
