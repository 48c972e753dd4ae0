import { expect, it } from 'vitest';
import { commentMarker } from '../../src/report/markdown/comment.ts';
import type { Fault } from '../github/fake-github.ts';
import { sizeOfLargeReport } from './large-report.ts';
import { FAIL, levels, PASS, useRig, WARN } from './rig.ts';
import { BASE_SHA, HEAD_SHA, PULL_REQUEST, PUSH } from './run-action.ts';

const rig = useRig({ hasServices: false });

/** Temporary failures. `lost`: the request was carried out, and its answer was lost. */
const PASSING: ReadonlyArray<Omit<Fault, 'request' | 'times'>> = [
  { status: 500 },
  { status: 502 },
  { status: 429, headers: { 'retry-after': '1' } },
  {
    status: 403,
    message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    headers: { 'retry-after': '1' },
  },
  { status: 'reset' },
  { status: 'lost' },
  { status: 'torn' },
];

it.each(PASSING)(
  '%j once while the comment is written or updated leaves one comment, and no annotation',
  async (fault) => {
    rig.github.faults.push({ request: /^POST .*\/comments$/, times: 1, ...fault });
    rig.github.faults.push({ request: /^PATCH .*\/comments\//, times: 1, ...fault });
    const first = await rig.gate(PASS);
    expect(levels(first), first.log).toEqual(['notice']);
    expect(rig.github.comments).toHaveLength(1);
    const second = await rig.gate(FAIL);
    expect(levels(second), second.log).toEqual(['error']);
    expect(second.outputs).toMatchObject({ verdict: 'fail', comment: rig.github.comments[0]?.html_url });
    expect(rig.github.comments).toHaveLength(1);
    expect(rig.github.comments[0]?.body).toContain('1 NaN');
    expect(rig.github.faults).toEqual([]);
  },
);

it('with the token of a fork there are verdict, outputs and summary, and one warning', async () => {
  rig.github.canWrite = false;
  const outcome = await rig.gate(FAIL);
  expect(outcome.code).toBe(1);
  expect(outcome.outputs).toMatchObject({ verdict: 'fail', comment: '' });
  expect(outcome.summary).toContain('1 NaN');
  expect(levels(outcome)).toEqual(['error', 'warning']);
});

it('a report of over 1 MB becomes a comment and a summary that GitHub accepts, and one annotation', async () => {
  expect(await sizeOfLargeReport(rig, 300)).toBeGreaterThan(1_000_000);
});

it('the comment is found among 250 others and updated, not doubled', async () => {
  for (let i = 0; i < 120; i++) rig.github.addComment(`remark ${i}`, 'somebody');
  const first = await rig.gate(WARN);
  for (let i = 0; i < 130; i++) rig.github.addComment(`remark ${i}`, 'somebody');
  const second = await rig.gate(FAIL);
  expect(second.outputs).toMatchObject({ verdict: 'fail', comment: first.outputs.comment });
  expect(rig.github.comments).toHaveLength(251);
  expect(rig.github.comments[120]?.body).toMatch(/fail/i);
  expect(rig.github.comments[120]?.body).not.toMatch(/baseline.*missing/i);
});

it("other people's comments are left alone, even with the marker", async () => {
  const body = `${commentMarker('default')}\nmine`;
  rig.github.addComment(body, 'somebody');
  await rig.gate(WARN);
  await rig.gate(PASS);
  expect(rig.github.comments).toHaveLength(2);
  expect(rig.github.comments[0]?.body).toBe(body);
});

it('two keys have two comments and two folders for results', async () => {
  const a = await rig.gate({ ...WARN, key: 'llama' });
  const b = await rig.gate({ ...WARN, key: 'mistral 7b' });
  expect(rig.github.comments.map(({ body }) => body.split('\n')[0])).toEqual([
    commentMarker('llama'),
    commentMarker('mistral 7b'),
  ]);
  expect(a.outputs.report).not.toBe(b.outputs.report);
});

it('there is no comment without a pull request, or if comments are off', async () => {
  const push = await rig.gate(WARN, { event: PUSH });
  const off = await rig.gate({ ...WARN, comment: 'off' });
  for (const outcome of [push, off]) {
    expect(outcome.code, outcome.log).toBe(0);
    expect(outcome.outputs).toMatchObject({ verdict: 'warn', comment: '' });
    expect(levels(outcome)).toEqual(['warning']);
  }
  expect(rig.github.writes).toEqual([]);
});

it('with comment: changes a pass is told only to who was told otherwise', async () => {
  const changes = { comment: 'changes' };
  const quiet = await rig.gate({ ...PASS, ...changes });
  expect(quiet.outputs, quiet.log).toMatchObject({ verdict: 'pass', comment: '' });
  expect(quiet.log).toContain('Comment: none, since the verdict is pass, and no comment of this check says otherwise');
  expect(levels(quiet)).toEqual(['notice']);
  expect(rig.github.comments).toEqual([]);
  const red = await rig.gate({ ...FAIL, ...changes });
  expect(red.outputs.comment, red.log).toBe(rig.github.comments[0]?.html_url);
  expect(rig.github.comments[0]?.body).toContain('1 NaN');
  const fixed = await rig.gate({ ...PASS, ...changes });
  expect(fixed.outputs.comment, fixed.log).toBe(red.outputs.comment);
  expect(rig.github.comments.map(({ body }) => body)).toEqual([expect.not.stringContaining('1 NaN')]);
});

it('with comment: changes a warning is told', async () => {
  const outcome = await rig.gate({ ...WARN, comment: 'changes' });
  expect(outcome.outputs, outcome.log).toMatchObject({ verdict: 'warn' });
  expect(rig.github.comments).toHaveLength(1);
});

/** A pull request whose head is a commit, when the run started. */
const at = (sha: string) => ({
  ...PULL_REQUEST,
  payload: { ...PULL_REQUEST.payload, pull_request: { ...PULL_REQUEST.payload.pull_request, head: { sha } } },
});

it('the comment names the commit and the run that it is about', async () => {
  rig.github.pulls.push({ number: 7, head: { sha: HEAD_SHA, label: 'stranger:tune' } });
  await rig.gate(FAIL, { event: at(HEAD_SHA), runId: 12, environment: { GITHUB_RUN_ATTEMPT: '2' } });
  const [comment] = rig.github.comments;
  expect(comment?.body).toContain(
    `[run 12, attempt 2](https://github.com/o/r/actions/runs/12/attempts/2) · commit [<code>aaaaaaa</code>](https://github.com/o/r/commit/${HEAD_SHA})`,
  );
  expect(comment?.body).not.toMatch(/moved on|own run/);
});

it('a slow run of an older commit neither overwrites the result of the newer one nor passes for it', async () => {
  const pull = { number: 7, head: { sha: BASE_SHA, label: 'stranger:tune' } };
  rig.github.pulls.push(pull);
  const slow = { event: at(HEAD_SHA), runId: 11 };
  const early = await rig.gate(PASS, slow);
  expect(early.outputs.comment, early.log).toBe(rig.github.comments[0]?.html_url);
  expect(rig.github.comments[0]?.body).toContain(
    `The pull request has moved on to commit [<code>bbbbbbb</code>](https://github.com/o/r/commit/${BASE_SHA})`,
  );
  await rig.gate(FAIL, { event: at(BASE_SHA), runId: 12 });
  expect(rig.github.comments[0]?.body).toContain('1 NaN');
  const late = await rig.gate(PASS, slow);
  expect(late.outputs, late.log).toMatchObject({ verdict: 'pass', comment: '' });
  expect(late.log).toMatch(
    /Comment: none, since the comment on o\/r#7 is of a newer run \(12, attempt 1\) and stays as it is/,
  );
  expect(levels(late)).toEqual(['notice']);
  expect(rig.github.comments.map(({ body }) => body)).toEqual([expect.stringContaining('1 NaN')]);
});

it('if GitHub does not say where the pull request is, the run in the comment decides', async () => {
  rig.github.faults.push({ request: /^GET .*\/pulls\/7$/, status: 500 });
  await rig.gate(FAIL, { event: at(HEAD_SHA), runId: 12 });
  const late = await rig.gate(PASS, { event: at(HEAD_SHA), runId: 11 });
  expect(late.code, late.log).toBe(0);
  expect(rig.github.comments.map(({ body }) => body)).toEqual([expect.stringContaining('1 NaN')]);
});
