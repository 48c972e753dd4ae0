import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeStickyComment } from '../../../src/github/publish/comment.ts';
import { commentMarker } from '../../../src/report/markdown/comment.ts';
import { type ReportRun, runMarker } from '../../../src/report/markdown/origin.ts';
import { FakeGithub, type TokenKind } from '../fake-github.ts';
import { fastClient } from '../fast-client.ts';

const pullRequest = { owner: 'o', repo: 'r', number: 7 };
let github: FakeGithub;

beforeEach(async () => {
  github = await new FakeGithub().start();
});
afterEach(async () => {
  await github.stop();
  expect(github.invalid).toEqual([]);
});

async function withToken(kind: TokenKind): Promise<void> {
  await github.stop();
  github = await new FakeGithub(kind).start();
}

function post(text: string, key = 'default') {
  const marker = commentMarker(key);
  return writeStickyComment(fastClient(github), pullRequest, {
    marker,
    bodyAt: () => `${marker}\n${text}`,
    run: null,
    readHead: async () => null,
  });
}

const marker = commentMarker();
const OLD = 'a'.repeat(40);
const HEAD = 'b'.repeat(40);
const textOf = (text: string, run: ReportRun) => `${marker}\n${runMarker(run)}\n${text}`;

/** A comment of a run about a commit. */
function postOf(run: ReportRun, head: string | null, text = `run ${run.id}.${run.attempt}`) {
  return write(run, text, async () => head);
}

function write(run: ReportRun, text: string, readHead: () => Promise<string | null>) {
  const bodyAt = (head: string | null) => `${textOf(text, run)}${head === run.commit ? '' : ' (moved on)'}`;
  return writeStickyComment(fastClient(github), pullRequest, { marker, bodyAt, run, readHead });
}

const bodiesWith = (key: string): string[] =>
  github.comments.map(({ body }) => body).filter((body) => body.startsWith(commentMarker(key)));

function chatter(count: number): void {
  for (let i = 0; i < count; i++) github.addComment(`remark ${i}`, 'somebody');
}

it('the first run writes a comment, and only lists comments before and after', async () => {
  expect(await post('one')).toEqual({ url: github.comments[0]?.html_url });
  const list = 'GET /repos/o/r/issues/7/comments';
  expect(github.requests).toEqual([list, 'POST /repos/o/r/issues/7/comments', list]);
});

for (const kind of ['actions', 'app', 'person'] as const) {
  it(`the comment is updated in place among pages of others (token: ${kind})`, async () => {
    await withToken(kind);
    chatter(130);
    const first = await post('one');
    chatter(120);
    expect(await post('two')).toEqual(first);
    expect(bodiesWith('default')).toEqual([`${commentMarker('default')}\ntwo`]);
  });
}

it('each key has its own comment', async () => {
  await post('a', 'llama');
  await post('b', 'mistral');
  await post('c', 'llama');
  expect(bodiesWith('llama')).toEqual([`${commentMarker('llama')}\nc`]);
  expect(bodiesWith('mistral')).toEqual([`${commentMarker('mistral')}\nb`]);
});

it.each([true, false])(
  "a person's comment that begins with the marker is left alone (GraphQL: %s)",
  async (graphql) => {
    github.hasGraphql = graphql;
    const body = `${commentMarker('default')}\nmine`;
    const { id } = github.addComment(body, 'somebody');
    await post('one');
    await post('two');
    expect(github.comments.map((comment) => comment.body)).toEqual([body, `${commentMarker('default')}\ntwo`]);
    expect(github.requests).not.toContain(`PATCH /repos/o/r/issues/comments/${id}`);
  },
);

it('a comment that quotes the marker further down is left alone', async () => {
  const body = `look:\n${commentMarker('default')}`;
  github.addComment(body, 'github-actions[bot]', 'Bot');
  await post('one');
  expect(github.comments).toHaveLength(2);
  expect(github.comments[0]?.body).toBe(body);
});

