export {
  BEHAVIOR_PARTS,
  BESIDE_TOKENIZER,
  type BehaviorPart,
  type BehaviorValues,
  type LogitScale,
} from './behavior.ts';
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
  signatureSchema,
  type TensorMeasurement,
  tensorSchema,
} from './measurement.ts';
export type { MergedWeightMeasurement, MergeMeasurement } from './merge.ts';
export { type Quantization, quantizationSchema } from './quantization.ts';
export { parseMeasurement, readMeasurement, readMeasurementOrShard } from './read.ts';
export { type VocabularyRows, vocabularyRowsSchema } from './vocabulary-rows.ts';
export { measurementText, writeMeasurement } from './write.ts';
