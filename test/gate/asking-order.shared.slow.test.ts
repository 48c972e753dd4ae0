import { directoryStore } from '@shadow-gate/platform/key-value-store';
import { measuredProbesSchema } from '@shadow-gate/probes/answer';
import { describe, expect, it } from 'vitest';
import { MAX_SEED } from '../../src/measure/options.ts';
import { repository, temporaryFolder } from '../fixtures.ts';
import type { FlatOptions } from './check-options.ts';
import { probesOf, runGate } from './run-gate.ts';

const base = repository('examples', 'base');
const policy = repository('examples', 'shadow-gate.yml');

const { measurement: baseline } = await runGate({ checkpoint: base, policy, only: 'probes' });

/** The base against itself: settled as a pass before everything was asked. */
async function ask(over: Partial<Omit<FlatOptions, 'checkpoint'>> = {}) {
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
  it('is drawn when the run begins: nobody can keep the answers that will be asked first', async () => {
    const [first, second] = [await ask(), await ask()];
    expect(first.sequential?.settled).toBe('pass');
    expect(first.orderSeed).not.toBe(second.orderSeed);
    expect([...first.ids].some((id) => !second.ids.has(id))).toBe(true);
    for (const seed of [first.orderSeed, second.orderSeed]) expect(seed).toBeLessThan(MAX_SEED);
    expect(first.report.probes?.orderSeed).toBe(first.orderSeed);
  });

  it('is the same as in another run with its seed', async () => {
    const drawn = await ask();
    const again = await ask({ orderSeed: drawn.orderSeed });
    expect(again.items).toEqual(drawn.items);
    expect(again.report).toMatchObject({ verdict: drawn.report.verdict, findings: drawn.report.findings });
  });

  it('is drawn anew with a cache too: the cache keeps nothing that was settled', async () => {
    const cache = store();
    const [first, again] = [await ask({ store: cache }), await ask({ store: cache })];
    expect(first.sequential?.settled).toBe('pass');
    expect(again.orderSeed).not.toBe(first.orderSeed);
  });

  it('does not matter where a cache has all answers', async () => {
    const cache = store();
    const all = await ask({ store: cache, all: true });
    const { sequential, items } = await ask({ store: cache });
    expect(sequential).toBeUndefined();
    expect(items).toEqual(all.items);
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
