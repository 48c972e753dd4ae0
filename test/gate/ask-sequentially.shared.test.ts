import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import type { Suite } from '@shadow-gate/probes/suite';
import { describe, expect, it } from 'vitest';
import { askSequentially } from '../../src/gate/ask-sequentially.ts';
import type { ProbeRunOptions } from '../../src/measure/options.ts';
import { parsePolicy } from '../../src/policy/load.ts';
import { probes, probesOnly, SUITE } from '../compare/measurement.ts';

const on = parsePolicy('', 'policy.yml');
const suite = { ...SUITE, items: [], size: 200 } as unknown as Suite;
const selected: ProbeRunOptions = {
  suites: [suite],
  seed: 1,
  order: { seed: 1, isChosen: false },
  chatTemplate: false,
  budgetSeconds: null,
};
const ask = (over: Partial<ProbeRunOptions> = {}, theirs: Partial<MeasuredProbes> = {}, policy = on) =>
  askSequentially({ ...selected, ...over }, probesOnly(probes(theirs)), policy)?.sequential;

describe('a candidate of a check', () => {
  it('is asked in blocks what its baseline was asked', () => {
    expect(ask()?.blocks.flat()).toHaveLength(100);
  });

  it.each([
    ['the policy says so', ask({}, {}, parsePolicy('sequential: off', 'policy.yml'))],
    ['the suite is another', ask({ suites: [{ ...suite, digest: 'sha256:other' }] })],
    ['the seed is another', ask({ suites: [{ ...suite, seed: 2 }] })],
    ['there is one suite more', ask({ suites: [suite, { ...suite, name: 'more' }] })],
    ['it is asked in a chat template', ask({ chatTemplate: true })],
    ['its levels are not known', ask({ suites: [{ ...suite, levels: [{ family: 'f', count: 7, asked: null }] }] })],
    ['its baseline stopped early', ask({}, { orderSeed: 1, sequential: { blocks: 1, of: 6, settled: 'pass' } })],
    ['there is no more than one block', ask({}, { items: probes().items.slice(0, 60) })],
    ['there is no baseline', askSequentially(selected, null, on)?.sequential],
  ])('is asked everything where %s', (_, sequential) => {
    expect(sequential).toBeUndefined();
  });
});
