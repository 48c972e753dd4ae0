/**
 * For a model larger than memory: two layers are loaded at a time, and each call and each new token reads all weights.
 */
export const LAYER_BY_LAYER = 'layer by layer';

/** How a model is run, which changes only last digits of answers. */
export type Execution = 'whole' | typeof LAYER_BY_LAYER;

/** Seconds for a pass over all weights, measured on one layer. */
export interface PassCost {
  /** Reading, while the previous layer computes. */
  readonly read: number;
  /** Converting and packing. */
  readonly open: number;
  /** For each token, through all layers. */
  readonly perToken: number;
}

/** The time of a pass with this many tokens, in seconds. */
export function passSeconds({ read, open, perToken }: PassCost, tokens: number): number {
  return open + Math.max(read, perToken * tokens);
}
