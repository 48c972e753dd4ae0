export { isBuffer } from './buffers.ts';
export { fusedLayout } from './fused.ts';
export type { FusedLayout } from './fused-layout.ts';
export { attentionInput, listMatrices, type MatrixContext, refuseTiny } from './list-matrices.ts';
export { gatedMlpHalves, moduleByShape } from './mlp-by-shape.ts';
export { tokenEmbedding } from './token-embedding.ts';
