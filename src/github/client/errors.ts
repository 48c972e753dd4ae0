import type { PullRequest } from '../event/pull-request.ts';

/** The status of GitHub's answer; null where there was none. */
export function statusOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('status' in error) || !('response' in error)) return null;
  return error.response === undefined ? null : Number(error.status);
}

/** Why there is no comment and what would help, in one line. */
export function commentTrouble(error: unknown, { owner, repo, number }: PullRequest): string {
  const status = statusOf(error);
  const said = oneLine(error instanceof Error ? error.message : String(error));
  const where = `${owner}/${repo}#${number}`;
  const because = (cause: string): string => `no comment on ${where}: ${cause} (${status ?? 'no answer'}: ${said})`;
  if (status === null) return because('GitHub could not be reached');
  if (status === 401) return because('GitHub does not accept the token; see the input github-token');
  if (isRateLimit(error)) return because('rate limit of GitHub');
  if (status === 403) {
    return because(
      'the token may not write it; give the job `permissions: pull-requests: write` (a pull request from a fork cannot have it)',
    );
  }
  if (status === 404) return because('the token cannot see it; it needs `pull-requests: write` on this repository');
  if (status === 422) return because('GitHub refused its text');
  if (status >= 500) return because('GitHub had trouble; the next run will write it');
  return because('unexpected answer');
}

/** GitHub answers 403 for these as well as 429, and says so in a header or in words. */
export function isRateLimit(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== 403) return status === 429;
  const { message, response } = error as Error & { response: { headers: Record<string, string> } };
  return (
    response.headers['x-ratelimit-remaining'] === '0' ||
    'retry-after' in response.headers ||
    /rate limit/i.test(message)
  );
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 200);
}
