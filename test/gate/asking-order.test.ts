import { describe, expect, it } from 'vitest';
import type { CheckOptions } from '../../src/gate/check.ts';
import { MAX_SEED } from '../../src/measure/options.ts';
import { measuredProbesSchema } from '../../src/measure/schema/probes.ts';
import { directoryStore } from '../../src/platform/key-value-store.ts';
import { parsePolicy } from '../../src/policy/load.ts';
import { repository, temporaryFolder } from '../fixtures.ts';
import { probesOf, runGate } from './run-gate.ts';

const base = repository('examples', 'base');
const policy = repository('examples', 'shadow-gate.yml');

const { measurement: baseline } = await runGate({ checkpoint: base, policy, only: 'probes' });

/** The base beside itself: settled as a pass before everything was asked. */
async function ask(over: Partial<Omit<CheckOptions, 'checkpoint'>> = {}) {
  const { measurement, report } = await runGate({
    checkpoint: base,
    baseline: { kind: 'measurement', measurement: baseline, commit: null, name: 'base' },
    policy,
    only: 'probes',
    orderSeed: undefined,
    ...over,
  });
  const { items, orderSeed, sequential } = probesOf(measurement);
  return { report, orderSeed, sequential, items, ids: new Set(items.map(({ id }) => id)) };
}

const store = () => directoryStore(temporaryFolder(), () => {});

describe('the order in which a candidate is asked', () => {
  it('is drawn when the run begins, so that nobody can keep the answers that will be asked first', async () => {
    const [first, second] = [await ask(), await ask()];
    expect(first.sequential?.settled).toBe('pass');
    expect(first.orderSeed).not.toBe(second.orderSeed);
    expect([...first.ids].some((id) => !second.ids.has(id))).toBe(true);
    for (const seed of [first.orderSeed, second.orderSeed]) expect(seed).toBeLessThan(MAX_SEED);
    expect(first.report.probes?.orderSeed).toBe(first.orderSeed);
  });

  it('is that of another run with its seed', async () => {
    const drawn = await ask();
    const again = await ask({ orderSeed: drawn.orderSeed });
    expect(again.items).toEqual(drawn.items);
    expect(again.report).toMatchObject({ verdict: drawn.report.verdict, findings: drawn.report.findings });
  });

  it('stays when the same run is repeated with its cache, whose order somebody who looks for a lucky one cannot change', async () => {
    const cache = store();
    const first = await ask({ store: cache });
    const again = await ask({ store: cache });
    expect(again.orderSeed).toBe(first.orderSeed);
    expect(again.items).toEqual(first.items);
    const chosen = await ask({ store: cache, orderSeed: 5 });
    expect(chosen.orderSeed).toBe(5);
    expect(chosen.items).not.toEqual(first.items);
  });

  it('is not taken from a cache where a stricter policy settles nothing by it', async () => {
    const cache = store();
    const first = await ask({ store: cache });
    const text = 'probes: [probes.jsonl]\ntwin-accuracy: { alpha: 0.001, drop: 0.005 }\n';
    const strict = { policy: parsePolicy(text, policy), policyPath: policy };
    const other = await ask({ store: cache, policy: strict });
    expect(other.items.length).toBeGreaterThan(first.items.length);
  });

  it('decides what a time limit leaves time for, also where the baseline is a checkpoint', async () => {
    const within = (orderSeed: number) => ask({ baseline: base, budgetSeconds: 0.02, orderSeed });
    const [first, second] = [await within(1), await within(2)];
    expect(first.orderSeed).toBe(1);
    expect([...first.ids].some((id) => !second.ids.has(id))).toBe(true);
    expect([...second.ids].some((id) => !first.ids.has(id))).toBe(true);
  });

  it('is not recorded where everything was asked at once, and is part of every record of blocks', async () => {
    const all = await ask({ all: true });
    expect(all.orderSeed).toBeUndefined();
    const { orderSeed: _, ...without } = probesOf(
      (await runGate({ checkpoint: base, baseline: base, policy, only: 'probes' })).measurement,
    );
    expect(without.sequential).toBeDefined();
    expect(measuredProbesSchema.safeParse(without).error?.issues[0]?.path).toEqual(['orderSeed']);
  });
});
