import { given } from '@shadow-gate/platform';
import type { Report } from '../../compare/report.ts';
import { printable } from '../../report/escape.ts';
import type { CheckRunText } from '../../report/markdown/index.ts';
import { describeWriteFailure, isRateLimit, requestErrorStatus } from '../client/errors.ts';
import type { Commit, Octokit } from '../client/types.ts';
import { type FailOn, isFailure } from './annotation.ts';

/** The address of the check run, why there is none, or that the job may not write one. */
type CheckRunResult = { readonly url: string } | { readonly warning: string } | { readonly none: string };

type Conclusion = 'success' | 'failure' | 'neutral';

/** Like the step if it passes or fails; `neutral` for a verdict that warns without failing it, as in advisory mode. */
export function checkRunConclusion(verdict: Report['verdict'], failOn: FailOn): Conclusion {
  if (isFailure(verdict, failOn)) return 'failure';
  return verdict === 'pass' ? 'success' : 'neutral';
}

export interface CheckRunPlace {
  readonly name: string;
  /** The checked commit: the head of a pull request, not its merge commit. */
  readonly commit: Commit;
  readonly run: string;
}

export interface CheckRun extends CheckRunText, CheckRunPlace {
  readonly conclusion: Conclusion;
  /** The file that shows findings that are about no file. */
  readonly anchor: string;
  /** Id of an open check run; null: a new one. */
  readonly id?: number | null;
  readonly digest?: string | undefined;
}

const PERMISSION = 'checks: write';
const NAME_LENGTH = 100;

export type OpenedCheckRun = { readonly id: number } | Exclude<CheckRunResult, { readonly url: string }>;

/** GitHub shows the newest of a name, so that an earlier success no longer counts, whatever follows. Never throws. */
export async function openCheckRun(octokit: Octokit, place: CheckRunPlace): Promise<OpenedCheckRun> {
  try {
    const { data } = await octokit.rest.checks.create({ ...requestOf(place), status: 'in_progress' });
    return { id: data.id };
  } catch (error) {
    return failed(error, place);
  }
}

/**
 * Write a check run, or finish an open one. Never throws: a check run is worth less than the verdict. A token that may
 * not write one is not an error: most jobs do not need it.
 */
export async function writeCheckRun(octokit: Octokit, run: CheckRun): Promise<CheckRunResult> {
  const { title, summary, annotations, conclusion, anchor, id = null, digest } = run;
  const { head_sha, ...request } = requestOf(run);
  const finished = {
    ...({ ...request, status: 'completed', conclusion } as const),
    ...given({ external_id: digest }),
    output: {
      title,
      summary,
      annotations: annotations.map(({ path, level, ...text }) => {
        return { ...text, path: pathOf(path, anchor), annotation_level: level, start_line: 1, end_line: 1 };
      }),
    },
  };
  const { checks } = octokit.rest;
  try {
    const { data } =
      id === null
        ? await checks.create({ ...finished, head_sha })
        : await checks.update({ ...finished, check_run_id: id });
    return { url: data.html_url ?? run.run };
  } catch (error) {
    return failed(error, run);
  }
}

const requestOf = ({ name, commit: { owner, repo, sha }, run }: CheckRunPlace) => ({
  owner,
  repo,
  head_sha: sha,
  name: checkRunName(name),
  details_url: run,
});

export const checkRunName = (name: string): string => printable(name, NAME_LENGTH);

function failed(error: unknown, { commit: { owner, repo } }: CheckRunPlace) {
  const isForbidden = !isRateLimit(error) && (requestErrorStatus(error) === 403 || requestErrorStatus(error) === 404);
  if (isForbidden) return { none: `the job has no \`permissions: ${PERMISSION}\`` };
  const missing = `no check run on ${owner}/${repo}`;
  return { warning: describeWriteFailure(error, { missing, permissions: PERMISSION }) };
}

/** A stranger may have written the report with the path: only a plain one is used. */
function pathOf(path: string | null, anchor: string): string {
  const isPlain = (text: string) => /^[\w.-]+(?:\/[\w.-]+)*$/.test(text) && !/(?:^|\/)\.\.?(?:\/|$)/.test(text);
  return path !== null && path.length <= 200 && isPlain(path) ? path : anchor;
}
