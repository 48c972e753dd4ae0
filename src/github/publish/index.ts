export { FAIL_ON_CHOICES, type FailOn, isFailure, writeAnnotation } from './annotation.ts';
export { storeAttestation } from './attestation.ts';
export {
  type CheckRun,
  type CheckRunPlace,
  checkRunConclusion,
  type OpenedCheckRun,
  openCheckRun,
  writeCheckRun,
} from './check-run.ts';
export { writeStickyComment } from './comment.ts';
export { fetchPullRequestHead } from './comment-order.ts';
export { whyNotFailedBefore } from './failed-check.ts';
export { updateIssue } from './issue.ts';
export { proposeFiles } from './propose-files.ts';
