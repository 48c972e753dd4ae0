import { expect, it } from 'vitest';
import { FAIL, PASS, useRig } from './rig.ts';
import { type Outcome, PULL_REQUEST, PUSH } from './run-action.ts';

const rig = useRig();
const edited = (changes: object) => ({
  ...PULL_REQUEST,
  payload: { ...PULL_REQUEST.payload, action: 'edited', changes },
});
const TITLE = edited({ title: { from: 'An older title' } });

function expectMeasured({ code, log, outputs: { verdict } }: Outcome, expected: 'pass' | 'fail') {
  expect([code, verdict, log.includes('Measuring')], log).toEqual([expected === 'pass' ? 0 : 1, expected, true]);
  const conclusion = expected === 'pass' ? 'success' : 'failure';
  expect(rig.github.checkRuns.at(-1)).toMatchObject({ status: 'completed', conclusion });
}

it('a new title is judged anew, whatever another job wrote about the commit', async () => {
  await rig.gate(FAIL);
  const [judged] = rig.github.checkRuns;
  if (judged === undefined) throw new Error('no check run');
  // Any job with `checks: write` can write this, and in 2099 it is still the newest.
  rig.github.checkRuns.push({
    ...{ ...judged, id: 2, conclusion: 'success', completed_at: '2099-01-01T00:00:00Z' },
    output: { title: 'pass: all is well', summary: 'All is well.', annotations: [] },
  });
  expectMeasured(await rig.gate(FAIL, { event: TITLE }), 'fail');
});

it('a new title does not repeat what the same commit got on another branch, or advisory', async () => {
  // The same key and commit: a push with another checkpoint, another base branch, and a workflow that never fails.
  await rig.gate(PASS, { event: PUSH });
  expectMeasured(await rig.gate(FAIL, { event: TITLE }), 'fail');
  const { pull_request } = PULL_REQUEST.payload;
  const base = { ...pull_request.base, ref: 'release' };
  await rig.gate(PASS, { event: { ...TITLE, payload: { ...TITLE.payload, pull_request: { ...pull_request, base } } } });
  expectMeasured(await rig.gate(FAIL, { event: TITLE }), 'fail');
  await rig.gate({ ...FAIL, 'fail-on': 'never' });
  expectMeasured(await rig.gate(FAIL, { event: TITLE }), 'fail');
});

it('another base branch and a new text are judged anew', async () => {
  const base = { ref: { from: 'old' }, sha: { from: 'a'.repeat(40) } };
  await rig.gate(FAIL);
  for (const changes of [{ base }, { body: { from: null } }]) {
    expectMeasured(await rig.gate(PASS, { event: edited(changes) }), 'pass');
  }
});
