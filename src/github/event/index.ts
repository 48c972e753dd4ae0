export { type ApprovedVersion, eventApprovedVersion, eventCommits, eventUsualCommit } from './approved-version.ts';
export {
  branchOfRef,
  eventBaseBranch,
  eventDefaultBranch,
  isAboutChange,
  isManualOnDefaultBranch,
  isOfPublicRepository,
  isOnDefaultBranch,
} from './branches.ts';
export type { WorkflowEvent } from './event.ts';
export { eventAuthor, eventLabel, eventPullRequest, eventPullRequestHead } from './pull-request.ts';
export { eventFinishedRun, type FinishedRun, pullRequestsOfRun } from './workflow-run.ts';
