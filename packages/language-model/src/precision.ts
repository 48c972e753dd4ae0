export const PRECISIONS = ['float32', '16-bit'] as const;

/** The arithmetic of a model, and its weights in memory: a product may expand 16-bit weights. */
export interface ModelPrecision {
  readonly arithmetic: (typeof PRECISIONS)[number];
  readonly weights: (typeof PRECISIONS)[number];
}
