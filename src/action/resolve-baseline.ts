import type { ResolvedBaseline } from '../gate/read-baseline.ts';
import { baselineAtBase, baselineOnDisk } from '../github/approved/baseline-at-base.ts';
import { baselineFromArtifact } from '../github/approved/baseline-from-artifact.ts';
import { baselineFromCache } from '../github/approved/baseline-from-cache.ts';
import { policyAtBase } from '../github/approved/policy-at-base.ts';
import type { Commit, Octokit } from '../github/client/types.ts';
import { baseCommitOf, headCommitOf } from '../github/event/base-commit.ts';
import { baseBranchOf } from '../github/event/branches.ts';
import { UserError } from '../platform/user-error.ts';
import { findPolicy, type ResolvedPolicy } from '../policy/load.ts';
import type { BASELINES } from '../policy/policy.ts';
import { printable } from '../report/escape.ts';
import type { ActionContext, Caches } from './context.ts';
import { INPUT_DEFAULTS, type JudgingRun, type KeyedRun } from './inputs.ts';

/** What a checkpoint is judged by. */
export interface Resolved {
  readonly policy: ResolvedPolicy;
  readonly baseline: ResolvedBaseline;
}

/**
 * For a change, the policy and the baseline of the commit that it is to be merged into; otherwise those of the
 * workspace.
 */
export async function resolveBaseline(
  run: JudgingRun,
  context: ActionContext,
  caches: Caches | null,
): Promise<Resolved> {
  const { octokit, event, runner } = context;
  const base = baseCommitOf(event);
  if (base !== null && octokit === null) {
    runner.warning(
      'policy and baseline are read from the workspace, where the change may have replaced them: the input github-token is empty',
    );
  }
  const change = base !== null && octokit !== null ? { base, octokit } : null;
  const policy = await policyFor(run, context, change);
  const origin = originOf(run, policy);
  const baseline = await baselineFrom(origin, { run, context, change, caches });
  if (run.updateBaseline !== 'off') expectProposable(run, origin, baseline);
  if (baseline.note !== undefined) runner.info(printable(baseline.note));
  return { policy, baseline };
}

/** A base commit, and the client to read it with. */
type Change = { readonly base: Commit; readonly octokit: Octokit } | null;

function policyFor({ policy: named }: JudgingRun, context: ActionContext, change: Change): Promise<ResolvedPolicy> {
  if (change === null) return findPolicy(named);
  const { event, workspace } = context;
  return policyAtBase(change.octokit, change.base, { named, head: headCommitOf(event), workspace });
}

/** Where a baseline comes from. */
type Origin = (typeof BASELINES)[number];

/** A file of this name can be given as `./artifact`. */
const ARTIFACT = 'artifact';

function originOf({ baseline }: JudgingRun, { policy }: ResolvedPolicy): Origin {
  if (baseline === ARTIFACT) return ARTIFACT;
  if (policy.baseline !== 'file' && baseline !== INPUT_DEFAULTS.baseline) {
    throw new UserError(
      `the policy says baseline: ${policy.baseline}, and the input baseline is ${baseline}`,
      'give one of them',
    );
  }
  return policy.baseline;
}

function baselineFrom(
  origin: Origin,
  { run, context, change, caches }: { run: JudgingRun; context: ActionContext; change: Change; caches: Caches | null },
): Promise<ResolvedBaseline> {
  if (origin === 'artifact') return newestArtifact(run, context);
  if (origin === 'cache') return baselineFromCache(caches?.entries ?? null, run.slug);
  const { baseline: path } = run;
  if (change === null) return baselineOnDisk(path, `baseline ${path} is read from the workspace`);
  const { event, workspace } = context;
  return baselineAtBase(change.octokit, change.base, { path, head: headCommitOf(event), workspace });
}

async function newestArtifact(run: JudgingRun, context: ActionContext): Promise<ResolvedBaseline> {
  const { octokit, artifacts, repository, event } = context;
  if (octokit === null) {
    throw new UserError('`baseline: artifact` needs the input github-token', 'set it, or give a file as the baseline');
  }
  const branch = baseBranchOf(event);
  if (branch === null) {
    throw new UserError(
      '`baseline: artifact` needs an event with a base branch (pull_request, merge_group, push)',
      'run the workflow on one of them, or give a file as the baseline',
    );
  }
  return baselineFromArtifact(octokit, artifacts, repository, { name: artifactName(run), branch });
}

/** A proposal commits a file as the baseline: it must not replace a checkpoint, nor add a file that is never read. */
function expectProposable({ baseline: path }: JudgingRun, origin: Origin, baseline: ResolvedBaseline): void {
  if (origin === 'file' && baseline.kind !== 'checkpoint') return;
  throw new UserError(
    `update-baseline: pull-request proposes a measurement file, and the baseline is ${origin === 'file' ? `the checkpoint ${path}` : `read from the ${origin}`}`,
    'turn it off, or give the path of a measurement as the baseline',
  );
}

/** The artifact with the results of a key. */
export function artifactName({ slug }: KeyedRun): string {
  return `shadow-gate-${slug}`;
}
