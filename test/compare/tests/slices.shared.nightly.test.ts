import { Random } from '@shadow-gate/probes/random';
import { describe, expect, it } from 'vitest';
import type { PairedFact } from '../../../src/compare/pairing/paired-item.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { judgeFacts } from '../probes/findings.ts';
import { slack } from '../probes/simulated-shares.ts';
import { simulate } from '../probes/simulation.ts';

const PAIRS = 1000;
/** No loss is too small to be reported: what fails is the size of the tests alone. */
const limits = 'twin-accuracy: {drop: 0, capability-drop: 0, margin: 1}';
const SLICED = parsePolicy(`${limits}\nprobes: [{file: suite, slices: [language, product]}]`, 'policy');
const WHOLE = parsePolicy(`${limits}\nprobes: [{file: suite}]`, 'policy');
const WORLD = { facts: 400, twins: 2, means: [0.5, 0.8], noise: 1.2, shared: 0.5 };

/** Two fields that overlap: five languages and eight products. */
function sliced(facts: readonly PairedFact[], seed: number): PairedFact[] {
  const random = new Random(seed, 'slices');
  return facts.map((fact) => {
    const slices = { language: `l${random.int(0, 4)}`, product: `p${random.int(0, 7)}` };
    return { ...fact, benchmark: { ...fact.benchmark, slices } };
  });
}

describe(`over ${PAIRS} simulated pairs of models that are equally good`, () => {
  const found = Array.from({ length: PAIRS }, (_, seed) => {
    const facts = sliced(simulate(WORLD, seed), seed);
    const failing = (policy: typeof SLICED) =>
      judgeFacts(facts, policy)
        .findings.filter(({ level }) => level === 'fail')
        .map(({ kind }) => kind);
    return { sliced: failing(SLICED), whole: failing(WHOLE) };
  });
  const share = (is: (one: (typeof found)[number]) => boolean) => found.filter(is).length / PAIRS;

  it('slices alone fail at most 0.4 of alpha of them', () => {
    const rate = share((one) => one.sliced.includes('slice-loss'));
    expect(rate).toBeLessThanOrEqual(0.02 + slack(0.02, PAIRS));
    // An exact test of a few changes is below its level, and not far.
    expect(rate).toBeGreaterThan(0.002);
  });

  it('all tests for losses together fail no more of them with slices than without', () => {
    const [own, without] = [share((one) => one.sliced.length > 0), share((one) => one.whole.length > 0)];
    expect(own).toBeLessThanOrEqual(Math.max(0.05, without) + slack(0.05, PAIRS));
  });
});
