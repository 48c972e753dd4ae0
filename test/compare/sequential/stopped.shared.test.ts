import { factKey, type MeasuredProbes, type ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { describe, expect, it } from 'vitest';
import { settleAgainst } from '../../../src/compare/checks/settle-answers.ts';
import { compare } from '../../../src/compare/compare.ts';
import { askingOrder } from '../../../src/compare/pairing/order.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { baselineOf, candidateOf } from './worlds.ts';

const POLICY = parsePolicy('', 'policy.yml');
const baseline = baselineOf('built-in', 1);
const ORDER_SEED = 7;
const order = askingOrder(answersOf(baseline), ORDER_SEED);
const blockOf = new Map(order.flatMap((keys, block) => keys.map((key): [string, number] => [key, block])));
const equal = candidateOf(baseline, { churn: 0 }, 1);
const worse = candidateOf(baseline, { churn: 0.03, benchmark: -0.25, twin: -0.25 }, 1);

function answersOf({ probes }: Measurement): MeasuredProbes {
  if (probes?.status !== 'measured') throw new Error('no answers');
  return probes;
}

interface Stop {
  readonly blocks: number;
  readonly of?: number;
  readonly settled: 'pass' | 'fail' | null;
  readonly keeps?: (item: ProbeItemMeasurement, block: number) => boolean;
}

/** A candidate that says it was asked so many blocks. */
function stopped(candidate: Measurement, { blocks, of = order.length, settled, keeps }: Stop): Measurement {
  const probes = answersOf(candidate);
  const items = probes.items.filter((item) => {
    const block = blockOf.get(factKey(item)) ?? -1;
    return keeps ? keeps(item, block) : block < blocks;
  });
  return { ...candidate, probes: { ...probes, items, orderSeed: ORDER_SEED, sequential: { blocks, of, settled } } };
}

function judge(candidate: Measurement, policy = POLICY, theirs = baseline) {
  const { verdict, findings } = compare({
    candidate,
    baseline: theirs,
    baselinePath: null,
    policy,
    policyPath: null,
    only: 'probes',
    today: new Date(),
  });
  return { verdict, kinds: findings.filter(({ level }) => level !== 'info').map(({ kind }) => kind) };
}

/** The block after which it is settled. */
function firstBlock(candidate: Measurement): number {
  const settle = settleAgainst(baseline, POLICY);
  const blocks = order.findIndex((_, block) => {
    const sequential = { blocks: block + 1, of: order.length, settled: null };
    return settle({ ...answersOf(stopped(candidate, sequential)), orderSeed: ORDER_SEED, sequential }) !== null;
  });
  return blocks + 1;
}

const AFTER = { equal: firstBlock(equal), worse: firstBlock(worse) } as const;

describe('the order in which a candidate is asked', () => {
  it('follows from the baseline and the seed of the order, not from the seed of the probes, and has every fact once', () => {
    expect(order.flat()).toHaveLength(360);
    expect(new Set(order.flat()).size).toBe(360);
    expect(askingOrder({ ...answersOf(baseline) }, ORDER_SEED)).toEqual(order);
    expect(askingOrder({ ...answersOf(baseline), seed: 2 } as MeasuredProbes, ORDER_SEED)).toEqual(order);
    expect(askingOrder(answersOf(baseline), 2)).not.toEqual(order);
    const { items, ...rest } = answersOf(baseline);
    const [first] = items;
    const leftOut = items.slice(0, 9).map((item) => ({ ...item, reason: 'too long' }));
    expect(first && askingOrder({ ...rest, items: items.slice(9), leftOut }, ORDER_SEED)).toEqual(order);
  });
});

describe('a candidate that was not asked everything', () => {
  it('passes where equal answers settle that, before the end and not at the first block', () => {
    const blocks = AFTER.equal;
    expect(blocks).toBeGreaterThan(1);
    expect(blocks).toBeLessThan(order.length);
    expect(judge(stopped(equal, { blocks, settled: 'pass' }))).toEqual({ verdict: 'pass', kinds: [] });
    // It is not the measurement's word that counts.
    expect(judge(stopped(equal, { blocks, settled: 'fail' })).verdict).toBe('pass');
    for (const of of [order.length - 1, order.length + 1]) {
      expect(judge(stopped(equal, { blocks, of, settled: 'pass' })).verdict, 'another order').toBe('inconclusive');
    }
    expect(judge(stopped(equal, { blocks: blocks - 1, settled: 'pass' }))).toMatchObject({
      verdict: 'inconclusive',
      kinds: expect.arrayContaining(['stopped-early']),
    });
  });

  it('fails where a large loss settles that', () => {
    const blocks = AFTER.worse;
    expect(blocks).toBeLessThan(order.length / 2);
    const { verdict, kinds } = judge(stopped(worse, { blocks, settled: 'fail' }));
    expect(verdict).toBe('fail');
    expect(kinds).not.toContain('stopped-early');
  });

  it('is not settled by a loss that the policy accepts: another may be among what was not asked', () => {
    const exceptions = ['twin-accuracy', 'accuracy-loss', 'likelihood-loss', 'retention', 'level-lost', 'two-key'].map(
      (finding) => `{ finding: ${finding}, scope: any, reason: known, who: ada, until: 2999-01-01 }`,
    );
    const accepting = parsePolicy(`exceptions: [${exceptions.join(', ')}]`, 'policy.yml');
    expect(judge(stopped(worse, { blocks: AFTER.worse, settled: 'fail' }), accepting)).toEqual({
      verdict: 'inconclusive',
      kinds: ['stopped-early'],
    });
  });

  it('is not settled under a stricter policy than the one it was asked under', () => {
    const blocks = AFTER.equal;
    const strict = parsePolicy('twin-accuracy: { alpha: 0.001, drop: 0.005 }', 'policy.yml');
    expect(judge(stopped(equal, { blocks, settled: 'pass' }), strict)).toMatchObject({
      verdict: 'inconclusive',
      kinds: expect.arrayContaining(['stopped-early']),
    });
  });

  it('is not green with a forged record that leaves its bad answers out', () => {
    const good = (item: ProbeItemMeasurement) => item.correct;
    for (const stop of [
      { blocks: 1, of: order.length, settled: 'pass', keeps: good },
      { blocks: 1, of: 1, settled: 'pass', keeps: good },
      { blocks: 1, of: order.length + 1, settled: 'pass' },
      { blocks: order.length, of: order.length, settled: 'pass', keeps: good },
      { blocks: 999, of: order.length, settled: 'pass', keeps: good },
      { blocks: 1, of: order.length, settled: 'pass' },
    ] as const) {
      expect(['fail', 'inconclusive'], JSON.stringify(stop)).toContain(judge(stopped(worse, stop)).verdict);
      expect(['fail', 'inconclusive'], JSON.stringify(stop)).toContain(judge(stopped(equal, stop)).verdict);
    }
  });

  it('loses items of blocks that it was asked, and of those that it says it could not run', () => {
    const blocks = AFTER.equal;
    const inBlock = (item: ProbeItemMeasurement, block: number) => block < blocks && !item.id.startsWith('records');
    const { verdict, kinds } = judge(stopped(equal, { blocks, settled: 'pass', keeps: inBlock }));
    expect(verdict).toBe('fail');
    expect(kinds).toContain('items-lost');

    const later = stopped(equal, { blocks, settled: 'pass' });
    const missing = answersOf(equal).items.filter((item) => (blockOf.get(factKey(item)) ?? 0) >= blocks);
    const leftOut = missing.map(({ suite, id }) => ({ suite, id, reason: 'too long', cause: 'does-not-fit' as const }));
    const unable = judge({ ...later, probes: { ...answersOf(later), leftOut } });
    expect(unable).toMatchObject({ verdict: 'fail', kinds: expect.arrayContaining(['items-lost']) });
  });

  it('is no baseline', () => {
    const theirs = stopped(equal, { blocks: AFTER.equal, settled: 'pass' });
    expect(judge(equal, POLICY, theirs)).toMatchObject({
      verdict: 'inconclusive',
      kinds: expect.arrayContaining(['stopped-early']),
    });
  });
});
