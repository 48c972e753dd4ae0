export { type CalibrationChange, calibrationSummary, describeCalibrationProposal } from './calibration.ts';
export { type CheckRunText, describeCheckRun, describeNoVerdict, describeSkipped } from './check-run.ts';
export { commentMarker, type MarkdownOptions, renderComment, renderRefusal, renderStepSummary } from './comment.ts';
export type { Override, ShownOptions } from './document.ts';
export { describeRegression } from './issue.ts';
export { type Origin, type ReportRun, runOfPage } from './origin.ts';
export { type CalibrationOutcome, describeProposal, type ProposedCalibration } from './proposal.ts';
