export type { Adapter, LoraModule } from './adapter.ts';
export { areTurned, type ExpertLayer, isStacked, ofExpert, type StackedModule } from './expert-factors.ts';
export { loraFactors, loraFeatures } from './factors.ts';
