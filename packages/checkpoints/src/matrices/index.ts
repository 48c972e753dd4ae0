export { isBuffer } from './buffers.ts';
export { fusedLayout } from './fused.ts';
export type { FusedLayout } from './fused-layout.ts';
export { attentionInput, listMatrices, type MatrixContext, refuseTiny } from './list-matrices.ts';
export { type Matrix, type MatrixList, SKIP_CAUSES, type SkipCause, type Skipped } from './matrix.ts';
export { gatedMlpHalves, moduleByShape } from './mlp-by-shape.ts';
