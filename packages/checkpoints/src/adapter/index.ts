export type { Adapter, LoraModule } from './adapter.ts';
export {
  areExpertFactorsTurned,
  type ExpertLayer,
  expertModule,
  isStackedModule,
  type StackedModule,
} from './expert-factors.ts';
export { loraFactors, loraFeatures } from './factors.ts';
