export { type SampleVariance, samplePlans, suiteVariances, taskVariances } from './benchmarks/sample-plan.ts';
export { isSmallLoss } from './checks/likelihood.ts';
export { firstAnswers, settleAgainst } from './checks/settle-answers.ts';
export { shownLevel } from './checks/shown-level.ts';
export { tooFewFacts } from './checks/too-few-facts.ts';
export { mayScreen } from './checks/undecided.ts';
export { findingPlaces, findingReason } from './finding.ts';
export { reasonSchema } from './findings/flat-form.ts';
export { askingOrder } from './pairing/order.ts';
export { completeReport } from './report.ts';
export type { BenchmarkRow } from './rows/benchmarks.ts';
export type { AppliedSettings, BaselineMatrix, ReportedRule } from './rows/spectra.ts';
export {
  CHARTS,
  type Chart,
  overridesSchema,
  type Trend,
  type TrendCheck,
  type TrendOverride,
  timeSchema,
  transferSchema,
} from './rows/trend.ts';
export { MOVED_FAIL, MOVED_WARN } from './rows/vocabulary-rows.ts';
export { differingKeys } from './spectra/comparability.ts';
export { groupName } from './spectra/pair-metrics.ts';
export { contradictionInSpectra } from './spectra/spectra-report.ts';
export { daysBetween, isAcceptable, isInPolicy, ownLevel, withExceptions } from './verdict/exceptions.ts';
export { verdictOf } from './verdict/verdict.ts';
