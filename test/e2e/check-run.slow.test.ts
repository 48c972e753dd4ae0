import { beforeEach, expect, it } from 'vitest';
import { asProcess } from './as-process.ts';
import { annotations, FAIL, PASS, useRig, WARN, WEIGHTS } from './rig.ts';
import { HEAD_SHA, PUSH } from './run-action.ts';

// A success that an earlier run has left on the commit counts no longer, whatever becomes of this one.

const rig = useRig();
beforeEach(async () => {
  await rig.gate(PASS);
  expect(rig.github.checkRuns).toMatchObject([{ name: 'Shadow Gate', status: 'completed', conclusion: 'success' }]);
});

const last = () => rig.github.checkRuns.at(-1);
const requests = () => rig.github.requests.filter((line) => line.includes('/check-runs'));

it('a check run is open before anything is measured, and is finished with the verdict', async () => {
  const outcome = await rig.gate(FAIL);
  expect(rig.github.checkRuns).toHaveLength(2);
  expect(last()).toMatchObject({ name: 'Shadow Gate', head_sha: HEAD_SHA, status: 'completed', conclusion: 'failure' });
  expect(last()?.output.title).toMatch(/^fail: /);
  expect(requests().slice(2)).toEqual(['POST /repos/o/r/check-runs', 'PATCH /repos/o/r/check-runs/2']);
  expect(outcome.log).toContain('Check run: https://github.com/o/r/runs/2');
  // The end of the step has nothing to do.
  expect(outcome.state).toEqual({ checkRun: '' });
});

it.each([
  ['a checkpoint that is not there', { checkpoint: 'nowhere' }, {}],
  ['inputs that are not valid', { ...PASS, 'fail-on': 'nobody' }, {}],
  ['no input at all', {}, {}],
  ['a base commit that cannot be read', PASS, { request: /git\/commits/, status: 500 }],
] as const)('an error is a failure, in the place of an earlier success: %s', async (_, inputs, fault) => {
  if ('request' in fault) rig.github.faults.push(fault);
  const outcome = await rig.gate(inputs);
  expect(outcome.code, outcome.log).toBe(1);
  expect(last()).toMatchObject({ name: 'Shadow Gate', status: 'completed', conclusion: 'failure' });
  expect(last()?.output.title).toMatch(/^no verdict: /);
  expect(outcome.state).toEqual({ checkRun: '' });
});

it('an error is a failure whatever fail-on says, and a key has a check run of its own', async () => {
  await rig.gate({ checkpoint: 'nowhere', key: 'llama', 'fail-on': 'never' });
  expect(last()).toMatchObject({ name: 'Shadow Gate: llama', conclusion: 'failure' });
});

it('results that cannot be written are a failure, since they fail the step', async () => {
  const outcome = await rig.gate({ ...PASS, out: 'out' }, { environment: { GITHUB_OUTPUT: '/dev/full' } });
  expect(outcome.code, outcome.log).toBe(1);
  expect(last()).toMatchObject({ status: 'completed', conclusion: 'failure' });
});

it('a run that was killed leaves no success, and the end of its step finishes its check run', async () => {
  // As if it had been killed before the check run was finished.
  rig.github.faults.push({ request: /PATCH .*check-runs/, status: 502 });
  const killed = await rig.gate(PASS);
  expect(last()).toMatchObject({ status: 'in_progress', conclusion: null });
  expect(killed.state).toEqual({ checkRun: '2' });
  rig.github.faults.splice(0);
  await endOfStep({ STATE_checkRun: '2' });
  expect(last()).toMatchObject({ status: 'completed', conclusion: 'failure', head_sha: HEAD_SHA });
  expect(last()?.output.title).toBe('no verdict: the run was canceled or killed');
});

it('the end of a step that has finished, or opened nothing, asks GitHub for nothing', async () => {
  const before = rig.github.requests.length;
  for (const state of [{}, { STATE_checkRun: '' }, { STATE_checkRun: '../1' }]) await endOfStep(state);
  expect(rig.github.requests.length).toBe(before);
});

it('a token without the permission is told once, at the end', async () => {
  rig.github.canWriteChecks = false;
  const outcome = await rig.gate(WARN);
  expect(outcome.log.match(/checks: write/g)).toHaveLength(1);
  expect(annotations(outcome)).toHaveLength(1);
  expect(outcome.state).toEqual({});
});

it('a check run that could not be opened is written at the end', async () => {
  rig.github.faults.push({ request: /POST .*check-runs/, status: 500, times: 4 });
  const outcome = await rig.gate(FAIL);
  expect(last(), outcome.log).toMatchObject({ status: 'completed', conclusion: 'failure' });
});

it('a run without a verdict has none: a shard, a calibration, the report of another run', async () => {
  await rig.gate({ ...WEIGHTS, checkpoint: 'model', shard: '1/1' }, { runId: 42 });
  await rig.gate({ mode: 'calibrate', checkpoints: 'model', reference: 'model' }, { event: PUSH });
  await rig.gate({ report: 'nowhere.json' });
  expect(rig.github.checkRuns).toHaveLength(1);
  await rig.gate({ ...WEIGHTS, mode: 'merge' }, { runId: 42 });
  expect(rig.github.checkRuns).toHaveLength(2);
});

/** What GitHub runs after the step, with what its process has left. */
async function endOfStep(state: Readonly<Record<string, string>>): Promise<void> {
  const environment = {
    GITHUB_REPOSITORY: 'o/r',
    GITHUB_API_URL: rig.github.url,
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_SHA: HEAD_SHA,
    GITHUB_RUN_ID: '1',
    'INPUT_GITHUB-TOKEN': 'ghs_test',
    RUNNER_TEMP: rig.path(),
    ...state,
  };
  const { log } = await asProcess({ environment, folder: rig.path() }, async () => {
    const { finish } = await import('../../src/action/run.ts');
    await finish(environment, () => new Date());
  });
  expect(log).not.toMatch(/error/i);
}
