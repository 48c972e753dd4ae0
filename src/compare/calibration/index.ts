export {
  areExchangeable,
  calibrationLimits,
  isIdle,
  type KnownLimit,
  LEAST_RUNS,
  type NamedCalibration,
  type OddRun,
  oddRuns,
} from './assess.ts';
export { buildCalibration, extendCalibration, type KnownGood } from './build.ts';
export { describeUpdate, findCalibrationDifference } from './describe-update.ts';
export { CALIBRATION_FILE, calibrationText, parseCalibration, readCalibration, writeCalibration } from './file.ts';
export { placeName } from './place.ts';
export type { CalibratedMetric, CalibratedSize, CalibrationReport, LimitRule } from './report-schema.ts';
export type { Calibration, CalibrationKind, CalibrationRun } from './schema.ts';
