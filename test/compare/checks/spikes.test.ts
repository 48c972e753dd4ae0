import { describe, expect, it } from 'vitest';
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

/** A comparison with these weights; the check looks at nothing else. */
function contextOf(weights: readonly WeightPair[]): ComparisonContext {
  return { policy: DEFAULT_POLICY, weights } as unknown as ComparisonContext;
}

const spiked = (candidate: readonly number[], baseline?: readonly number[]) =>
  spikes(contextOf(group(candidate, baseline))).map((finding) => reasonOf(finding).place);

/** Measured on stories260K: q_proj has a wide spread, and the first layer of gate_proj stands out by nature. */
const Q_PROJ = [0.511, 0.557, 0.404, 0.501, 0.354];
const GATE_PROJ = [0.126, 0.057, 0.051, 0.067, 0.05];

const withChange = (values: readonly number[], at: number, value: number) =>
  values.map((x, i) => (i === at ? value : x));

describe('the check for spikes', () => {
  it('a layer that stands out in the baseline too is not a spike', () => {
    expect(spiked(GATE_PROJ, GATE_PROJ)).toEqual([]);
    expect(spiked(Q_PROJ, Q_PROJ)).toEqual([]);
    expect(
      spiked(
        GATE_PROJ.map((x) => x * 1.02),
        GATE_PROJ,
      ),
    ).toEqual([]);
  });

  it('a spike shows on a matrix whose top-1 energy was large already and can hardly grow', () => {
    // A spike of 5 σ₁: p → 25 p / (1 + 25 p).
    expect(spiked(withChange(Q_PROJ, 1, 0.933), Q_PROJ)).toEqual(['layer 1']);
  });

  it('a spike shows on a layer that stood out before', () => {
    expect(spiked(withChange(GATE_PROJ, 0, 0.4), GATE_PROJ)).toEqual(['layer 0']);
  });

  it('a spike that all matrices of a module type have is found, although none of them stands out among the others', () => {
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

  it('a module type of few matrices has a spike only if the odds more than double over a baseline', () => {
    expect(spiked([0.5, 0.9])).toEqual([]);
    expect(spiked([0.5, 0.9], [0.5, 0.5])).toEqual(['layer 1']);
    expect(spiked([0.5, 0.66], [0.5, 0.5])).toEqual([]);
  });

  it('without a baseline, a matrix that stands out in its module type is a spike', () => {
    expect(spiked([0.1, 0.11, 0.1, 0.12, 0.6])).toEqual(['layer 4']);
    expect(spiked([0.1, 0.11, 0.1, 0.12, 0.13])).toEqual([]);
  });

  it('energy shares of exactly 0 and 1 are no spikes', () => {
    expect(spiked([0, 1, 0.5, 0.5, 0.5], [0, 1, 0.5, 0.5, 0.5])).toEqual([]);
  });
});
