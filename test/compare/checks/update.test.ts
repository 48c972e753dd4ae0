import { describe, expect, it } from 'vitest';
import { findingsOn, measurement, ofKind, reportOn, withDelta, withMatrices } from '../measurement.ts';

describe('the checks of the update', () => {
  it('an update larger than its reference is inconclusive: the candidate was hardly trained from it', () => {
    expect(findingsOn(withDelta({ updateSize: 1.4 }), measurement())).toEqual([
      { kind: 'update-size', level: 'inconclusive', candidate: 1.4, limit: 1 },
    ]);
    expect(findingsOn(withDelta({ updateSize: 1 }), measurement())).toEqual([]);
  });

  it('matrices with another shape than in the reference are inconclusive, and one of them is named', () => {
    expect(findingsOn(measurement({ mismatched: ['0.q_proj', '1.q_proj'] }), measurement())).toEqual([
      { kind: 'reference-shape', level: 'inconclusive', example: '0.q_proj', matrices: 2 },
    ]);
  });

  it('a candidate without the headline ratio is inconclusive, and the finding gives the cause', () => {
    const lowRank = withDelta({ mlpAttentionRatio: null });
    expect(ofKind('ratio-missing', findingsOn(lowRank, measurement()))).toEqual([
      {
        kind: 'ratio-missing',
        level: 'inconclusive',
        side: 'candidate',
        cause: { kind: 'saturated' },
        candidate: null,
        baseline: 1,
      },
    ]);
    const noise = withDelta({ mlpAttentionRatio: null, mlpTopEnergy: null, belowNoise: 2 });
    expect(ofKind('ratio-missing', findingsOn(measurement(), noise))).toEqual([
      {
        kind: 'ratio-missing',
        level: 'inconclusive',
        side: 'baseline',
        cause: { kind: 'missing', mlp: true, attention: false, belowNoise: 2 },
        candidate: 1,
        baseline: null,
      },
    ]);
  });

  it('a missing ratio is only information when nothing was trained, or when the policy does not gate on it', () => {
    const untouched = withMatrices(({ of }) =>
      of === 'delta' ? { status: 'zero', metrics: null, spectrum: [] } : null,
    );
    expect(reportOn(untouched, untouched).verdict).toBe('pass');
    expect(ofKind('ratio-missing', findingsOn(untouched, untouched))).toMatchObject([{ level: 'info' }]);
    const lowRank = withDelta({ mlpAttentionRatio: null });
    const policy = 'rules: [{metric: mlpAttentionRatio, level: info}]';
    expect(ofKind('ratio-missing', findingsOn(lowRank, lowRank, { policy }))).toMatchObject([{ level: 'info' }]);
  });
});
