import { beforeEach, expect, it } from 'vitest';
import type { StoredLabeling } from '../github/fake/conversation.ts';
import { annotations, FAIL, levels, useRig } from './rig.ts';
import { PULL_REQUEST, PUSH } from './run-action.ts';

const rig = useRig();
const INPUTS = { ...FAIL, skip: 'no-model-gate' };

/** The event of a pull request with labels, about the last of them unless it is named. */
const withLabels = (names: string[], change: object = { action: 'labeled', label: { name: names.at(-1) } }) => ({
  ...PULL_REQUEST,
  payload: {
    ...{ ...PULL_REQUEST.payload, ...change },
    pull_request: { ...PULL_REQUEST.payload.pull_request, labels: names.map((name) => ({ name })) },
  },
});
const event = withLabels(['docs', 'no-model-gate']);

const labeled = (login: string, change: Partial<StoredLabeling> = {}): StoredLabeling => ({
  ...{ event: 'labeled', label: { name: 'no-model-gate' }, actor: { login, type: 'User' } },
  ...change,
});

beforeEach(() => {
  rig.github.permissions.set('maintainer', 'write');
  rig.github.permissions.set('stranger', 'read');
});

const last = () => rig.github.checkRuns.at(-1);

it('a label that somebody with write access put there skips the check, which is neutral', async () => {
  rig.github.labelings.push(labeled('stranger', { label: { name: 'docs' } }), labeled('maintainer'));
  const outcome = await rig.gate(INPUTS, { event });
  expect(outcome.code, outcome.log).toBe(0);
  expect(outcome.outputs).toEqual({ verdict: 'skipped' });
  expect(levels(outcome)).toEqual(['notice']);
  expect(annotations(outcome)[0]?.message).toBe('skipped: maintainer put the label no-model-gate on this pull request');
  expect(outcome.log).not.toContain('Measuring');
  expect(rig.github.comments).toEqual([]);
  expect(last()).toMatchObject({ status: 'completed', conclusion: 'neutral' });
  expect(last()?.output.summary).toContain('Nothing was measured or judged');
});

it.each<[string, object]>([
  ['a push', { action: 'synchronize' }],
  ['a new title or base branch', { action: 'edited', changes: {} }],
  ['another label', { action: 'labeled', label: { name: 'docs' } }],
  ['the label that is taken away', { action: 'unlabeled', label: { name: 'no-model-gate' } }],
  ['a second opening', { action: 'reopened' }],
])('a label from before does not skip the run of %s: the commit can be a later one', async (_, change) => {
  rig.github.labelings.push(labeled('maintainer'));
  const outcome = await rig.gate(INPUTS, { event: withLabels(['docs', 'no-model-gate'], change) });
  expect([outcome.code, outcome.outputs.verdict], outcome.log).toEqual([1, 'fail']);
  expect(annotations(outcome)[0]?.message).toBe(
    'the label no-model-gate does not skip this check: it was put there before this run; put it there again, for this commit',
  );
});

it('a label counts in the run of the opening, and whatever its case', async () => {
  rig.github.labelings.push(labeled('maintainer', { label: { name: 'No-Model-Gate' } }));
  const opened = await rig.gate(INPUTS, { event: withLabels(['no-model-gate'], { action: 'opened' }) });
  const inCapitals = await rig.gate(INPUTS, { event: withLabels(['NO-MODEL-GATE']) });
  for (const { outputs, log } of [opened, inCapitals]) expect(outputs, log).toEqual({ verdict: 'skipped' });
});

it.each<[string, StoredLabeling[], string]>([
  ['somebody who may read', [labeled('stranger')], 'stranger, who put it there, has read access and not write access'],
  ['nobody of the repository', [labeled('somebody')], 'somebody, who put it there, has no access and not write access'],
  [
    'an app, which does so for the author',
    [labeled('bot[bot]', { actor: { login: 'bot[bot]', type: 'Bot' } })],
    'bot[bot] is not a person: a label set by an app does not count',
  ],
  ['a person who is deleted', [labeled('', { actor: null })], 'the account that put it there no longer exists'],
  [
    'a stranger, after a maintainer took it away',
    [labeled('maintainer'), labeled('maintainer', { event: 'unlabeled' }), labeled('stranger')],
    'stranger, who put it there, has read access and not write access',
  ],
  ['nobody that GitHub knows of', [], 'GitHub does not say who put it there'],
])('a label by %s does not count', async (_, labelings, reason) => {
  rig.github.labelings.push(...labelings);
  const outcome = await rig.gate(INPUTS, { event });
  expect(outcome.outputs, outcome.log).toMatchObject({ verdict: 'fail' });
  expect(annotations(outcome)[0]?.message).toBe(`the label no-model-gate does not skip this check: ${reason}`);
  expect(last()).toMatchObject({ conclusion: 'failure' });
});

it('a label does not count where GitHub cannot be asked', async () => {
  rig.github.labelings.push(labeled('maintainer'));
  rig.github.faults.push({ request: /^GET .*\/permission$/, status: 500 });
  const failing = await rig.gate(INPUTS, { event });
  expect(failing.outputs, failing.log).toMatchObject({ verdict: 'fail' });
  rig.github.faults.splice(0);
  const without = await rig.gate({ ...INPUTS, 'github-token': '' }, { event });
  expect([without.code, without.outputs], without.log).toEqual([1, {}]);
});

it('nothing is skipped without the label, without the input, and on a push', async () => {
  rig.github.labelings.push(labeled('maintainer'));
  const { skip: _, ...noInput } = INPUTS;
  const outcomes = [
    await rig.gate(INPUTS, { event: withLabels(['docs']) }),
    await rig.gate(noInput, { event }),
    await rig.gate(INPUTS, { event: PUSH }),
  ];
  for (const outcome of outcomes) expect(outcome.outputs, outcome.log).toMatchObject({ verdict: 'fail' });
});
