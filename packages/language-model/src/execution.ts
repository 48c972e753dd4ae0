/**
 * A model larger than memory: two layers are there at a time, and all weights are read for each call and each new
 * token.
 */
export const LAYER_BY_LAYER = 'layer by layer';

/** How a model is run, which changes no answer but in its last digits. */
export type Execution = 'whole' | typeof LAYER_BY_LAYER;

/** Seconds for a pass over all weights, measured on one layer. */
export interface PassCost {
  /** Reading them, while the layer before computes. */
  readonly read: number;
  /** Converting and packing them. */
  readonly open: number;
  /** For each token that goes through all layers. */
  readonly perToken: number;
}

/** How long a pass with so many tokens takes, in seconds. */
export function passSeconds({ read, open, perToken }: PassCost, tokens: number): number {
  return open + Math.max(read, perToken * tokens);
}
