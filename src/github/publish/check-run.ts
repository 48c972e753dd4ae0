import type { Report } from '../../compare/report.ts';
import { printable } from '../../report/escape.ts';
import type { CheckRunText } from '../../report/markdown/check-run.ts';
import { describeWriteFailure, isRateLimit, statusOf } from '../client/errors.ts';
import type { Commit, Octokit } from '../client/types.ts';
import { type FailOn, isFailure } from './annotation.ts';

/** The address of the check run, one line that says why there is none, or that its permission was not given. */
export type CheckRunResult = { readonly url: string } | { readonly warning: string } | { readonly outdated: string };

export type Conclusion = 'success' | 'failure' | 'neutral';

/**
 * What a check run says of a verdict: that of the step where it passes or fails it, and `neutral` where the verdict warns without
 * failing it, as in advisory mode.
 */
export function conclusionOf(verdict: Report['verdict'], failOn: FailOn): Conclusion {
  if (isFailure(verdict, failOn)) return 'failure';
  return verdict === 'pass' ? 'success' : 'neutral';
}

export interface CheckRun extends CheckRunText {
  readonly name: string;
  readonly conclusion: Conclusion;
  /** The commit that was checked: the head of a pull request, not its merge commit. */
  readonly commit: Commit;
  /** Address of the workflow run. */
  readonly run: string;
  /** The file that findings stand at which are about none. */
  readonly anchor: string;
}

const PERMISSION = 'checks: write';
const NAME_LENGTH = 100;

/**
 * Write a check run with the details of a verdict. GitHub shows the newest of a name, so that a later run of a commit replaces this
 * one. Never throws: a check run is worth less than the verdict. A token that may not write one is no error: most jobs do not
 * need it.
 */
export async function writeCheckRun(octokit: Octokit, run: CheckRun): Promise<CheckRunResult> {
  const { commit, title, summary, annotations, conclusion, anchor } = run;
  try {
    const { data } = await octokit.rest.checks.create({
      ...{ owner: commit.owner, repo: commit.repo, head_sha: commit.sha },
      ...{ name: printable(run.name, NAME_LENGTH), status: 'completed', conclusion, details_url: run.run },
      output: {
        title,
        summary,
        annotations: annotations.map((annotation) => ({
          ...{ path: pathOf(annotation.path, anchor), start_line: 1, end_line: 1 },
          ...{ annotation_level: annotation.level, title: annotation.title, message: annotation.message },
        })),
      },
    });
    return { url: data.html_url ?? run.run };
  } catch (error) {
    const missing = `no check run on ${commit.owner}/${commit.repo}`;
    const isForbidden = !isRateLimit(error) && (statusOf(error) === 403 || statusOf(error) === 404);
    if (isForbidden) return { outdated: `the job has no \`permissions: ${PERMISSION}\`` };
    return { warning: describeWriteFailure(error, { missing, permissions: PERMISSION }) };
  }
}

/** Paths come from a report, which a stranger may have written: only a plain one is used. */
function pathOf(path: string | null, anchor: string): string {
  const isPlain = (text: string) => /^[\w.-]+(?:\/[\w.-]+)*$/.test(text) && !/(?:^|\/)\.\.?(?:\/|$)/.test(text);
  return path !== null && path.length <= 200 && isPlain(path) ? path : anchor;
}
