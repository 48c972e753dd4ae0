export type {
  CalibratedMetric,
  CalibratedSize,
  CalibrationKind,
  CalibrationReport,
  LimitRule,
} from '../rows/calibration.ts';
export { placeName } from '../spectra/place.ts';
export {
  calibrationLimits,
  isIdle,
  type KnownLimit,
  LEAST_RUNS,
  type NamedCalibration,
  type OddRun,
  oddRuns,
} from './assess.ts';
export { buildCalibration, extendCalibration, type KnownGood } from './build.ts';
export { CALIBRATION_FILE, calibrationText, parseCalibration, readCalibration, writeCalibration } from './file.ts';
export type { Calibration, CalibrationRun } from './schema.ts';
