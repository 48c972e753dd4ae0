import { expect, it } from 'vitest';
import { describeGithubError, describeWriteFailure, isRateLimit } from '../../../src/github/client/errors.ts';

/** An error as Octokit throws it, with an answer or without. */
function answered(status: number, message: string, headers: Record<string, string> = {}): Error {
  return Object.assign(new Error(message), { status, response: { headers } });
}
const unanswered = (message: string): Error => Object.assign(new Error(message), { status: 500, response: undefined });

it.each([
  [answered(403, 'Resource not accessible'), '403: Resource not accessible'],
  [answered(503, '<html>\n  Unicorn\n</html>'), '503: <html> Unicorn </html>'],
  [unanswered('connect ECONNREFUSED'), 'no answer: connect ECONNREFUSED'],
  [new Error('none of its entries could be fetched'), 'none of its entries could be fetched'],
  ['thrown text', 'thrown text'],
])('an error of GitHub is one line with its status: %s', (error, line) => {
  expect(describeGithubError(error)).toBe(line);
});

it('a long message is cut off', () => {
  expect(describeGithubError(new Error('x'.repeat(1000)))).toBe('x'.repeat(200));
});

it.each([
  [answered(401, 'Bad credentials'), /: GitHub does not accept the token; check the input github-token \(401: /],
  [
    answered(403, 'Resource not accessible'),
    /: the token lacks permission; add `permissions: issues: write` to the job /,
  ],
  [answered(404, 'Not Found'), /: the token lacks permission; add `permissions: issues: write` to the job /],
  [answered(403, 'API rate limit exceeded'), /: GitHub rate limit \(403: /],
  [answered(409, 'Conflict'), /: unexpected answer \(409: /],
  [answered(410, 'Gone'), /: this repository has no issues \(410: /],
  [answered(422, 'Validation Failed'), /: GitHub rejected the request \(422: /],
  [answered(500, 'Oops'), /: GitHub had an internal error; the next run tries again \(500: /],
  [unanswered('reset'), /: GitHub could not be reached \(no answer: reset\)$/],
])('a failed write names what is missing, the cause, and what would help: %s', (error, line) => {
  const description = describeWriteFailure(error, {
    missing: 'no issue on o/r',
    permissions: 'issues: write',
    ownCause: (status) => (status === 410 ? 'this repository has no issues' : null),
  });
  expect(description).toMatch(/^no issue on o\/r: /);
  expect(description).toMatch(line);
});

it('a rate limit is recognized by its status, its headers or its message', () => {
  expect(isRateLimit(answered(429, 'Too many requests'))).toBe(true);
  expect(isRateLimit(answered(403, '', { 'x-ratelimit-remaining': '0' }))).toBe(true);
  expect(isRateLimit(answered(403, '', { 'retry-after': '60' }))).toBe(true);
  expect(isRateLimit(answered(403, 'You have exceeded a secondary rate limit'))).toBe(true);
  expect(isRateLimit(answered(403, 'Resource not accessible'))).toBe(false);
});
