export { areTensorsEqual } from './equal-tensors.ts';
export { type ExpertWeight, expertWeights } from './expert-weights.ts';
export { isMergeJudged, judgeMerge } from './judge-merge.ts';
export { isBeforeQuantizing, isMergedBeforeQuantizing } from './judge-quantized.ts';
export type { MergedWeight } from './merge-sums.ts';
export { TensorNames } from './tensor-names.ts';
