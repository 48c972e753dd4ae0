export { type Adapter, type LoraModule, loraFactors, loraFeatures } from './adapter.ts';
export {
  areExpertFactorsTurned,
  type ExpertLayer,
  expertModule,
  isStackedModule,
  type StackedModule,
} from './expert-factors.ts';
