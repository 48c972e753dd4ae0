import { describe, expect, it } from 'vitest';
import type { ComparisonContext } from '../../../src/compare/check.ts';
import { spikesCheck } from '../../../src/compare/checks/spikes.ts';
import { findingReason } from '../../../src/compare/finding.ts';
import type { WeightPair } from '../../../src/compare/spectra/metric-pair.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';

const ranks = { any: 8, aboveRounding: 8, strong: 8 };

/** Top-1 energies of one module type, layer by layer: candidate and, where there is one, baseline. */
function group(
  candidate: readonly number[],
  baseline?: readonly number[],
  { shape = [64, 64], module = 'q_proj' }: Partial<Pick<WeightPair, 'shape' | 'module'>> = {},
): WeightPair[] {
  return candidate.map((topEnergy, i) => ({
    name: `layer ${i}`,
    group: module,
    module,
    shape,
    candidate: { topEnergy, ranks, zeroRows: null, rounding: null, profile: [] },
    baseline: baseline ? { topEnergy: baseline[i] ?? 0, ranks, zeroRows: null, rounding: null, profile: [] } : null,
  }));
}

/** A comparison with these weights; the check looks at nothing else. */
function contextOf(weights: readonly WeightPair[]): ComparisonContext {
  return { policy: DEFAULT_POLICY, weights } as unknown as ComparisonContext;
}

const spiked = (...weights: Parameters<typeof group>) =>
  spikesCheck(contextOf(group(...weights))).map((finding) => findingReason(finding).place);

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

  it('a module type of few matrices has a spike only if σ₁ more than doubles against the rest', () => {
    expect(spiked([0.5, 0.9])).toEqual([]);
    expect(spiked([0.5, 0.9], [0.5, 0.5])).toEqual(['layer 1']);
    expect(spiked([0.5, 0.79], [0.5, 0.5])).toEqual([]);
    // Two seeds of the modular-addition fixture: the output projection of the only layer.
    expect(spiked([0.392], [0.225], { shape: [32, 32] })).toEqual([]);
  });

  it('without a baseline, a matrix that stands out is a spike only if one direction has most of its energy', () => {
    expect(spiked([0.1, 0.11, 0.1, 0.12, 0.6])).toEqual(['layer 4']);
    expect(spiked([0.1, 0.11, 0.1, 0.12, 0.13])).toEqual([]);
    // The untouched stories260K, and the q_proj of SmolLM2-135M.
    expect(spiked(GATE_PROJ)).toEqual([]);
    expect(spiked([0.254, 0.02, 0.03, 0.027, 0.025, 0.018])).toEqual([]);
    // Matrices of no known type are no measure of each other.
    expect(spiked([0.1, 0.11, 0.1, 0.12, 0.6], undefined, { module: 'other' })).toEqual([]);
  });

  it('a share that doubles and stays small is not a spike, in a small group or in all of a large one', () => {
    // A classifier of two healthy LoRA runs, 768 × 768.
    expect(spiked([0.014], [0.007], { shape: [768, 768], module: 'other' })).toEqual([]);
    expect(spiked([0.09, 0.5], [0.04, 0.5], { shape: [768, 768] })).toEqual([]);
    const small = [0.01, 0.012, 0.011, 0.01];
    expect(
      spiked(
        small.map((x) => 3 * x),
        small,
        { shape: [768, 768] },
      ),
    ).toEqual([]);
    // Two seeds of the modular-addition fixture: 6.6 times the odds.
    expect(spiked([0.9995], [0.997], { shape: [32, 32] })).toEqual([]);
    expect(spiked(withChange(small, 2, 0.08), small, { shape: [768, 768] })).toEqual([]);
    expect(spiked(withChange(small, 2, 0.2), small, { shape: [768, 768] })).toEqual(['layer 2']);
    expect(spiked([0.2], [0.007], { shape: [768, 768], module: 'other' })).toEqual(['layer 0']);
  });

  it('a matrix of one or two rows or columns has one direction by its shape, which is not a spike', () => {
    for (const shape of [
      [1, 128],
      [128, 1],
      [2, 64],
      [64, 2],
    ] as const) {
      expect(spiked([0.95], [0.6], { shape })).toEqual([]);
      expect(spiked([0.5, 0.51, 0.5, 0.52, 1], undefined, { shape })).toEqual([]);
    }
  });

  it('a small matrix has to have more than a random one of its shape', () => {
    // The first direction of 8 × 8 random entries has up to 50% of the energy.
    expect(spiked([0.6], [0.4], { shape: [8, 8] })).toEqual([]);
    expect(spiked([0.9], [0.4], { shape: [8, 8] })).toEqual(['layer 0']);
  });

  it('a matrix that was all zeros before has no share that could rise', () => {
    expect(spiked([0.3], [0], { shape: [64, 64] })).toEqual([]);
  });

  it('energy shares of exactly 0 and 1 are no spikes', () => {
    expect(spiked([0, 1, 0.5, 0.5, 0.5], [0, 1, 0.5, 0.5, 0.5])).toEqual([]);
  });

  it('the policy sets the least share', () => {
    const policy = parsePolicy('spike: {share: 0.01}', 'policy.yml');
    const weights = group([0.08], [0.02], { shape: [768, 768] });
    expect(spikesCheck({ ...contextOf(weights), policy })).toMatchObject([{ kind: 'spike' }]);
  });
});
