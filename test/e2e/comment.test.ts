import { expect, it } from 'vitest';
import { commentMarker } from '../../src/report/markdown/comment.ts';
import type { Fault } from '../github/fake-github.ts';
import { sizeOfLargeReport } from './large-report.ts';
import { FAIL, levels, PASS, useRig, WARN } from './rig.ts';
import { PUSH } from './run-action.ts';

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