it("another app's comment is left alone if GitHub says who wrote ours", async () => {
  const { id } = github.addComment(`${commentMarker('default')}\nx`, 'gate-app[bot]', 'Bot');
  await post('one');
  expect(github.comments).toHaveLength(2);
  expect(github.writes).not.toContain(`PATCH /repos/o/r/issues/comments/${id}`);
});

for (const kind of ['actions', 'app'] as const) {
  it(`on a server without GraphQL there is still only one comment (token: ${kind})`, async () => {
    await withToken(kind);
    github.hasGraphql = false;
    await post('one');
    await post('two');
    expect(bodiesWith('default')).toEqual([`${commentMarker('default')}\ntwo`]);
  });
}

it('if the author is unknown, the comment of github-actions comes before the comment of another app', async () => {
  github.hasGraphql = false;
  github.addComment(`${commentMarker('default')}\nx`, 'gate-app[bot]', 'Bot');
  const ours = github.addComment(`${commentMarker('default')}\ny`, 'github-actions[bot]', 'Bot');
  expect(await post('one')).toEqual({ url: ours.html_url });
});

it.each([403, 404])('an update that is refused with %i leads to a new comment', async (status) => {
  const old = github.addComment(`${commentMarker('default')}\nx`, 'github-actions[bot]', 'Bot');
  github.faults.push({ request: new RegExp(`PATCH .*/${old.id}$`), status });
  expect(await post('one')).toEqual({ url: github.comments[1]?.html_url });
});

it('an update that hits a rate limit leads to no second comment', async () => {
  await post('one');
  github.faults.push({ request: /^PATCH/, status: 403, headers: { 'retry-after': '3600' } });
  expect(await post('two')).toEqual({ warning: expect.stringContaining('rate limit') });
  expect(github.comments).toHaveLength(1);
});

