export type { AppliedSettings, ReportedRule } from './applied-policy.ts';
export type { BenchmarkRow } from './benchmarks/row.ts';
export { type SampleVariance, samplePlans, suiteVariances, taskVariances } from './benchmarks/sample-plan.ts';
export { isSmallLoss } from './checks/likelihood.ts';
export { tooFewFacts } from './checks/too-few-facts.ts';
export { completeReport } from './complete-report.ts';
export { daysBetween } from './days-between.ts';
export { isAcceptable, isInPolicy, ownLevel, withExceptions } from './exceptions.ts';
export { reasonSchema } from './findings/flat-form.ts';
export { differingKeys } from './like-with-like.ts';
export { groupName } from './pair-metrics.ts';
export { findingPlaces, findingReason } from './reason.ts';
export { mayScreen } from './screening/undecided.ts';
export { askingOrder } from './sequential/order.ts';
export { firstAnswers, settleAgainst } from './sequential/settle-answers.ts';
export { shownLevel } from './shown-level.ts';
export { type BaselineMatrix, contradictionInSpectra } from './spectra-report.ts';
export {
  CHARTS,
  type Chart,
  overridesSchema,
  type Trend,
  type TrendCheck,
  type TrendOverride,
  timeSchema,
  transferSchema,
} from './trend-schema.ts';
export { sortFindings, verdictOf } from './verdict.ts';
