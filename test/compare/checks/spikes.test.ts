import { describe, expect, it } from 'vitest';
import { rankLoss } from '../../../src/compare/checks/rank-loss.ts';
import { spikes } from '../../../src/compare/checks/spikes.ts';
import type { ComparisonContext } from '../../../src/compare/context.ts';
import type { WeightPair } from '../../../src/compare/metric-pair.ts';
import { reasonOf } from '../../../src/compare/reason.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';

/** Top-1 energies of one module type, layer by layer: candidate and, where there is one, baseline. */
function group(candidate: readonly number[], baseline?: readonly number[]): WeightPair[] {
  return candidate.map((topEnergy, i) => ({
    name: `layer ${i}`,
    group: 'q_proj',
    candidate: { topEnergy, rank: 8 },
    baseline: baseline ? { topEnergy: baseline[i] ?? 0, rank: 8 } : null,
  }));
}

/** A comparison with these weights; the checks of weights look at nothing else. */
function contextOf(weights: readonly WeightPair[]): ComparisonContext {
  return { policy: DEFAULT_POLICY, weights, candidate: { tensors: [] } } as unknown as ComparisonContext;
}

const spiked = (candidate: readonly number[], baseline?: readonly number[]) =>
  spikes(contextOf(group(candidate, baseline))).map((finding) => reasonOf(finding).place);

/** The real q_proj and gate_proj of stories260K: one wide spread, one layer that stands out by nature. */
const Q_PROJ = [0.511, 0.557, 0.404, 0.501, 0.354];
const GATE_PROJ = [0.126, 0.057, 0.051, 0.067, 0.05];

const withChange = (values: readonly number[], at: number, value: number) =>
  values.map((x, i) => (i === at ? value : x));

describe('spikes', () => {
  it('are not what a healthy model has in the baseline too', () => {
    expect(spiked(GATE_PROJ, GATE_PROJ)).toEqual([]);
    expect(spiked(Q_PROJ, Q_PROJ)).toEqual([]);
    expect(
      spiked(
        GATE_PROJ.map((x) => x * 1.02),
        GATE_PROJ,
      ),
    ).toEqual([]);
  });

  it('are seen where the share is large already and can hardly grow', () => {
    // A spike of 5 σ₁: p → 25 p / (1 + 25 p).
    expect(spiked(withChange(Q_PROJ, 1, 0.933), Q_PROJ)).toEqual(['layer 1']);
  });

  it('are seen on a layer that stood out before', () => {
    expect(spiked(withChange(GATE_PROJ, 0, 0.4), GATE_PROJ)).toEqual(['layer 0']);
  });

  it('are seen where all matrices of a type have one', () => {
    expect(
      spiked(
        GATE_PROJ.map(() => 0.86),
        GATE_PROJ,
      ),
    ).toContain('q_proj');
    expect(
      spiked(
        GATE_PROJ.map((x) => x * 1.5),
        GATE_PROJ,
      ),
    ).toEqual([]);
  });

  it('need a baseline where there are too few of a type, and then doubled odds', () => {
    expect(spiked([0.5, 0.9])).toEqual([]);
    expect(spiked([0.5, 0.9], [0.5, 0.5])).toEqual(['layer 1']);
    expect(spiked([0.5, 0.66], [0.5, 0.5])).toEqual([]);
  });

  it('without a baseline are what stands out in its type', () => {
    expect(spiked([0.1, 0.11, 0.1, 0.12, 0.6])).toEqual(['layer 4']);
    expect(spiked([0.1, 0.11, 0.1, 0.12, 0.13])).toEqual([]);
  });

  it('survive shares of exactly 0 and 1', () => {
    expect(spiked([0, 1, 0.5, 0.5, 0.5], [0, 1, 0.5, 0.5, 0.5])).toEqual([]);
  });
});

describe('rank loss', () => {
  const loss = (rank: number, baseline: number | null) =>
    rankLoss(
      contextOf([
        {
          name: 'w',
          group: 'g',
          candidate: { topEnergy: 0, rank },
          baseline: baseline === null ? null : { topEnergy: 0, rank: baseline },
        },
      ]),
    ).length;

  it('is any direction that the baseline has; without one, a matrix of zeros', () => {
    expect([loss(7, 8), loss(8, 8), loss(8, 7), loss(0, null), loss(1, null)]).toEqual([1, 0, 0, 1, 0]);
  });
});
