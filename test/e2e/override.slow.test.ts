import { writeFile } from 'node:fs/promises';
import { beforeEach, expect, it } from 'vitest';
import type { StoredLabeling } from '../github/fake/conversation.ts';
import { annotations, FAIL, levels, PASS, useRig } from './rig.ts';
import { BASE_SHA, HEAD_SHA, type Outcome, PULL_REQUEST } from './run-action.ts';

const rig = useRig();
const LABEL = 'accept-model-loss';
/** Nothing was trained, which the policy fails. */
const INPUTS = { ...PASS, reference: 'model', override: LABEL };

/** A pull request with the label, whose event is about the label itself unless another action is named. */
const eventOf = ({ action = 'labeled', name = LABEL, sha = HEAD_SHA, user = { login: 'author' } } = {}) => ({
  ...PULL_REQUEST,
  payload: {
    ...PULL_REQUEST.payload,
    ...{ action, label: { name } },
    pull_request: { ...PULL_REQUEST.payload.pull_request, user, head: { sha }, labels: [{ name: LABEL }] },
  },
});

const labeled = (login: string, change: Partial<StoredLabeling> = {}): StoredLabeling => ({
  ...{ event: 'labeled', label: { name: LABEL }, actor: { login, type: 'User' } },
  ...change,
});

const last = () => rig.github.checkRuns.at(-1);
const body = () => rig.github.comments[0]?.body ?? '';
const refusalOf = (outcome: Outcome) => {
  expect([outcome.code, outcome.outputs.verdict], outcome.log).toEqual([1, 'fail']);
  expect(last()?.conclusion).toBe('failure');
  return annotations(outcome).find(({ message }) => message.startsWith('the label'))?.message;
};

beforeEach(async () => {
  rig.github.permissions.set('maintainer', 'write');
  rig.github.permissions.set('stranger', 'read');
  await writeFile(rig.path('shadow-gate.yml'), 'nothing-trained: { level: fail }\n');
});

it('a label that a maintainer puts there after the check failed turns it neutral, once, for that commit', async () => {
  const { override: _, ...plain } = INPUTS;
  const failed = await rig.gate(plain, { event: eventOf({ action: 'synchronize' }) });
  expect([failed.code, last()?.conclusion], failed.log).toEqual([1, 'failure']);
  const offer =
    'with write access, other than the author, can put the label <code>accept-model-loss</code> on this pull request';
  // Where the workflow has one, the comment of a failed check says so.
  expect(body()).not.toContain(offer);
  await rig.gate(INPUTS, { event: eventOf({ action: 'synchronize' }) });
  for (const text of [body(), last()?.output.summary]) expect(text).toContain(offer);

  rig.github.labelings.push(labeled('maintainer'));
  const overridden = await rig.gate(INPUTS, { event: eventOf() });
  expect(overridden.code, overridden.log).toBe(0);
  expect(overridden.outputs).toMatchObject({ verdict: 'fail', 'overridden-by': 'maintainer' });
  expect(levels(overridden)).toEqual(['error']);
  expect(last()).toMatchObject({ status: 'completed', conclusion: 'neutral' });
  expect(last()?.output.title).toMatch(/^fail, overridden: /);
  const line =
    '<code>maintainer</code> overrode this check for this commit, with the label <code>accept-model-loss</code>: it is neutral.';
  for (const text of [body(), overridden.summary, last()?.output.summary]) {
    expect(text).toContain(line);
    expect(text).not.toContain(offer);
  }

  expect(body()).toMatch(/\n<sub>This check took [\d.]+ .* on \w+ \w+, \d+ cores?\.<\/sub>\n/);

  // The next commit is judged anew, although the label is still there.
  const next = await rig.gate(INPUTS, { event: eventOf({ action: 'synchronize', sha: 'c'.repeat(40) }) });
  expect(refusalOf(next)).toContain('it was put there before this run; put it there again, for this commit');
  expect(next.outputs['overridden-by']).toBe('');
  expect(body()).not.toContain('overrode');
});

it('an override does not outlive its label, and no later event repeats it', async () => {
  await rig.gate(INPUTS, { event: eventOf({ action: 'synchronize' }) });
  rig.github.labelings.push(labeled('maintainer'));
  expect((await rig.gate(INPUTS, { event: eventOf() })).code).toBe(0);
  // A new title with the label still there, without the input, and the event that takes the label away.
  expect(refusalOf(await rig.gate(INPUTS, { event: eventOf({ action: 'edited' }) }))).toContain('before this run');
  const { override: _, ...plain } = INPUTS;
  expect(refusalOf(await rig.gate(plain, { event: eventOf({ action: 'edited' }) }))).toBeUndefined();
  rig.github.labelings.push(labeled('maintainer', { event: 'unlabeled' }));
  const gone = eventOf({ action: 'unlabeled' });
  gone.payload.pull_request.labels = [];
  expect(refusalOf(await rig.gate(INPUTS, { event: gone }))).toBeUndefined();
});

it('a label is one label, whatever its case', async () => {
  const inputs = { ...INPUTS, override: 'Accept-Model-Loss' };
  await rig.gate(inputs, { event: eventOf({ action: 'synchronize' }) });
  rig.github.labelings.push(labeled('maintainer'));
  const { code, outputs, log } = await rig.gate(inputs, { event: eventOf() });
  expect([code, outputs['overridden-by']], log).toEqual([0, 'maintainer']);
});

