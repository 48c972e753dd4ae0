import { factKey, type MeasuredProbes } from '@shadow-gate/probes/answer';
import { describe, expect, it } from 'vitest';
import { settleAgainst } from '../../../src/compare/checks/settle-answers.ts';
import { askingOrder } from '../../../src/compare/pairing/order.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { apartSuite, firstRight } from '../apart.ts';
import { findingsOn } from '../measurement.ts';
import { baselineOf, candidateOf } from './worlds.ts';

const POLICY = parsePolicy('', 'policy.yml');
const ORDER_SEED = 7;
const world = baselineOf('built-in', 1);

/** The same with must-pass questions and requests, of which so many are right. */
function withSuites(measurement: Measurement, { mustPass, refused }: { mustPass: number; refused: number }) {
  if (measurement.probes?.status !== 'measured') throw new Error('no answers');
  const made = [apartSuite('must-pass', firstRight(mustPass, 30)), apartSuite('refusal', firstRight(refused, 40))];
  const probes: MeasuredProbes = {
    ...measurement.probes,
    suites: [...measurement.probes.suites, ...made.map(({ suite }) => suite)],
    items: [...measurement.probes.items, ...made.flatMap(({ items }) => items)],
  };
  return { ...measurement, probes };
}

const baseline = withSuites(world, { mustPass: 30, refused: 40 });
const order = askingOrder(baseline.probes, ORDER_SEED);

/** What is settled after how many blocks. */
function settledOf(candidate: ReturnType<typeof withSuites>) {
  const settle = settleAgainst(baseline, POLICY);
  for (const [block] of order.entries()) {
    const asked = new Set(order.slice(0, block + 1).flat());
    const items = candidate.probes.items.filter((item) => asked.has(factKey(item)));
    const sequential = { blocks: block + 1, of: order.length, settled: null };
    const settled = settle({ ...candidate.probes, items, orderSeed: ORDER_SEED, sequential });
    if (settled !== null) return { settled, blocks: block + 1 };
  }
  return null;
}

describe('suites that are no benchmarks', () => {
  it('are asked whole in the first block, before the questions in their usual order', () => {
    const usual = world.probes?.status === 'measured' ? askingOrder(world.probes, ORDER_SEED) : [];
    const names = order[0]?.slice(0, 70).map((key) => (JSON.parse(key) as string[])[0]);
    expect(new Set(names)).toEqual(new Set(['must-pass.jsonl', 'refusal.jsonl']));
    expect([order[0]?.slice(70), ...order.slice(1)]).toEqual(usual);
  });

  it('let a candidate that lost nothing pass early, and not one that broke something', () => {
    const equal = candidateOf(world, { churn: 0 }, 1);
    const passed = settledOf(withSuites(equal, { mustPass: 30, refused: 40 }));
    expect(passed?.settled).toBe('pass');
    expect(passed?.blocks).toBeLessThan(order.length);
    expect(settledOf(withSuites(equal, { mustPass: 29, refused: 40 }))?.settled).toBe('fail');
    expect(settledOf(withSuites(equal, { mustPass: 30, refused: 20 }))?.settled).toBe('fail');
    // Nothing is known for sure: it is asked everything.
    expect(settledOf(withSuites(equal, { mustPass: 30, refused: 36 }))).toBeNull();
  });

  it('are lost, and not left to chance, where a candidate says it was asked and has no answers', () => {
    const { probes, ...rest } = withSuites(world, { mustPass: 30, refused: 40 });
    const asked = new Set(order[0]);
    const items = probes.items.filter((item) => asked.has(factKey(item)) && item.suite === 'builtin');
    const sequential = { blocks: 1, of: order.length, settled: 'pass' as const };
    const candidate = { ...rest, probes: { ...probes, items, orderSeed: ORDER_SEED, sequential } };
    const kinds = findingsOn(candidate, baseline).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['items-lost', 'must-pass-not-asked', 'refusals-lost']));
  });
});
