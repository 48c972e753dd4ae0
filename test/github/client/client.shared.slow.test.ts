import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClientOptions } from '../../../src/github/client/client.ts';
import { writeStickyComment } from '../../../src/github/publish/comment.ts';
import { commentMarker } from '../../../src/report/markdown/comment.ts';
import { FakeGithub, type Fault } from '../fake-github.ts';
import { fastClient } from '../fast-client.ts';

const LIST = 'GET /repos/o/r/issues/7/comments';
const CREATE = 'POST /repos/o/r/issues/7/comments';
const pullRequest = { owner: 'o', repo: 'r', number: 7 };
const marker = commentMarker('default');
let github: FakeGithub;

beforeEach(async () => {
  github = await new FakeGithub().start();
});
afterEach(async () => {
  await github.stop();
  expect(github.invalid).toEqual([]);
});

const post = (text: string, options: ClientOptions = {}) =>
  writeStickyComment(fastClient(github, options), pullRequest, {
    marker,
    bodyAt: () => `${marker}\n${text}`,
    run: null,
    readHead: async () => null,
  });
const creations = () => github.requests.filter((request) => request === CREATE).length;

const SECONDARY = 'You have exceeded a secondary rate limit';
const PASSING: readonly Omit<Fault, 'request'>[] = [
  { status: 500, times: 1 },
  { status: 502, times: 2 },
  { status: 'reset', times: 2 },
  { status: 'torn', times: 1 },
  { status: 429, headers: { 'retry-after': '1' }, times: 1 },
  { status: 403, message: SECONDARY, headers: { 'retry-after': '30' }, times: 2 },
  { status: 429, message: SECONDARY, headers: { 'retry-after': '5' }, times: 1 },
];

describe.each([/^GET .*comments$/, /^POST .*comments$/, /^PATCH/, /^POST .graphql/])('failures of %s', (request) => {
  it.each(PASSING)('a temporary failure is retried: %j', async (fault) => {
    await post('one');
    if (request.test(CREATE)) github.comments.length = 0;
    github.faults.push({ request, ...fault });
    expect(await post('two')).toEqual({ url: github.comments[0]?.html_url });
    expect(github.comments.map(({ body }) => body)).toEqual([`${marker}\ntwo`]);
    const hit = github.requests.filter((line) => request.test(line)).length;
    expect(hit).toBeGreaterThan(fault.times ?? 0);
  });
});

const IN_AN_HOUR = String(Math.floor(Date.now() / 1000) + 3600);
it.each([
  [500, {}, 3, /internal error/],
  ['reset', {}, 3, /could not be reached/],
  ['torn', {}, 3, /could not be reached/],
  [429, { 'retry-after': '1' }, 3, /rate limit/],
  [429, { 'retry-after': '40' }, 2, /rate limit/],
  [429, { 'retry-after': '61' }, 1, /rate limit/],
  [429, {}, 1, /rate limit/],
  [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': IN_AN_HOUR }, 1, /rate limit/],
  [403, {}, 1, /pull-requests: write/],
  [404, {}, 1, /pull-requests: write/],
  [409, {}, 1, /unexpected/],
  [422, {}, 1, /rejected the request/],
] as const)('a permanent %s %j means %i attempts, then a warning', async (status, headers, times, cause) => {
  github.faults.push({ request: /^POST .*comments/, status, headers });
  expect(await post('one')).toEqual({ warning: expect.stringMatching(cause) });
  expect(creations()).toBe(times);
});

it('the client waits at most 60 s for rate limits in total, not for each request', async () => {
  const limit = { status: 403, message: SECONDARY, headers: { 'retry-after': '40' }, times: 1 } as const;
  github.faults.push({ request: /^GET .*comments/, ...limit }, { request: /^POST .*comments/, ...limit });
  expect(await post('one')).toEqual({ warning: expect.stringContaining('rate limit') });
  expect([LIST, LIST, CREATE]).toEqual(github.requests);
});

it.each(['hangs', 'stalls'] as const)('a call that %s times out and is not retried', async (status) => {
  github.faults.push({ request: /^POST .*comments/, status });
  expect(await post('one', { timeout: 200 })).toEqual({ warning: expect.stringContaining('could not be reached') });
  expect(creations()).toBe(1);
});

it('each attempt has its own timeout', async () => {
  github.faults.push({ request: /^POST .*comments/, status: 500, times: 2 });
  expect(await post('one', { timeout: 400, second: 100 })).toEqual({ url: github.comments[0]?.html_url });
});

it.each(['lost', 'torn'] as const)('a comment whose answer was %s is not doubled', async (status) => {
  github.faults.push({ request: /^POST .*comments/, status, times: 1 });
  expect(await post('one')).toEqual({ url: 'https://github.com/o/r/pull/7#issuecomment-1' });
  expect(creations()).toBe(2);
  expect(github.comments.map(({ id, body }) => [id, body])).toEqual([[1, `${marker}\none`]]);
});

it('requests to an Enterprise server go to its own address', async () => {
  const options = { baseUrl: `${github.url}/api/v3` };
  await post('one', options);
  expect(await post('two', options)).toEqual({ url: github.comments[0]?.html_url });
  expect(github.requests).toContain('POST /graphql');
  expect(github.comments.map(({ body }) => body)).toEqual([`${marker}\ntwo`]);
});

it('the log names status, method and path, but neither the token nor the message of GitHub', async () => {
  const lines: string[] = [];
  github.faults.push(
    { request: /^GET .*comments/, status: 502, message: '::error::no', times: 1 },
    { request: /^GET .*comments/, status: 'reset', times: 1 },
    { request: /^POST .*comments/, status: 500, times: 1 },
    { request: /^POST .*comments/, status: 429, headers: { 'retry-after': '7' }, times: 1 },
    { request: /^POST .*comments/, status: 429, headers: { 'retry-after': '3600' }, times: 1 },
  );
  await post('one', { print: (line) => lines.push(line) });
  expect(lines).toEqual([
    expect.stringMatching(/^GitHub: 502 to GET \S*\/comments, attempt 1 of 3$/),
    expect.stringMatching(/^GitHub: no answer to GET \S*\/comments, attempt 2 of 3$/),
    expect.stringMatching(/^GitHub: 500 to POST \S*\/comments, attempt 1 of 3$/),
    'GitHub rate limit: retrying in 7 s',
    'GitHub rate limit: not retrying (resets in 3600 s)',
  ]);
});
