import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { ofRank } from '../../report/fixtures.ts';
import { findingsOn, measurement, withMatrices } from '../measurement.ts';

type Ranks = {
  readonly [Key in 'rank' | 'rankAboveRounding' | 'rankAt1e-2' | 'zeroRows' | 'roundingLimit']?: number;
};

/** A measurement in which one matrix of W has other ranks. */
const withRanks = (ranks: Ranks, module: 'q_proj' | 'embed' = 'q_proj') =>
  withMatrices(({ name, of, metrics }) =>
    name === '0.q_proj' && of === 'weight' && metrics ? { module, metrics: { ...metrics, ...ranks } } : null,
  );

/** The same with this many directions in all: the fixture has 32, all of them strong. */
const withRank = (rank: number) =>
  withMatrices(({ name, of, metrics }) =>
    name === '0.q_proj' && of === 'weight' && metrics ? { metrics: ofRank(metrics, rank) } : null,
  );

/** As version 0.2 wrote it. */
const older = (made: Measurement): Measurement => ({
  ...made,
  tensors: made.tensors.map((tensor) => {
    if (tensor.metrics === null) return tensor;
    const { 'rankAt1e-2': _, rankAboveRounding: __, ...metrics } = tensor.metrics;
    return { ...tensor, metrics };
  }),
});

