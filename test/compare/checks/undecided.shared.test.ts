import { describe, expect, it } from 'vitest';
import { compare, undecidedSpectra } from '../../../src/compare/compare.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { spectrum, tensor } from '../../report/fixtures.ts';
import { seeded } from '../../statistics/seeded.ts';
import { asFull, asScreened, comparisonOf, expectSame, expectSameOfAll, type Paired, withTensors } from './screened.ts';

/** `undecided.shared.nightly.test.ts` tries more. */
const PAIRS = 40;

type Pair = Pick<Paired, 'candidate' | 'baseline'>;

describe('a check that screens first', () => {
  it('finds the same as one with full spectra, at the same levels and with the same numbers', () => {
    const { found, left, all } = expectSameOfAll(1, PAIRS);
    // There was something to find, and something was saved.
    expect(found).toBeGreaterThan(PAIRS / 10);
    expect(left / all).toBeGreaterThan(0.2);
  });

  it('knows an update of low rank, whose rules read more, although its bounds allow another one', () => {
    const comparison = comparisonOf(3);
    const narrow = ({ tensors }: Measurement, decay: number) =>
      tensors.map((matrix) => {
        const { name, module, layer, of } = matrix;
        const isNarrow = module === 'q_proj' || module === 'o_proj';
        if (of === 'weight') return matrix;
        return asFull(tensor(name, module, of, spectrum({ decay: isNarrow ? decay : 0.5 }), { layer }));
      });
    const pair = ({ candidate, baseline }: Pair, decay: number) => ({
      candidate: withTensors(candidate, narrow(candidate, decay)),
      baseline: baseline && withTensors(baseline, narrow(baseline, 0.5)),
    });
    // The rule on the ratio is not in question: it is far below its limit.
    const { findings } = expectSame({ ...comparison, ...pair(comparison, 5) }, 1, 0.2);
    expect(findings.map(({ kind }) => kind)).toContain('ratio-missing');
    expectSame({ ...comparison, ...pair(comparison, 1) }, 1, 0.2);
  });

  it('does not take weights of the same norm for the same weights', () => {
    const comparison = comparisonOf(3);
    const weights = (decay: number) =>
      ['q_proj', 'up_proj'].map((name) => {
        const made = asFull(tensor(name, name as 'q_proj', 'weight', spectrum({ decay })));
        return { ...made, metrics: made.metrics && { ...made.metrics, frobeniusNorm: 3 } };
      });
    const side = (measured: Measurement, decay: number): Measurement => ({
      ...withTensors(measured, weights(decay)),
      vectors: [],
      probes: null,
      nonFinite: [],
    });
    const { candidate, baseline } = comparison;
    const pair = (decay: number) => ({
      ...{ ...comparison, candidate: side(candidate, decay), baseline: side(baseline ?? expect.fail(), 0.5) },
    });
    const kinds = ({ findings }: ReturnType<typeof expectSame>) => findings.map(({ kind }) => kind);
    expect(kinds(expectSame(pair(0.52), 1, 0.6))).not.toContain('nothing-trained');
    expect(kinds(expectSame(pair(0.5), 1, 0.6))).toContain('nothing-trained');
  });

  it('needs every matrix without a baseline', () => {
    const comparison = comparisonOf(3);
    const screens = comparison.candidate.tensors.map((tensor) => asScreened(tensor, seeded(1), 0.2));
    const candidate = withTensors(comparison.candidate, screens);
    const measured = candidate.tensors.filter(({ metrics }) => metrics !== null);
    expect(measured.length).toBeGreaterThan(0);
    expect(undecidedSpectra({ ...comparison, candidate, baseline: null })).toHaveLength(measured.length);
  });

  it('is inconclusive where files are compared whose screens leave something open', () => {
    const comparison = comparisonOf(3);
    const screens = comparison.candidate.tensors.map((tensor) => asScreened(tensor, seeded(1), 2));
    const candidate = withTensors(comparison.candidate, screens);
    const open = { kind: 'bounds-too-wide', level: 'inconclusive', isScreened: true };
    expect(compare({ ...comparison, candidate, baseline: null }).findings).toContainEqual(
      expect.objectContaining(open),
    );
    const swapped = { ...comparison, baseline: candidate };
    expect(compare(swapped).findings).toContainEqual(expect.objectContaining({ ...open, side: 'baseline' }));
  });
});
