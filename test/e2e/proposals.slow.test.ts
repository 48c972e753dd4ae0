import { readFile, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { summarize } from '../../src/measure/aggregate.ts';
import { HEAD_SHA } from '../github/fake/repository.ts';
import { fastClient } from '../github/fast-client.ts';
import { annotations, useRig, WARN, WEIGHTS } from './rig.ts';
import { DISPATCH, type Outcome, PUSH, SCHEDULE } from './run-action.ts';
import { writeTinyCheckpoint } from './tiny-checkpoint.ts';

const rig = useRig();

const BROKEN = { ...WEIGHTS, checkpoint: 'broken' };
/** Another checkpoint of the same shape, a little smaller. */
const OTHER = { ...WEIGHTS, checkpoint: 'other' };
beforeEach(() =>
  writeTinyCheckpoint(rig.path('other'), {
    edit: (_, values) => values.set(values.map((x) => 0.99 * x)),
  }),
);
const POLICY = 'shadow-gate.yml';

const measurementOf = async ({ outputs }: Outcome) => readFile(outputs.measurement ?? '', 'utf8');

describe('update-baseline: pull-request', () => {
  const INPUTS = { ...WARN, 'update-baseline': 'pull-request' };
  const BRANCH = 'heads/shadow-gate/baseline-default';
  const proposed = () => rig.github.files.get(`${rig.github.refs.get(BRANCH)}:.shadow-gate/baseline.json`);

  it('a push to the default branch proposes its measurement as the baseline, and the next one updates the proposal', async () => {
    const first = await rig.gate(INPUTS, { event: PUSH });
    expect(first.outputs['baseline-pull-request'], first.log).toBe('https://github.com/o/r/pull/200');
    expect(rig.github.pulls).toMatchObject([{ title: 'Shadow Gate: new baseline', base: { ref: 'main' } }]);
    expect(rig.github.pulls[0]?.body).toMatch(/There is no baseline so far/);
    expect(proposed()).toBe(await measurementOf(first));

    const second = await rig.gate({ ...INPUTS, ...OTHER, cache: 'off' }, { event: PUSH });
    expect(second.outputs['baseline-pull-request']).toBe('https://github.com/o/r/pull/200');
    expect(rig.github.pulls).toHaveLength(1);
    expect(proposed()).toBe(await measurementOf(second));
  });

  it('an earlier commit that is run again does not take the place of the proposal of a later one', async () => {
    const { git } = fastClient(rig.github).rest;
    const repo = { owner: 'o', repo: 'r' };
    const { data: tree } = await git.createTree({ ...repo, tree: [] });
    const later = { message: 'later', tree: tree.sha, parents: [HEAD_SHA] };
    const { data: commit } = await git.createCommit({ ...repo, ...later });
    rig.github.files.set(`${HEAD_SHA}:README.md`, '');
    rig.github.refs.set('heads/main', commit.sha);
    const newest = await rig.gate(INPUTS, { event: PUSH, environment: { GITHUB_SHA: commit.sha } });
    const again = await rig.gate({ ...INPUTS, ...OTHER, cache: 'off' }, { event: PUSH });
    expect(again.log).toContain(
      'Proposed baseline: none, since the proposal on branch shadow-gate/baseline-default is of',
    );
    expect(again.outputs['baseline-pull-request']).toBe('');
    expect(proposed()).toBe(await measurementOf(newest));
    // The same commit may be measured again.
    const other = { ...INPUTS, ...OTHER, cache: 'off' };
    const same = await rig.gate(other, { event: PUSH, environment: { GITHUB_SHA: commit.sha } });
    expect(proposed()).toBe(await measurementOf(same));
  });

  it('a run by hand on the default branch proposes its measurement too, and one on another branch does not', async () => {
    await rig.gate(INPUTS, { event: DISPATCH, environment: { GITHUB_REF: 'refs/heads/tune' } });
    expect(rig.github.pulls).toEqual([]);
    const outcome = await rig.gate(INPUTS, { event: DISPATCH });
    expect(outcome.outputs['baseline-pull-request'], outcome.log).toBe('https://github.com/o/r/pull/200');
    expect(proposed()).toBe(await measurementOf(outcome));
  });

  it('a proposal shows what changed; there is none if nothing did, if the check failed, or without a push to main', async () => {
    const base = await rig.gate(WARN, { event: PUSH });
    const baseline = JSON.parse(await measurementOf(base));
    // The last digits depend on the machine.
    baseline.tensors[0].metrics.frobeniusNorm += 1e-9;
    baseline.groups = summarize(baseline.tensors).groups;
    await writeFile(rig.path('baseline.json'), JSON.stringify(baseline));
    const inputs = { ...INPUTS, baseline: 'baseline.json' };
    await rig.gate(inputs, { event: PUSH });
    await rig.gate({ ...inputs, ...BROKEN }, { event: PUSH });
    await rig.gate({ ...inputs, ...OTHER });
    await rig.gate({ ...inputs, ...OTHER }, { event: SCHEDULE });
    expect(rig.github.pulls).toEqual([]);
    const last = await rig.gate({ ...inputs, ...OTHER }, { event: PUSH });
    expect(last.outputs.verdict, last.log).toBe('pass');
    expect(rig.github.pulls[0]?.body).toContain('The report below compares it with the current baseline');
  });

  it('update-baseline is refused before measuring if the baseline is not a file: it would replace a checkpoint, or add an unused file', async () => {
    for (const baseline of ['model', 'artifact']) {
      const outcome = await rig.gate({ ...INPUTS, baseline }, { event: PUSH });
      expect(annotations(outcome)[0]?.message, outcome.log).toMatch(
        /^update-baseline: pull-request proposes a measurement file/,
      );
      expect(outcome.outputs).toEqual({});
    }
    await writeFile(rig.path(POLICY), 'baseline: cache\n');
    expect((await rig.gate(INPUTS, { event: PUSH })).code).toBe(1);
    expect(rig.github.pulls).toEqual([]);
  });

  it('a proposal that the token may not write is only a warning', async () => {
    rig.github.mayOpenPullRequests = false;
    const outcome = await rig.gate(INPUTS, { event: PUSH });
    expect(outcome.code, outcome.log).toBe(0);
    expect(annotations(outcome)[1]?.message).toMatch(/does not let actions open pull requests/);
    rig.github.canWrite = false;
    expect(annotations(await rig.gate(INPUTS, { event: PUSH }))[1]?.message).toMatch(/contents: write/);
  });
});
