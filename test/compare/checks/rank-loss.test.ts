import { describe, expect, it } from 'vitest';
import { findingsOn, measurement, withMatrices } from '../measurement.ts';

/** A measurement in which one matrix of W has another rank. */
const withRank = (rank: number) =>
  withMatrices(({ name, of, metrics }) =>
    name === '0.q_proj' && of === 'weight' && metrics ? { metrics: { ...metrics, rank } } : null,
  );

describe('the check for rank loss', () => {
  it('a matrix that lost one direction of the baseline fails, and the finding gives both ranks', () => {
    expect(findingsOn(withRank(31), withRank(32))).toEqual([
      { kind: 'rank-loss', level: 'fail', tensor: '0.q_proj', candidate: 31, baseline: 32 },
    ]);
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
      { kind: 'rank-loss', level: 'fail', tensor: '0.q_proj', candidate: 0, baseline: null },
      { kind: 'missing-baseline', level: 'info' },
    ]);
    expect(findingsOn(withRank(1), null, { policy })).toMatchObject([{ kind: 'missing-baseline' }]);
  });

  it('spectra measured fast have no rank, and the report states that rank loss was not checked', () => {
    const fast = withMatrices(({ of, metrics }) =>
      of === 'weight' && metrics
        ? {
            method: 'fast',
            metrics: { ...metrics, rank: null, effectiveRankRV: null, alpha: null, alphaD: null, alphaTail: null },
          }
        : null,
    );
    const notChecked = { kind: 'rank-not-checked', level: 'inconclusive', example: '0.q_proj', matrices: 4 };
    expect(findingsOn(fast, measurement())).toEqual([notChecked]);
    // Where the baseline has no rank either, none can be lost by the choice of the method.
    expect(findingsOn(fast, fast)).toEqual([{ ...notChecked, level: 'info' }]);
    expect(findingsOn(fast, measurement(), { policy: 'rank-loss: {level: info}' })).toEqual([]);
  });
});
