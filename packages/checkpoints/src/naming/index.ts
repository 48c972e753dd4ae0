export {
  BLOCK_MODULES,
  COMPONENTS,
  type Component,
  hasComparableMatrices,
  isEmbedding,
  MIXER_MODULES,
  MLP_MODULES,
  MODULE_TYPES,
  type ModuleType,
} from './module-type.ts';
export { mtpLayers } from './mtp-layers.ts';
export { isMultimodalName, type ModelKind, type TensorPlace, tensorPlace } from './place.ts';
export { tokenEmbedding } from './token-embedding.ts';
