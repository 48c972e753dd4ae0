import { expect, it } from 'vitest';
import { readReport } from '../../src/report/json.ts';
import { repository } from '../fixtures.ts';
import { useRig } from './rig.ts';

const rig = useRig();

const base = repository('examples', 'base');
const policy = repository('examples', 'shadow-gate.yml');

async function attempt(number: string) {
  const inputs = { checkpoint: base, baseline: base, policy, only: 'probes' };
  const { outputs, log } = await rig.gate(inputs, { runId: 12, environment: { GITHUB_RUN_ATTEMPT: number } });
  const { probes } = await readReport(outputs.report ?? '');
  return { probes, verdict: outputs.verdict, log };
}

it('a run of a pull request that is started again asks everything, so that nobody repeats it until an order is lucky', async () => {
  const first = await attempt('1');
  expect(first.probes?.sequential?.settled, first.log).toBe('pass');
  // Nothing that a later attempt could take its answers from: a pull request saves nothing.
  expect(rig.results.cache.all).toEqual([]);
  // Without the runner's word for it, nobody knows which attempt it is.
  for (const again of [await attempt('2'), await attempt('')]) {
    expect(again.probes, again.log).not.toBeNull();
    expect(again.probes?.sequential).toBeUndefined();
    expect(again.verdict).toBe(first.verdict);
  }
});
