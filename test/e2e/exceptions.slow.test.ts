import { readFile, writeFile } from 'node:fs/promises';
import { beforeEach, expect, it } from 'vitest';
import { PASS, useRig } from './rig.ts';
import { BASE_SHA, HEAD_SHA, PULL_REQUEST, PUSH } from './run-action.ts';

const rig = useRig();
/** Nothing was trained, which the policy fails. */
const INPUTS = { ...PASS, reference: 'model' };
const STRICT = 'nothing-trained: { level: fail }\n';
const EXCEPTED = `${STRICT}exceptions:
  - { finding: nothing-trained, scope: model, reason: "a release without training", who: ada, until: 2027-01-15 }
`;
/** The action has a clock of its own: that of the runner may be wrong, and is not asked. */
const on = (day: string) => ({ now: new Date(`${day}T12:00:00Z`) });

beforeEach(async () => {
  await writeFile(rig.path('shadow-gate.yml'), STRICT);
});

it('an exception at the base commit counts until its day, and the comment has who, why and the days left', async () => {
  rig.github.files.set(`${BASE_SHA}:shadow-gate.yml`, EXCEPTED);
  const accepted = await rig.gate(INPUTS, on('2026-12-01'));
  expect(accepted.outputs.verdict, accepted.log).toBe('pass');
  const [comment] = rig.github.comments;
  expect(comment?.body).toContain('Accepted by ada (a release without training) until 2027-01-15, 45 days left.');
  expect(comment?.body).toContain('An exception of the policy accepts it.');
  const report = JSON.parse(await readFile(accepted.outputs.report ?? '', 'utf8'));
  const [reason] = report.reasons.filter(
    ({ details }: { details: { kind: string } }) => details.kind === 'nothing-trained',
  );
  expect(reason).toMatchObject({ level: 'info', details: { exception: { level: 'fail', who: 'ada', daysLeft: 45 } } });

  const expired = await rig.gate(INPUTS, on('2027-01-16'));
  expect(expired.outputs.verdict, expired.log).toBe('fail');
  expect(comment?.body).toContain('The exception by ada (a release without training) expired on 2027-01-15');
});

it('an exception that a pull request brings along does not count, and the report says that the policy is edited', async () => {
  rig.github.files.set(`${BASE_SHA}:shadow-gate.yml`, STRICT);
  rig.github.files.set(`${HEAD_SHA}:shadow-gate.yml`, EXCEPTED);
  await writeFile(rig.path('shadow-gate.yml'), EXCEPTED);
  const outcome = await rig.gate(INPUTS, { event: PULL_REQUEST, ...on('2026-12-01') });
  expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  expect(outcome.summary).toContain('This change edits the policy');
  // After the merge it does.
  const merged = await rig.gate(INPUTS, { event: PUSH, ...on('2026-12-01') });
  expect(merged.outputs.verdict, merged.log).toBe('pass');
});
