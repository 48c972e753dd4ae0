import { expect, it } from 'vitest';
import { annotations, FAIL, PASS, useRig } from './rig.ts';
import { type Outcome, PULL_REQUEST } from './run-action.ts';

const rig = useRig();
const last = () => rig.github.checkRuns.at(-1);
const edited = (changes: object) => ({
  ...PULL_REQUEST,
  payload: { ...PULL_REQUEST.payload, action: 'edited', changes },
});
const TEXT = edited({ title: { from: 'An older title' }, body: { from: null } });
const isMeasured = ({ log }: Outcome) => log.includes('Measuring');

it.each([
  ['failure', FAIL, 'fail', 1],
  ['success', PASS, 'pass', 0],
] as const)(
  'a new title repeats the %s of the commit, without measuring anything',
  async (conclusion, inputs, verdict, code) => {
    const first = await rig.gate(inputs);
    expect([first.code, last()?.conclusion], first.log).toEqual([code, conclusion]);
    const judged = last();
    // Twice: what was repeated can be repeated.
    for (const _ of [1, 2]) {
      const again = await rig.gate(inputs, { event: TEXT });
      expect([again.code, again.outputs, isMeasured(again)], again.log).toEqual([code, { verdict }, false]);
      expect(annotations(again)[0]?.message).toContain('only the title or the text of the pull request changed');
      expect(last()).toMatchObject({ status: 'completed', conclusion, external_id: judged?.external_id });
      expect(last()?.output).toMatchObject({ title: judged?.output.title, summary: judged?.output.summary });
    }
    expect(rig.github.checkRuns).toHaveLength(3);
  },
);

it('another base branch, and what is not known to be a text, is measured', async () => {
  await rig.gate(PASS);
  const base = { ref: { from: 'old' }, sha: { from: 'a'.repeat(40) } };
  for (const changes of [{ base }, { title: { from: 'x' }, base }, {}, { other: 1 }]) {
    expect(isMeasured(await rig.gate(PASS, { event: edited(changes) })), JSON.stringify(changes)).toBe(true);
  }
});

it('a commit is measured where no verdict on it is sure', async () => {
  expect(isMeasured(await rig.gate(PASS, { event: TEXT }))).toBe(true);
  const judged = last();
  if (judged === undefined) throw new Error('no check run');
  const otherwise = async (change: object) => {
    rig.github.checkRuns.splice(0, rig.github.checkRuns.length, { ...judged, id: 1, ...change });
    return isMeasured(await rig.gate(PASS, { event: TEXT }));
  };
  expect(await otherwise({})).toBe(false);
  // Another run is on its way, or ended without a verdict; or somebody else wrote it.
  expect(await otherwise({ status: 'in_progress', completed_at: null })).toBe(true);
  expect(await otherwise({ conclusion: 'timed_out' })).toBe(true);
  expect(await otherwise({ external_id: null })).toBe(true);
  expect(await otherwise({ app: { id: 99 } })).toBe(true);
  expect(await otherwise({ output: { ...judged.output, title: 'no verdict: it was killed' } })).toBe(true);
  expect(await otherwise({ head_sha: 'c'.repeat(40) })).toBe(true);
  rig.github.faults.push({ request: /^GET .*\/check-runs$/, status: 500 });
  expect(await otherwise({})).toBe(true);
});

it('a run that ended without a verdict is not skipped over', async () => {
  await rig.gate(PASS);
  const broken = await rig.gate({ ...PASS, policy: 'none.yml' });
  expect([broken.code, last()?.conclusion]).toEqual([1, 'failure']);
  expect(isMeasured(await rig.gate(PASS, { event: TEXT }))).toBe(true);
});