describe('the check for rank loss', () => {
  it('a matrix that lost a strong direction of the baseline warns, and the finding gives both counts', () => {
    const lost = { kind: 'rank-loss', level: 'warn', tensor: '0.q_proj', candidate: 31, baseline: 32 };
    expect(findingsOn(withRank(31), withRank(32))).toEqual([lost]);
    expect(findingsOn(withRank(31), withRank(32), { policy: 'rank-loss: {level: fail}' })).toEqual([
      { ...lost, level: 'fail' },
    ]);
  });

  it('directions that the baseline had below 10⁻² σ₁ may go: weight decay takes them in healthy runs', () => {
    const before = withRanks({ rank: 32, rankAboveRounding: 32, 'rankAt1e-2': 20 });
    const decayed = (left: number) =>
      withRanks({ rank: left, rankAboveRounding: left, 'rankAt1e-2': Math.min(left, 20) });
    expect(findingsOn(decayed(20), before)).toEqual([]);
    expect(findingsOn(decayed(19), before)).toMatchObject([{ kind: 'rank-loss', candidate: 19, baseline: 20 }]);
  });

  it('in 16 bits, directions that only rounding is left of are lost', () => {
    const rounded = withRanks({ rank: 32, rankAboveRounding: 12, 'rankAt1e-2': 12 });
    expect(findingsOn(rounded, measurement())).toMatchObject([{ kind: 'rank-loss', candidate: 12, baseline: 32 }]);
  });

  it('where a quantized format hides strong directions, only those that it cannot hide are counted', () => {
    const line = (last: number) => Array.from({ length: 24 }, (_, i) => 1 - ((1 - last) * i) / 23);
    // All 32 σ of the baseline are between σ₁ and a tenth of it; rounding is below 0.2 σ₁ of the candidate.
    const baseline = withMatrices(({ name, of }) =>
      name === '0.q_proj' && of === 'weight' ? { spectrum: line(0.1) } : null,
    );
    const quantized = (left: number) =>
      withRanks({ rank: 32, rankAboveRounding: left, 'rankAt1e-2': 32, roundingLimit: 0.2 });
    const remark = { kind: 'rank-not-checked', level: 'info', cause: 'format', example: '0.q_proj', matrices: 1 };
    // 21 of them are above 0.4, so they had to be left; profiles show a few fewer.
    expect(findingsOn(quantized(28), baseline)).toEqual([remark]);
    expect(findingsOn(quantized(21), baseline)).toEqual([remark]);
    // Cut to any number of directions, however weak the last of them is.
    for (const left of [16, 8, 1]) {
      expect(findingsOn(quantized(left), baseline)).toEqual([
        { kind: 'rank-loss', level: 'warn', tensor: '0.q_proj', candidate: left, baseline: expect.any(Number) },
        remark,
      ]);
    }
  });

  it('in 16 bits, one direction below the rounding is no loss: the smallest σ of a small square matrix is chance', () => {
    const rounded = (left: number) => withRanks({ rank: 32, rankAboveRounding: left, 'rankAt1e-2': left });
    expect(findingsOn(rounded(31), measurement())).toEqual([]);
    expect(findingsOn(rounded(30), measurement())).toMatchObject([{ kind: 'rank-loss', candidate: 30, baseline: 32 }]);
    const gone = withRanks({ rank: 31, rankAboveRounding: 31, 'rankAt1e-2': 31 });
    expect(findingsOn(gone, measurement())).toMatchObject([{ kind: 'rank-loss', candidate: 31, baseline: 32 }]);
  });

  it('a rank that stays or rises is not a finding', () => {
    expect(findingsOn(withRank(32), withRank(32))).toEqual([]);
    expect(findingsOn(withRank(32), withRank(31))).toEqual([]);
  });

  it('without a baseline, only a matrix of zeros is a finding', () => {
    const zero = withMatrices(({ name, of }) =>
      name === '0.q_proj' && of === 'weight' ? { status: 'zero', metrics: null, spectrum: [] } : null,
    );
    const policy = 'on-missing-baseline: pass';
    expect(findingsOn(zero, null, { policy })).toMatchObject([
      { kind: 'rank-loss', level: 'warn', tensor: '0.q_proj', candidate: 0, baseline: null },
      { kind: 'missing-baseline', level: 'info' },
    ]);
    expect(findingsOn(withRank(1), null, { policy })).toMatchObject([{ kind: 'missing-baseline' }]);
  });

  it('rows of an embedding that went to zero are named, and explain as many directions; more than those are lost', () => {
    const before = withRanks({ zeroRows: 1 }, 'embed');
    const named = { kind: 'zero-rows', level: 'info', tensor: '0.q_proj', candidate: 3, baseline: 1, rows: 96 };
    const after = (left: number) =>
      withRanks({ rank: left, rankAboveRounding: left, 'rankAt1e-2': left, zeroRows: 3 }, 'embed');
    expect(findingsOn(after(30), before)).toEqual([named]);
    expect(findingsOn(after(29), before)).toMatchObject([{ kind: 'rank-loss', candidate: 29, baseline: 32 }, named]);
    expect(findingsOn(before, before)).toEqual([]);
    // Rows of other matrices are output features, which every input uses.
    const block = withRanks({ rank: 30, rankAboveRounding: 30, 'rankAt1e-2': 30, zeroRows: 3 });
    expect(findingsOn(block, withRanks({ zeroRows: 1 }))).toMatchObject([{ kind: 'rank-loss' }]);
  });

  it('spectra measured fast have no rank, and the report states that rank loss was not checked', () => {
    const fast = withMatrices(({ of, metrics }) =>
      of === 'weight' && metrics
        ? {
            method: 'fast',
            metrics: {
              ...metrics,
              ...{ rank: null, 'rankAt1e-2': null, rankAboveRounding: null, effectiveRankRV: null },
              ...{ alpha: null, alphaD: null, alphaTail: null },
            },
          }
        : null,
    );
    const notChecked = {
      kind: 'rank-not-checked',
      level: 'inconclusive',
      cause: 'fast',
      example: '0.q_proj',
      matrices: 4,
    };
    expect(findingsOn(fast, measurement())).toEqual([notChecked]);
    // Where the baseline has no rank either, none can be lost by the choice of the method.
    expect(findingsOn(fast, fast)).toEqual([{ ...notChecked, level: 'info' }]);
    expect(findingsOn(measurement(), fast)).toEqual([]);
    expect(findingsOn(fast, measurement(), { policy: 'rank-loss: {level: info}' })).toEqual([]);
  });

  it('a baseline of version 0.2 proves only that no rank at all was lost; anything else was not checked', () => {
    const before = older(measurement());
    expect(findingsOn(withRank(32), before)).toEqual([]);
    const notChecked = [
      { kind: 'rank-not-checked', level: 'inconclusive', cause: 'older-version', example: '0.q_proj', matrices: 1 },
    ];
    expect(findingsOn(withRank(31), before)).toEqual(notChecked);
    // Nor is a candidate without the count of what is left above rounding.
    expect(findingsOn(older(measurement()), measurement())).toMatchObject([{ ...notChecked[0], matrices: 4 }]);
  });
});
