import { stat } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Fault } from '../github/fake-github.ts';
import { type BuiltDist, buildDist } from './built-dist.ts';
import { levels, Rig, WEIGHTS } from './rig.ts';
import { writeTinyCheckpoint } from './tiny-checkpoint.ts';

let dist: BuiltDist;
let rig: Rig;

beforeAll(async () => {
  dist = await buildDist();
});
afterAll(() => dist.remove());
beforeEach(async () => {
  rig = await Rig.open(dist.path);
});
afterEach(async () => {
  expect(rig.github.invalid).toEqual([]);
  await rig.close();
});

const PASS = { ...WEIGHTS, checkpoint: 'model', baseline: 'model' };
const FAIL = { ...WEIGHTS, checkpoint: 'broken', baseline: 'model' };

/** What passes: once, in the middle of writing the comment. `lost`: it was carried out, and the answer got lost. */
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
  '%j once while the comment is written or updated: one comment, and nobody hears of it',
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

it('the token of a fork: the verdict, outputs and summary, and one warning', async () => {
  rig.github.canWrite = false;
  const outcome = await rig.gate(FAIL);
  expect(outcome.code).toBe(1);
  expect(outcome.outputs).toMatchObject({ verdict: 'fail', comment: '' });
  expect(outcome.summary).toContain('1 NaN');
  expect(levels(outcome)).toEqual(['error', 'warning']);
});

it('a report of 5 MB is a comment that GitHub takes, a summary that it shows, and one annotation', async () => {
  await writeTinyCheckpoint(rig.path('large'), {
    layers: 1400,
    edit: (name, values) => {
      if (name.includes('q_proj')) values[7] = Number.NaN;
    },
  });
  const outcome = await rig.gate({ ...WEIGHTS, checkpoint: 'large' });
  expect(outcome.outputs.verdict, outcome.log.slice(0, 10_000)).toBe('fail');
  expect((await stat(outcome.outputs.report ?? '')).size).toBeGreaterThan(5_000_000);
  expect(rig.github.comments[0]?.body.length).toBeGreaterThan(1000);
  expect(Buffer.byteLength(outcome.summary)).toBeLessThan(1024 * 1024);
  expect(levels(outcome)).toEqual(['error']);
});