it('the author of the change does not override it, and an unknown one nobody overrides', async () => {
  await rig.gate(INPUTS, { event: eventOf({ action: 'synchronize' }) });
  rig.github.labelings.push(labeled('maintainer'));
  const own = eventOf({ user: { login: 'Maintainer' } });
  expect(refusalOf(await rig.gate(INPUTS, { event: own }))).toContain(
    'maintainer, who put it there, opened this pull request; somebody else has to decide',
  );
  const { pull_request } = eventOf().payload;
  const ofNobody = { ...eventOf(), payload: { ...eventOf().payload, pull_request: { ...pull_request, user: null } } };
  expect(refusalOf(await rig.gate(INPUTS, { event: ofNobody }))).toContain('does not say who opened');
});

it('a failed check run of another app is no failure of this check', async () => {
  await rig.gate(INPUTS, { event: eventOf({ action: 'synchronize' }) });
  for (const run of rig.github.checkRuns) Object.assign(run, { app: { id: 99 } });
  rig.github.labelings.push(labeled('maintainer'));
  expect(refusalOf(await rig.gate(INPUTS, { event: eventOf() }))).toContain('had failed before');
});

it.each([
  ['shadow-gate.yml', 'nothing-trained: { level: warn }\n', 'shadow-gate.yml'],
  ['.github/workflows/gate.yml', 'on: pull_request', '.github/workflows'],
  ['.shadow-gate/calibration.json', '{}', '.shadow-gate/calibration.json'],
])('a change of %s counts always: it would be merged with the model', async (path, text, named) => {
  const policy = 'nothing-trained: { level: fail }\n';
  rig.github.files.set(`${BASE_SHA}:shadow-gate.yml`, policy).set(`${HEAD_SHA}:shadow-gate.yml`, policy);
  rig.github.files.set(`${HEAD_SHA}:${path}`, text);
  await rig.gate(INPUTS, { event: eventOf({ action: 'synchronize' }) });
  expect(body()).not.toContain('put the label');
  rig.github.labelings.push(labeled('maintainer'));
  expect(refusalOf(await rig.gate(INPUTS, { event: eventOf() }))).toContain(`“Changed input” (${named}) counts always`);
});

it('a label before the check failed, on a commit that nobody saw fail or for another checkpoint, overrides nothing', async () => {
  rig.github.labelings.push(labeled('maintainer', { created_at: '2020-01-01T00:00:00Z' }));
  const unseen = 'no check of this commit and this checkpoint had failed before';
  expect(refusalOf(await rig.gate(INPUTS, { event: eventOf() }))).toContain(unseen);
  // That failure came after the label.
  expect(refusalOf(await rig.gate(INPUTS, { event: eventOf() }))).toContain(unseen);
  rig.github.labelings.push(labeled('maintainer'));
  // It was of this commit. A push between the look and the label is another one.
  expect(refusalOf(await rig.gate(INPUTS, { event: eventOf({ sha: 'c'.repeat(40) }) }))).toContain(unseen);
  for (const run of rig.github.checkRuns) run.external_id = `sha256:${'0'.repeat(64)}`;
  expect(refusalOf(await rig.gate(INPUTS, { event: eventOf() }))).toContain(unseen);
});

it('a failure of the same weights with another chat template is of another checkpoint', async () => {
  await rig.gate(INPUTS, { event: eventOf({ action: 'synchronize' }) });
  rig.github.labelings.push(labeled('maintainer'));
  await writeFile(rig.path('model', 'chat_template.jinja'), '{{ messages }}');
  const unseen = 'no check of this commit and this checkpoint had failed before';
  expect(refusalOf(await rig.gate(INPUTS, { event: eventOf() }))).toContain(unseen);
});

it.each<[string, StoredLabeling[], string]>([
  ['somebody who may read', [labeled('stranger')], 'stranger, who put it there, has read access and not write access'],
  [
    'an app',
    [labeled('bot[bot]', { actor: { login: 'bot[bot]', type: 'Bot' } })],
    'bot[bot] is not a person: a label set by an app does not count',
  ],
  ['nobody that GitHub knows of', [], 'GitHub does not say who put it there'],
])('a label by %s overrides nothing', async (_, labelings, reason) => {
  await rig.gate(INPUTS, { event: eventOf({ action: 'synchronize' }) });
  rig.github.labelings.push(...labelings);
  expect(refusalOf(await rig.gate(INPUTS, { event: eventOf() }))).toContain(reason);
});

it('nothing is overridden where GitHub cannot be asked, by another label, and without permission for check runs', async () => {
  await rig.gate(INPUTS, { event: eventOf({ action: 'synchronize' }) });
  rig.github.labelings.push(labeled('maintainer'));
  expect(refusalOf(await rig.gate(INPUTS, { event: eventOf({ name: 'docs' }) }))).toContain(
    'put there before this run',
  );
  rig.github.faults.push({ request: /^GET .*\/check-runs$/, status: 500 });
  expect(refusalOf(await rig.gate(INPUTS, { event: eventOf() }))).toContain('GitHub does not say what it overrides');
  rig.github.faults.splice(0);
  rig.github.canWriteChecks = false;
  const forbidden = await rig.gate(INPUTS, { event: eventOf() });
  expect([forbidden.code, forbidden.outputs['overridden-by']], forbidden.log).toEqual([1, '']);
});

it('damaged weights count always', async () => {
  const damaged = { ...FAIL, override: LABEL };
  await rig.gate(damaged, { event: eventOf({ action: 'synchronize' }) });
  expect(body()).not.toContain('put the label');
  rig.github.labelings.push(labeled('maintainer'));
  expect(refusalOf(await rig.gate(damaged, { event: eventOf() }))).toMatch(/“.*” counts always/);
});
