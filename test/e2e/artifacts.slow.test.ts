import { describe, expect, it } from 'vitest';
import { repository } from '../fixtures.ts';
import { annotations, levels, type Rig, useRig, WARN, WEIGHTS } from './rig.ts';
import { HEAD_SHA, PUSH } from './run-action.ts';

const rig = useRig();

const BROKEN = { ...WEIGHTS, checkpoint: 'broken' };
const FOREIGN = { ...WEIGHTS, checkpoint: repository('examples', 'base') };

describe('baseline: artifact', () => {
  const INPUTS = { ...WARN, baseline: 'artifact' };

  it('the newest successful run on the base branch provides the baseline, and the report names its commit', async () => {
    const first = await rig.gate(INPUTS);
    expect(first.outputs.verdict, first.log).toBe('warn');
    expect(annotations(first)[0]?.message).toContain('artifact shadow-gate-default of branch main');

    await rig.gate(WARN, { event: PUSH, runId: 1 });
    rig.end(1, 'push', 'success');
    const second = await rig.gate(INPUTS);
    expect(second.outputs.verdict, second.log).toBe('pass');
    expect(rig.github.comments[0]?.body).toContain(`as of commit [<code>${HEAD_SHA.slice(0, 7)}</code>`);
    // Another key has none.
    expect((await rig.gate({ ...INPUTS, key: 'other' })).outputs.verdict).toBe('warn');
  });

  it('no baseline comes from a pull request, a fork with a branch of the same name, another branch, a failed run or a failed check', async () => {
    const runs: ReadonlyArray<[Record<string, string>, ...Parameters<Rig['end']>]> = [
      [WARN, 10, 'pull_request', 'success'],
      [WARN, 11, 'push', 'success', { fork: true }],
      [WARN, 12, 'push', 'success', { head_branch: 'tune' }],
      // A tag with the name of the branch.
      [WARN, 15, 'push', 'success', { head_sha: 'c'.repeat(40) }],
      [WARN, 13, 'push', 'failure'],
      [{ ...BROKEN, 'fail-on': 'never' }, 14, 'push', 'success'],
      // Started by hand, and something else in the job failed.
      [WARN, 16, 'workflow_dispatch', 'failure'],
      [BROKEN, 17, 'workflow_dispatch', 'failure'],
    ];
    for (const [inputs, ...run] of runs) {
      await rig.gate(inputs, { event: PUSH, runId: run[0] });
      rig.end(...run);
    }
    const outcome = await rig.gate(INPUTS);
    expect(outcome.outputs.verdict, outcome.log).toBe('warn');
    expect(outcome.log).toContain('no successful run has an artifact shadow-gate-default of branch main');
  });

  it('an inconclusive measurement becomes the baseline only if somebody started its run by hand, which failed', async () => {
    const inconclusive = { ...FOREIGN, baseline: 'model' };
    for (const [runId, event] of [
      [1, 'push'],
      [2, 'workflow_dispatch'],
    ] as const) {
      const left = await rig.gate(inconclusive, { event: { ...PUSH, name: event }, runId });
      expect(left.outputs.verdict, left.log).toBe('inconclusive');
      expect(left.code, left.log).toBe(1);
      rig.end(runId, event, 'failure');
      const outcome = await rig.gate({ ...FOREIGN, baseline: 'artifact' });
      expect(outcome.outputs.verdict, outcome.log).toBe(event === 'push' ? 'warn' : 'pass');
    }
  });

  it('a baseline hidden under hundreds of foreign artifacts is an error, not a verdict without a baseline', async () => {
    await rig.gate(WARN, { event: PUSH, runId: 1 });
    rig.end(1, 'push', 'success');
    for (let runId = 2; runId <= 301; runId += 1) {
      rig.results.artifacts.put({ runId, name: 'shadow-gate-default', bytes: Buffer.alloc(0) });
    }
    const outcome = await rig.gate(INPUTS);
    expect(annotations(outcome)[0]?.message, outcome.log).toMatch(/could not be read .*more than 300 artifacts/);
    expect(outcome.outputs).toEqual({});
  });

  it('a server without artifacts gets none, and no warning either', async () => {
    for (const environment of [{ GITHUB_SERVER_URL: 'https://github.example' }, { ACTIONS_RESULTS_URL: '' }]) {
      const outcome = await rig.gate({ ...WARN, 'fail-on': 'never', baseline: 'model' }, { event: PUSH, environment });
      expect(levels(outcome), outcome.log).toEqual(['notice']);
    }
  });

  it('a baseline artifact that cannot be read is an error that names the permission', async () => {
    rig.github.faults.push({ request: /actions\/artifacts/, status: 403, message: 'Resource not accessible' });
    const outcome = await rig.gate(INPUTS);
    expect(outcome.code).toBe(1);
    expect(annotations(outcome)[0]?.message).toMatch(
      /^the baseline, artifact .* could not be read \(403: .*actions: read/,
    );
    expect(outcome.outputs).toEqual({});
  });
});
