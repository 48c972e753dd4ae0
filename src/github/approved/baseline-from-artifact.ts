import { UserError } from '@shadow-gate/platform';
import type { ResolvedBaseline } from '../../gate/read-baseline.ts';
import { type Measurement, parseMeasurement } from '../../measure/schema/index.ts';
import { parseReport } from '../../report/json.ts';
import { shortSha } from '../../report/text/index.ts';
import { describeGithubError } from '../client/errors.ts';
import type { Octokit, Repository } from '../client/types.ts';
import {
  type Artifacts,
  artifactsOnBranch,
  type FoundArtifact,
  MEASUREMENT_FILE,
  REPORT_FILE,
} from '../storage/artifacts.ts';

const MAX_RUNS = 20;

/**
 * The measurement in the artifact of the newest successful run on a branch. A measurement whose verdict is fail is
 * never a baseline, even if `fail-on: never` let its run succeed. An inconclusive one counts only if somebody started
 * the run by hand: otherwise a checkpoint that could not be judged would become the standard without anybody deciding
 * so. Such a run has failed by default, and without it nothing could ever follow another version's baseline.
 * @throws UserError if the artifacts cannot be read: to judge without a baseline would be a guess
 */
export async function baselineFromArtifact(
  octokit: Octokit,
  artifacts: Artifacts,
  repository: Repository,
  { name, branch }: { name: string; branch: string },
): Promise<ResolvedBaseline> {
  const label = `artifact ${name} of branch ${branch}`;
  let seen = 0;
  try {
    for await (const found of artifactsOnBranch(octokit, repository, { name, branch, counts: mayApprove })) {
      const measurement = approvedIn(await artifacts.read(found.id, found), found, label);
      if (measurement !== null) {
        const note = `baseline: ${label}, from run ${found.runId} at commit ${shortSha(found.commit)}`;
        return { kind: 'measurement', measurement, commit: found.commit, name: label, note };
      }
      seen += 1;
      // An older run may have one, and going on without a baseline would only warn.
      if (seen === MAX_RUNS) throw new Error(`none of the last ${MAX_RUNS} runs has an artifact that counts`);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `the baseline, ${label}, could not be read (${describeGithubError(error)})`,
      'add `permissions: actions: read` to the job, or run it again later',
    );
  }
  return { kind: 'missing', name: label, note: `no successful run has an ${label}` };
}

function mayApprove({ conclusion, wasDispatched }: Pick<FoundArtifact, 'conclusion' | 'wasDispatched'>): boolean {
  return conclusion === 'success' || (conclusion === 'failure' && wasDispatched);
}

/** Null if it is not a baseline, or of another version: an artifact must not block until it expires. */
function approvedIn(
  files: ReadonlyMap<string, string>,
  { conclusion, wasDispatched }: FoundArtifact,
  label: string,
): Measurement | null {
  try {
    const { verdict } = parseReport(files.get(REPORT_FILE) ?? '', label);
    const isApproved = verdict === 'inconclusive' ? wasDispatched : verdict !== 'fail' && conclusion === 'success';
    if (!isApproved) return null;
    return parseMeasurement(files.get(MEASUREMENT_FILE) ?? '', label);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}
