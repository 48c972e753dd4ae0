export const PRECISIONS = ['float32', '16-bit'] as const;

/** In what a model computes, and what its weights are in memory: those of 16 bits may be expanded for each product. */
export interface ModelPrecision {
  readonly arithmetic: (typeof PRECISIONS)[number];
  readonly weights: (typeof PRECISIONS)[number];
}
