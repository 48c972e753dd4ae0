import { isDeepStrictEqual } from 'node:util';
import * as core from '@actions/core';
import { context } from '@actions/github';
import type { CheckResult } from '../gate/check.ts';
import type { ResolvedBaseline } from '../gate/read-baseline.ts';
import { keepBaseline } from '../github/approved/baseline-from-cache.ts';
import { inRepository } from '../github/approved/repository-path.ts';
import { isOnDefaultBranch } from '../github/event/branches.ts';
import { proposeBaseline } from '../github/publish/baseline-pull-request.ts';
import { setOutputs } from '../github/publish/outputs.ts';
import { areArtifactsThere } from '../github/storage/artifacts.ts';
import type { Measurement } from '../measure/schema/measurement.ts';
import { describeProposal } from '../report/markdown/proposal.ts';
import type { Caches } from './cache.ts';
import { artifactsOfRun, clientOf, runUrl } from './clients.ts';
import type { Options } from './inputs.ts';
import { folderOf } from './key-folder.ts';
import { type ResultFiles, tokenless, told } from './report-results.ts';
import { artifactName, workspace } from './resolve-baseline.ts';

interface Left extends CheckResult {
  readonly files: ResultFiles;
  readonly baseline: ResolvedBaseline;
  readonly cache: Caches | null;
}

/** Events of runs that are about a branch, whose artifact may be the baseline of changes to it. */
const LEAVES_ARTIFACTS: readonly string[] = ['push', 'schedule', 'workflow_dispatch'];

/**
 * What a run leaves for later ones: the artifact of its branch, and on the default branch the cache and a pull request that
 * proposes a baseline. Last, when the verdict is out: none of it can change that.
 */
export async function leave(options: Options, left: Left): Promise<void> {
  const { eventName, ref, payload } = context;
  if (LEAVES_ARTIFACTS.includes(eventName)) await upload(options, left.files);
  if (!isOnDefaultBranch(eventName, ref, payload)) return;
  setOutputs({ 'baseline-pull-request': await propose(options, left) });
  const { cache, measurement, report } = left;
  if (cache === null) return;
  // What fails, or nothing can be said of, is not what the next one is to be like.
  const isApproved = report.verdict === 'pass' || report.verdict === 'warn';
  if (isApproved) await keepBaseline(cache, folderOf(options.key), measurement, context);
  await cache.spectra.handOver(`${context.sha}-${context.runId}-${context.runAttempt}`);
  await cache.save();
}

async function upload(options: Options, { measurement, report }: ResultFiles): Promise<void> {
  if (options.artifact === 'off') return;
  const name = artifactName(options);
  if (!areArtifactsThere(process.env)) {
    core.info(`No artifact ${name}: this server keeps none that @actions/artifact could write.`);
    return;
  }
  try {
    await artifactsOfRun(options).upload(name, [measurement, report]);
    core.info(`Artifact: ${name}`);
  } catch (error) {
    core.warning(`no artifact ${name}: ${(error as Error).message}`);
  }
}

/** @returns the address of the pull request; an empty text where nothing is proposed */
async function propose(options: Options, { measurement, report, baseline }: Left): Promise<string> {
  const { eventName, ref, payload, repo, sha } = context;
  if (options.updateBaseline === 'off' || eventName !== 'push' || !isOnDefaultBranch(eventName, ref, payload))
    return '';
  if (baseline.kind === 'measurement' && isSame(baseline.measurement, measurement)) return '';
  if (report.verdict === 'fail') {
    core.info('No baseline is proposed: the verdict is fail. To accept it all the same, commit its measurement.');
    return '';
  }
  const path = await inRepository(options.baseline, workspace());
  if (path === null) {
    core.warning(`no baseline is proposed: ${options.baseline} lies outside of the workspace`);
    return '';
  }
  const octokit = clientOf(options);
  if (octokit === null) return tokenless('proposal of a baseline');
  const { key } = options;
  const result = await proposeBaseline(octokit, repo, {
    path,
    text: `${JSON.stringify(measurement, null, 2)}\n`,
    base: ref.replace(/^refs\/heads\//, ''),
    sha,
    branch: `shadow-gate/baseline-${folderOf(key)}`,
    ...describeProposal(report, { key, path, run: runUrl(), commit: sha }),
  });
  return told('Proposed baseline', result);
}

/** Are they of the same weights, asked the same with the same answers? The last digits depend on the machine. */
function isSame(a: Measurement, b: Measurement): boolean {
  return isDeepStrictEqual(identityOf(a), identityOf(b));
}

function identityOf({ tool, checkpoint, reference, method, skipped, probes }: Measurement) {
  if (probes?.status !== 'measured') return { tool, checkpoint, reference, method, skipped, probes };
  const { suites, seed, chatTemplate, items } = probes;
  const answers = items.map(({ suite, id, correct }) => ({ suite, id, correct }));
  return { tool, checkpoint, reference, method, skipped, probes: { suites, seed, chatTemplate, answers } };
}
