import * as core from '@actions/core';
import { context } from '@actions/github';
import type { ResolvedBaseline } from '../gate/read-baseline.ts';
import { approvedBaseline, fromDisk } from '../github/approved/baseline-at-base.ts';
import { artifactBaseline } from '../github/approved/baseline-from-artifact.ts';
import { cachedBaseline } from '../github/approved/baseline-from-cache.ts';
import { approvedPolicy } from '../github/approved/policy-at-base.ts';
import type { Workspace } from '../github/approved/repository-path.ts';
import type { Octokit } from '../github/client/author.ts';
import { type BaseCommit, baseCommitOf, headCommitOf } from '../github/event/base-commit.ts';
import { baseBranchOf } from '../github/event/branches.ts';
import type { ActionsCache } from '../github/storage/actions-cache.ts';
import { UserError } from '../platform/user-error.ts';
import { findPolicy, type ResolvedPolicy } from '../policy/load.ts';
import type { BASELINES } from '../policy/policy.ts';
import { printable } from '../report/escape.ts';
import { artifactsOfRun, clientOf } from './clients.ts';
import { INPUT_DEFAULTS, type Options } from './inputs.ts';
import { folderOf } from './key-folder.ts';

/** What a checkpoint is judged by. */
export interface Approved {
  readonly policy: ResolvedPolicy;
  readonly baseline: ResolvedBaseline;
}

/** On a change, the policy and the baseline of the commit that it is to be merged into; else those of the workspace. */
export async function approve(options: Options, cache: ActionsCache | null): Promise<Approved> {
  const octokit = clientOf(options);
  const base = baseCommitOf(context.eventName, context.payload);
  if (base !== null && octokit === null) {
    core.warning(
      'policy and baseline are those of the workspace, which the change may have brought: the input github-token is empty',
    );
  }
  const change = base !== null && octokit !== null ? { base, octokit } : null;
  const policy = await policyFor(options, change);
  const baseline = await baselineFor(options, policy, change, cache);
  if (options.updateBaseline !== 'off') expectCommitted(kindOf(options, policy), baseline, options);
  if (baseline.note !== undefined) core.info(printable(baseline.note));
  return { policy, baseline };
}

type Change = { readonly base: BaseCommit; readonly octokit: Octokit } | null;

const place = () => ({
  head: headCommitOf(context.eventName, context.payload, context.sha),
  workspace: workspace(),
});

export function workspace(): Workspace {
  return { folder: process.cwd(), alias: process.env.GITHUB_WORKSPACE, repository: context.repo };
}

function policyFor({ policy }: Options, change: Change): Promise<ResolvedPolicy> {
  return change === null
    ? findPolicy(policy)
    : approvedPolicy(change.octokit, change.base, { named: policy, ...place() });
}

async function baselineFor(
  options: Options,
  policy: ResolvedPolicy,
  change: Change,
  cache: ActionsCache | null,
): Promise<ResolvedBaseline> {
  const { baseline: path } = options;
  const kind = kindOf(options, policy);
  if (path !== ARTIFACT && kind !== 'file' && path !== INPUT_DEFAULTS.baseline) {
    throw new UserError(`the policy says baseline: ${kind}, and the input baseline is ${path}`, 'give one of them');
  }
  if (kind === 'artifact') return ofArtifact(options);
  if (kind === 'cache') return cachedBaseline(cache, folderOf(options.key));
  if (change !== null) return approvedBaseline(change.octokit, change.base, { path, ...place() });
  return fromDisk(path, `baseline ${path} is that of the workspace`);
}

/** A file of this name is `./artifact`. */
const ARTIFACT = 'artifact';

type Kind = (typeof BASELINES)[number];

function kindOf({ baseline }: Options, { policy }: ResolvedPolicy): Kind {
  return baseline === ARTIFACT ? ARTIFACT : policy.baseline;
}

/** A proposal is a file to commit in the place of the baseline: it must not replace a checkpoint, or be one that nobody reads. */
function expectCommitted(kind: Kind, resolved: ResolvedBaseline, { baseline }: Options): void {
  if (kind === 'file' && resolved.kind !== 'checkpoint') return;
  throw new UserError(
    `update-baseline: pull-request proposes a measurement, and the baseline is ${kind === 'file' ? `the checkpoint ${baseline}` : `of the ${kind}`}`,
    'turn it off, or give the path of a measurement as the baseline',
  );
}

function ofArtifact(options: Options): Promise<ResolvedBaseline> {
  const octokit = clientOf(options);
  const branch = baseBranchOf(context.payload);
  if (octokit === null || branch === null) {
    throw new UserError(
      `baseline: artifact needs ${octokit === null ? 'the input github-token' : 'an event that says the base branch'}`,
      'give a file as the baseline, or mend that',
    );
  }
  return artifactBaseline(octokit, artifactsOfRun(options), context.repo, { name: artifactName(options), branch });
}

/** The artifact of a key's results. */
export function artifactName({ key }: Pick<Options, 'key'>): string {
  return `shadow-gate-${folderOf(key)}`;
}
