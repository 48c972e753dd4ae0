export { describeFiles } from './behavior/behavior-files.ts';
export { digestOwnFiles } from './behavior/digest-own-files.ts';
export { expectCheckpoint } from './expect-checkpoint.ts';
export { type ListedModel, openListedModel } from './listed.ts';
export { measure, withoutOwnText } from './measure.ts';
export { type ExpectedRun, expectProbes } from './measure-probes.ts';
export { measureQuantization } from './measure-quantization.ts';
export { measureServed, nameOfServed } from './measure-served.ts';
export { measureSpectra, type SpectraMeasurement } from './measure-spectra.ts';
export { measureVocabularyRows } from './measure-vocabulary-rows.ts';
export {
  type MeasuredModel,
  modelArchitecture,
  type OpenCheckpoint,
  openingOnce,
  openMeasured,
  openMeasuredAdapter,
  openMeasuredReference,
} from './open-measured.ts';
