import { describe, expect, it } from 'vitest';
import { estimateEta, type WorkPart } from '../../../src/measure/progress/eta.ts';

/** Work whose parts take the given seconds on a simulated clock. */
function work(parts: ReadonlyArray<WorkPart & { readonly seconds: number; readonly isFree?: boolean }>) {
  let now = 0;
  const eta = estimateEta(new Map(parts.entries()), () => now);
  const after = (count: number) => {
    for (const [place, { seconds, isFree = false }] of parts.slice(0, count).entries()) {
      now += 1000 * seconds;
      eta.finish(place, isFree);
    }
    return eta.seconds();
  };
  const total = parts.reduce((sum, { seconds }) => sum + seconds, 0);
  return {
    eta,
    after,
    total,
    rest: (count: number) => parts.slice(count).reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

const square = { kind: '4096 × 4096', cost: 10 };
const tall = { kind: '11008 × 4096', cost: 27 };
const head = { kind: '32000 × 4096', cost: 80 };

/** A layer of a transformer whose tall matrices take half the time that their cost suggests. */
const layer = [
  ...Array.from({ length: 4 }, () => ({ ...square, seconds: 2.4 })),
  ...Array.from({ length: 3 }, () => ({ ...tall, seconds: 3.3 })),
];
const model = Array.from({ length: 32 }, () => layer).flat();

describe('the ETA', () => {
  it('is unknown until something was computed, and zero at the end', () => {
    expect(work(model).after(0)).toBeNull();
    expect(work(layer).after(layer.length)).toBe(0);
    expect(work([{ ...square, seconds: 0.01, isFree: true }, ...layer]).after(1)).toBeNull();
  });

  it('follows the cost of kinds that were not measured yet', () => {
    expect(
      work([
        { ...square, seconds: 2 },
        { ...head, seconds: 0 },
      ]).after(1),
    ).toBe(16);
  });

  it('is right once each shape was measured, however wrong the costs are', () => {
    for (const done of [7, 23, 100, 200]) {
      const { after, rest } = work(model);
      expect(after(done)).toBeCloseTo(rest(done));
    }
  });

  it('follows the recent speed if the machine becomes slower', () => {
    const parts = Array.from({ length: 100 }, (_, i) => ({ ...square, seconds: i < 30 ? 1 : 3 }));
    const { after, rest } = work(parts);
    expect(Math.abs((after(60) ?? 0) / rest(60) - 1)).toBeLessThan(0.05);
  });

  it('expects as many known results as so far, so that it is right if few matrices have changed', () => {
    const parts = model.map((part, i) => (i % 10 === 9 ? part : { ...part, seconds: 0.05, isFree: true }));
    for (const done of [40, 80, 160]) {
      const { after, total, rest } = work(parts);
      expect(Math.abs((after(done) ?? 0) - rest(done)) / total).toBeLessThan(0.3);
    }
  });

  it('soon forgets the results that an interrupted run had stored', () => {
    const parts = model.map((part, i) => (i < 112 ? { ...part, seconds: 0.05, isFree: true } : part));
    const { after, rest } = work(parts);
    expect((after(112 + 56) ?? 0) / rest(112 + 56)).toBeGreaterThan(0.9);
  });

  it('ignores parts that were left out, and parts that are reported twice', () => {
    const { eta, after } = work([...layer, ...layer]);
    const once = after(7);
    eta.finish(0, false);
    eta.finish(99, true);
    expect(eta.seconds()).toBe(once);
  });
});
