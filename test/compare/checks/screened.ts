import { type Bounded, boundedValue } from '@shadow-gate/spectra/bounded';
import { EXACT_ONLY, type Metrics } from '@shadow-gate/spectra/metrics-schema';
import { expect } from 'vitest';
import { type Comparison, compare, undecidedSpectra } from '../../../src/compare/compare.ts';
import type { Report } from '../../../src/compare/report.ts';
import { isScreened, summarize, tensorKey } from '../../../src/measure/aggregate.ts';
import type { Measurement, TensorMeasurement } from '../../../src/measure/schema/measurement.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { type Seeded, seeded } from '../../statistics/seeded.ts';
import { randomPair } from '../random-pairs.ts';

export const withTensors = (measured: Measurement, tensors: TensorMeasurement[]): Measurement => ({
  ...measured,
  ...summarize(tensors),
  tensors,
});

/** As a fast spectrum has them: without what only all singular values show. */
export function asFull(tensor: TensorMeasurement): TensorMeasurement {
  const { rankAboveRounding: _, ...metrics } = tensor.metrics ?? {};
  return {
    ...tensor,
    method: 'fast',
    accumulation: 'float32',
    metrics: tensor.metrics && { ...(metrics as Metrics), ...EXACT_ONLY },
  };
}

/** Bounds around the numbers of a full spectrum, each side up to `width` away. */
export function asScreened(tensor: TensorMeasurement, random: Seeded, width: number): TensorMeasurement {
  const { metrics } = tensor;
  if (metrics === null) return tensor;
  const within = (measured: Metrics['stableRank'], most: number, least = 0): Bounded => {
    const truth = boundedValue(measured);
    const low = Math.max(least, truth * (1 - Math.min(1, width * random.uniform())));
    const high = Math.min(most, truth * (1 + width * random.uniform()));
    return { value: low + (high - low) / 2, low, high };
  };
  const share = (key: keyof Metrics['topEnergy']) => within(metrics.topEnergy[key], 1);
  const rank = (key: 'stableRank' | 'participationRatio' | 'effectiveRank') => within(metrics[key], 1e9, 1);
  return {
    ...tensor,
    method: 'screened',
    spectrum: [],
    metrics: {
      ...metrics,
      spectralNorm: within(metrics.spectralNorm, 1e9),
      stableRank: rank('stableRank'),
      participationRatio: rank('participationRatio'),
      participationRatioToNull: within(metrics.participationRatioToNull, 1e9),
      effectiveRank: rank('effectiveRank'),
      topEnergy: { '1': share('1'), '8': share('8'), '1%': share('1%'), '5%': share('5%') },
    },
  };
}

interface Settled {
  readonly report: Report;
  /** How many matrices are still screened. */
  readonly screened: number;
}

/** What a check does: full spectra in the place of screens until nothing is open. */
function settle(comparison: Comparison, screened: Measurement): Settled {
  const full = new Map(comparison.candidate.tensors.map((tensor) => [tensorKey(tensor), tensor]));
  let candidate = screened;
  for (;;) {
    const open = new Set(undecidedSpectra({ ...comparison, candidate }).map(tensorKey));
    if (open.size === 0) break;
    const complete = (tensor: TensorMeasurement) =>
      isScreened(tensor) && open.has(tensorKey(tensor)) ? (full.get(tensorKey(tensor)) ?? tensor) : tensor;
    candidate = withTensors(candidate, candidate.tensors.map(complete));
  }
  return {
    report: compare({ ...comparison, candidate }),
    screened: candidate.tensors.filter(isScreened).length,
  };
}

/** A random pair as fast spectra have it. */
export function comparisonOf(seed: number) {
  const { candidate, baseline, policy } = randomPair(seed);
  const full = withTensors(candidate, candidate.tensors.map(asFull));
  return {
    candidate: full,
    baseline: baseline && withTensors(baseline, baseline.tensors.map(asFull)),
    baselinePath: 'baseline.json',
    policy: parsePolicy(policy, 'policy.yml'),
    policyPath: 'policy.yml',
    today: new Date(),
  };
}

export type Paired = ReturnType<typeof comparisonOf>;

/** The findings of a screened check, which have to be those of full spectra, and how many matrices stay screened. */
export function expectSame(comparison: Paired, seed: number, width: number) {
  const { candidate } = comparison;
  const random = seeded(seed);
  const screens = candidate.tensors.map((tensor) => asScreened(tensor, random, width));
  const whole = compare(comparison);
  const settled = settle(comparison, withTensors(candidate, screens));
  expect(settled.report.findings, `seed ${seed}`).toEqual(whole.findings);
  expect(settled.report.verdict).toBe(whole.verdict);
  return { findings: whole.findings, left: settled.screened };
}

/** Narrow bounds decide much, and wide ones nothing. */
const WIDTHS = [0.01, 0.05, 0.2, 0.6, 2];

/** The same of random pairs: how many had something to find, and how many of all matrices stay screened. */
export function expectSameOfAll(first: number, pairs: number) {
  let [left, all, found] = [0, 0, 0];
  for (let seed = first; seed < first + pairs; seed += 1) {
    const comparison = comparisonOf(seed);
    if (comparison.candidate.method === null || comparison.baseline === null) continue;
    const { findings, left: screened } = expectSame(comparison, seed, WIDTHS[seed % WIDTHS.length] ?? 1);
    left += screened;
    all += comparison.candidate.tensors.length;
    if (findings.some(({ kind }) => kind === 'spike' || kind === 'metric-moved')) found += 1;
  }
  return { found, left, all };
}