const INTEGRATION = 'Resource not accessible by integration';
it.each([
  [401, {}, 'Bad credentials', /token.*github-token/],
  [403, {}, INTEGRATION, /pull-requests: write.*fork/],
  [403, { 'x-ratelimit-remaining': '0' }, 'API rate limit exceeded', /rate limit/],
  [403, { 'retry-after': '60' }, 'You have exceeded a secondary rate limit', /rate limit/],
  [404, {}, 'Not Found', /pull-requests: write/],
  [422, {}, 'Validation Failed', /rejected the request/],
  [429, {}, 'Too many requests', /rate limit/],
  [500, {}, 'Server Error', /internal error/],
  [503, {}, '<html>\nUnicorn\n</html>', /internal error/],
])('a %i on writing becomes one line that names the cause', async (status, headers, message, cause) => {
  github.faults.push({ request: /^POST .*comments/, status, headers, message });
  const result = await post('one');
  expect(result).toEqual({ warning: expect.stringMatching(cause) });
  expect(result).toEqual({ warning: expect.stringMatching(/^[^\n]*o\/r#7[^\n]*$/) });
  expect(result).toEqual({ warning: expect.stringContaining(`(${status}: `) });
});

it('a closed connection becomes a warning, on reading and on writing', async () => {
  github.faults.push({ request: /^POST .*comments/, status: 'reset' });
  expect(await post('one')).toEqual({ warning: expect.stringContaining('could not be reached') });
  github.faults.push({ request: /^GET .*comments/, status: 'reset' });
  expect(await post('one')).toEqual({ warning: expect.stringContaining('could not be reached') });
});

it.each(['GET /user', 'POST /graphql'])('a failure of %s leads to no second comment', async (request) => {
  await post('one');
  github.faults.push({ request: new RegExp(request), status: 502 });
  expect(await post('two')).toEqual({ warning: expect.stringContaining('502') });
  expect(github.comments).toHaveLength(1);
});

it('a comment that is too long for GitHub is a warning', async () => {
  expect(await post('x'.repeat(65_536))).toEqual({ warning: expect.stringContaining('422') });
});

const duplicate = (text: string, login = 'github-actions[bot]', type: 'Bot' | 'User' = 'Bot') =>
  github.addComment(`${commentMarker('default')}\n${text}`, login, type);
const stored = () => github.comments.map(({ id, user }) => [id, user.login]);

it('of duplicates, only the oldest stays; comments of others stay too', async () => {
  duplicate('of a person', 'somebody', 'User');
  const oldest = duplicate('one');
  chatter(120);
  duplicate('two');
  const other = duplicate('of another app', 'gate-app[bot]');
  duplicate('three');
  expect(await post('four')).toEqual({ url: oldest.html_url });
  const marked = github.comments.filter(({ body }) => body.startsWith(commentMarker('default')));
  expect(marked.map(({ id }) => id)).toEqual([1, oldest.id, other.id]);
  expect(marked.map(({ body }) => body.split('\n')[1])).toEqual(['of a person', 'four', 'of another app']);
  expect(github.comments).toHaveLength(123);
});

it('if the author is unknown, only duplicates with the login of the updated comment are deleted', async () => {
  github.hasGraphql = false;
  duplicate('x', 'gate-app[bot]');
  duplicate('y');
  duplicate('z');
  duplicate('x', 'gate-app[bot]');
  await post('one');
  expect(stored()).toEqual([
    [1, 'gate-app[bot]'],
    [2, 'github-actions[bot]'],
    [4, 'gate-app[bot]'],
  ]);
});

it.each([403, 404, 500, 'reset'] as const)('a deletion that fails with %s is ignored', async (status) => {
  const oldest = duplicate('one');
  duplicate('two');
  github.faults.push({ request: /^DELETE/, status });
  expect(await post('three')).toEqual({ url: oldest.html_url });
  expect(github.comments[0]?.body).toContain('three');
});

it('if the oldest comment may not be updated, it stays, and the next one is updated', async () => {
  duplicate('one');
  const next = duplicate('two');
  duplicate('three');
  github.faults.push({ request: /^PATCH .*\/1$/, status: 403 });
  expect(await post('four')).toEqual({ url: next.html_url });
  expect(stored().map(([id]) => id)).toEqual([1, 2]);
});

it('runs at the same time leave one comment, and all report its address', async () => {
  const results = await Promise.all(['a', 'b', 'c', 'd'].map((text) => post(text)));
  expect(github.comments).toHaveLength(1);
  expect(new Set(results.map((result) => JSON.stringify(result)))).toEqual(
    new Set([JSON.stringify({ url: github.comments[0]?.html_url })]),
  );
});

it('a failed search for duplicates of a new comment is ignored', async () => {
  github.faults.push({ request: /^POST .*comments/, status: 'lost', times: 1 });
  github.faults.push({ request: /^GET .*comments/, status: 500, after: 1, times: 3 });
  expect(await post('one')).toEqual({ url: github.comments[1]?.html_url });
  // The next run removes the duplicate.
  expect(await post('two')).toEqual({ url: github.comments[0]?.html_url });
  expect(github.comments).toHaveLength(1);
});

const run = (id: number, commit: string | null = HEAD, attempt = 1): ReportRun => ({ id, attempt, commit });

it.each([
  ['an earlier run of the same commit', run(12), run(11), HEAD],
  ['an earlier attempt', run(11, HEAD, 3), run(11, HEAD, 2), HEAD],
  ['a later run of a commit that the pull request has left', run(11), run(12, OLD), HEAD],
  ['an earlier run, if the head is not known', run(12, OLD), run(11), null],
  ['a run of a commit that its event does not name', run(11), run(12, null), HEAD],
])('%s does not overwrite the comment of a newer one, and says so', async (_, first, second, head) => {
  const { url } = (await postOf(first, head)) as { url: string };
  expect(await postOf(second, head)).toEqual({
    none: expect.stringMatching(new RegExp(`^the comment on o/r#7 is of a newer run .*stays as it is: ${url}$`)),
  });
  expect(github.comments.map(({ body }) => body)).toEqual([
    expect.stringContaining(textOf(`run ${first.id}.${first.attempt}`, first)),
  ]);
});

it.each([
  ['a later run', run(11), run(12), HEAD],
  ['a later attempt', run(11, HEAD, 2), run(11, HEAD, 3), HEAD],
  ['another job of the same attempt', run(11), run(11), HEAD],
  ['an earlier run of the commit that the pull request is at again', run(12, OLD), run(11), HEAD],
  ['a later run, if the head is not known', run(11, OLD), run(12), null],
])('%s updates the comment', async (_, first, second, head) => {
  const before = await postOf(first, head);
  expect(await postOf(second, head, 'after')).toEqual(before);
  expect(github.comments.map(({ body }) => body)).toEqual([expect.stringContaining(textOf('after', second))]);
});

it('the comment of a version that named no run is found and updated, also if a browser has changed its line breaks', async () => {
  const old = github.addComment(`${marker}\r\n## fail`, 'github-actions[bot]', 'Bot');
  expect(await postOf(run(11), HEAD)).toEqual({ url: old.html_url });
  old.body = textOf('edited', run(13)).replaceAll('\n', '\r\n');
  expect(await postOf(run(12), HEAD)).toEqual({ none: expect.stringContaining('run (13, attempt 1)') });
});

it("a person cannot keep the comment as it is by writing a newer run into one's own", async () => {
  github.addComment(textOf('pass', run(999_999)), 'somebody');
  await postOf(run(11), HEAD);
  await postOf(run(12), HEAD, 'after');
  expect(github.comments.map(({ body }) => body).slice(1)).toEqual([textOf('after', run(12))]);
});

it('runs at the same time leave one comment; the newest can take it, and no other takes it back', async () => {
  await Promise.all([14, 11, 13, 12].map((id) => postOf(run(id), HEAD)));
  expect(github.comments).toHaveLength(1);
  await postOf(run(14), HEAD);
  expect(await postOf(run(13), HEAD)).toHaveProperty('none');
  expect(github.comments.map(({ body }) => body)).toEqual([textOf('run 14.1', run(14))]);
});

it('the head is read again before the comment of a later run is replaced: the pull request may have moved on', async () => {
  await postOf(run(12), HEAD);
  // The earlier run, of the commit before, has read the head before the push.
  const heads = [OLD, HEAD];
  const late = await write(run(11, OLD), 'stale', async () => heads.shift() ?? null);
  expect(late).toEqual({ none: expect.stringContaining('run (12, attempt 1)') });
  expect(heads).toEqual([]);
  expect(github.comments.map(({ body }) => body)).toEqual([textOf('run 12.1', run(12))]);
  // What is written is written at the head that was read last.
  const back = [null, OLD];
  expect(await write(run(11, OLD), 'at it again', async () => back.shift() ?? null)).toHaveProperty('none');
  expect(await write(run(11, OLD), 'at it again', async () => OLD)).toHaveProperty('url');
  expect(github.comments.map(({ body }) => body)).toEqual([textOf('at it again', run(11, OLD))]);
});

describe('a marker of a run that has not begun is not one of the gate', () => {
  const begun = (id: number, run_attempt = 1) =>
    github.runs.push({ id, run_attempt, event: 'pull_request', conclusion: null, head_branch: 'tune' });
  const forge = (theirs: ReportRun) => github.addComment(textOf('## pass', theirs), 'github-actions[bot]', 'Bot');

  it.each([
    ['a number from the future', run(999_999_999)],
    ['an attempt from the future', run(11, HEAD, 9)],
    ['a run of another repository', run(13)],
  ])('%s does not keep out what comes later', async (_, theirs) => {
    begun(11);
    const { html_url } = forge(theirs);
    expect(await postOf(run(11), HEAD)).toEqual({ url: html_url });
    expect(github.comments.map(({ body }) => body)).toEqual([textOf('run 11.1', run(11))]);
  });

  it('one that has begun stays, and so does one of which GitHub does not say it', async () => {
    begun(11);
    begun(12, 3);
    const comment = forge(run(12, HEAD, 3));
    expect(await postOf(run(11), HEAD)).toHaveProperty('none');
    comment.body = textOf('## pass', run(13));
    github.faults.push({ request: /actions\/runs/, status: 403 });
    expect(await postOf(run(11), HEAD)).toHaveProperty('none');
    github.faults.splice(0);
    // A token that sees no runs at all.
    github.runs.splice(0);
    expect(await postOf(run(11), HEAD)).toHaveProperty('none');
  });
});
