export {
  BEHAVIOR_PARTS,
  BESIDE_TOKENIZER,
  type BehaviorPart,
  type BehaviorValues,
  type LogitScale,
} from './behavior.ts';
export {
  type BenchmarkDocument,
  type BenchmarkGroup,
  type BenchmarkMetric,
  type Benchmarks,
  type BenchmarkTask,
  benchmarksDigest,
  type DocumentValue,
  type EvaluatedModel,
  HUB_DATASET,
} from './benchmarks.ts';
export {
  architectureSchema,
  componentSchema,
  deltaModelSchema,
  type GroupMeasurement,
  groupSchema,
  identitySchema,
  MEASUREMENT_SCHEMA,
  type Measurement,
  measurementSchema,
  moduleSchema,
  ofSchema,
  precisionSchema,
  runSchema,
  type TensorMeasurement,
  tensorSchema,
} from './measurement.ts';
export type { MergedWeightMeasurement, MergeMeasurement } from './merge.ts';
export {
  factKey,
  itemKey,
  type LeftOutMeasurement,
  type MeasuredProbes,
  NOT_RUN_CAUSES,
  type ProbeItemMeasurement,
  probeItemSchema,
  type SuiteMeasurement,
  suiteMeasurementSchema,
} from './probes.ts';
export { type Quantization, quantizationSchema } from './quantization.ts';
export { parseMeasurement, readMeasurement, readMeasurementOrShard } from './read.ts';
export { signatureSchema } from './signature.ts';
export { LOG_UNIT, type Predictions, type TextSuiteMeasurement } from './texts.ts';
export { measurementText, writeMeasurement } from './write.ts';
