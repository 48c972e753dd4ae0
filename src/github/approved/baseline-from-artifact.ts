import { parseReport } from '../../compare/read-report.ts';
import type { ResolvedBaseline } from '../../gate/read-baseline.ts';
import type { Measurement } from '../../measure/schema/measurement.ts';
import { parseMeasurement } from '../../measure/schema/read.ts';
import { UserError } from '../../platform/user-error.ts';
import type { Octokit } from '../client/author.ts';
import { statusOf } from '../client/errors.ts';
import type { Repository } from '../publish/issue.ts';
import { type Artifacts, artifactsOf, type FoundArtifact } from '../storage/artifacts.ts';
import { short } from './read-at-commit.ts';

/** Runs that are looked at. */
const MAX_RUNS = 20;

export const MEASUREMENT_FILE = 'measurement.json';
export const REPORT_FILE = 'report.json';

/**
 * The measurement that the newest successful run on a branch has left as an artifact. One whose verdict is a fail is no
 * baseline, also where `fail-on: never` let the run succeed. One that is inconclusive counts only where somebody started the
 * run by hand: a checkpoint that nothing could be said of must not become the measure of the next by itself.
 * @param name of the artifact
 * @throws UserError where GitHub does not say: judging by nothing would be a guess
 */
export async function artifactBaseline(
  octokit: Octokit,
  artifacts: Artifacts,
  at: Repository,
  { name, branch }: { name: string; branch: string },
): Promise<ResolvedBaseline> {
  const called = `artifact ${name} of branch ${branch}`;
  let seen = 0;
  try {
    for await (const found of artifactsOf(octokit, at, { name, branch, conclusions: ['success'] })) {
      const measurement = approvedIn(await artifacts.read(found.id, found), found, called);
      if (measurement !== null) {
        const note = `baseline: ${called}, of run ${found.runId} at commit ${short(found.commit)}`;
        return { kind: 'measurement', measurement, commit: found.commit, name: called, note };
      }
      seen += 1;
      // There may be an older one, and to go on without it would only warn.
      if (seen === MAX_RUNS) throw new Error(`none of the last ${MAX_RUNS} runs has left one that counts`);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw trouble(error, called);
  }
  return { kind: 'missing', name: called, note: `no successful run has left the ${called}` };
}

/** Null for what is no baseline: also what another version has left, which must not stand in the way till it is dropped. */
function approvedIn(
  files: ReadonlyMap<string, string>,
  { wasDispatched }: FoundArtifact,
  called: string,
): Measurement | null {
  try {
    const { verdict } = parseReport(files.get(REPORT_FILE) ?? '', called);
    if (verdict === 'fail' || (verdict === 'inconclusive' && !wasDispatched)) return null;
    return parseMeasurement(files.get(MEASUREMENT_FILE) ?? '', called);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

function trouble(error: unknown, called: string): UserError {
  const said = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 200);
  return new UserError(
    `the baseline, ${called}, could not be read (${statusOf(error) ?? 'no answer'}: ${said})`,
    'give the job `permissions: actions: read`, or run again when GitHub answers',
  );
}
