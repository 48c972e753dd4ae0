import { parseBaseline, parseReport } from '../gate/baseline.ts';
import { UserError } from '../user-error.ts';
import type { ExplainedBaseline } from './approved-baseline.ts';
import { type Artifacts, artifactsOf } from './artifacts.ts';
import type { Octokit } from './author.ts';
import { statusOf } from './comment-trouble.ts';
import { short } from './content-at.ts';
import type { Repository } from './regression-issue.ts';

/** Runs that are looked at: where so many in a row have failed, there is no approved checkpoint to speak of. */
const MAX_RUNS = 20;

export const MEASUREMENT_FILE = 'measurement.json';
export const REPORT_FILE = 'report.json';

/**
 * The measurement that the newest successful run on a branch has left as an artifact. One whose verdict is a fail is no
 * baseline, also where `fail-on: never` let the run succeed.
 * @param name of the artifact
 * @throws UserError where GitHub does not say: judging by nothing would be a guess
 */
export async function artifactBaseline(
  octokit: Octokit,
  artifacts: Artifacts,
  at: Repository,
  { name, branch }: { name: string; branch: string },
): Promise<ExplainedBaseline> {
  const called = `artifact ${name} of branch ${branch}`;
  let seen = 0;
  try {
    for await (const found of artifactsOf(octokit, at, { name, branch, conclusions: ['success'] })) {
      const files = await artifacts.read(found.id, found);
      const measurement = files.get(MEASUREMENT_FILE);
      const report = files.get(REPORT_FILE);
      if (measurement !== undefined && report !== undefined && parseReport(report, called).verdict !== 'fail') {
        const note = `baseline: ${called}, of run ${found.runId} at commit ${short(found.commit)}`;
        return { source: parseBaseline(measurement, called, found.commit), name: called, note };
      }
      seen += 1;
      if (seen === MAX_RUNS) break;
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw trouble(error, called);
  }
  return { source: { kind: 'missing' }, name: called, note: `no successful run has left the ${called}` };
}

function trouble(error: unknown, called: string): UserError {
  const said = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 200);
  return new UserError(
    `the baseline, ${called}, could not be read (${statusOf(error) ?? 'no answer'}: ${said})`,
    'give the job `permissions: actions: read`, or run again when GitHub answers',
  );
}
