import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { findingsOn, matrices, measurement, ofKind, reportOn, withDelta, withMatrices } from '../measurement.ts';

describe('the checks of the update', () => {
  /** Norms of an update of 1.4 times the reference, at this cosine between the weights and the reference. */
  const large = (cosine: number, over: Partial<Measurement> = {}) => {
    const size = 1.4;
    // ‖W‖ = x·‖W₀‖ with x² + 1 − 2x·cosine = size².
    const x = cosine + Math.sqrt(cosine ** 2 - 1 + size ** 2);
    const tensors = matrices().map((tensor) => {
      if (tensor.metrics === null) return tensor;
      const norms = tensor.of === 'delta' ? { frobeniusNorm: size, updateSize: size } : { frobeniusNorm: x };
      return { ...tensor, metrics: { ...tensor.metrics, ...norms } };
    });
    return measurement({ tensors, ...over });
  };
  const ofSize = (candidate: Measurement) => ofKind('update-size', findingsOn(candidate, measurement()));

  it('an update larger than its reference is inconclusive if the weights have no direction in common with it', () => {
    expect(ofSize(large(0.001))).toEqual([
      {
        kind: 'update-size',
        level: 'inconclusive',
        candidate: 1.4,
        limit: 1,
        alignment: { cosine: expect.closeTo(0.001, 9), chance: expect.closeTo(4 / Math.sqrt(4 * 96 * 32), 9) },
      },
    ]);
    expect(ofSize(large(-0.2))).toMatchObject([{ level: 'inconclusive' }]);
    expect(reportOn(large(0.001), measurement()).verdict).toBe('inconclusive');
  });

  it('a run from scratch that still points where it started is a note', () => {
    expect(ofSize(large(0.1))).toMatchObject([{ level: 'info', alignment: { cosine: expect.closeTo(0.1, 9) } }]);
  });

  it('without W there is no direction: the weights of a whole checkpoint are not believed, an adapter has none', () => {
    const made = large(0.1);
    const updates = made.tensors.filter(({ of }) => of === 'delta');
    expect(ofSize(measurement({ tensors: updates }))).toMatchObject([{ level: 'inconclusive', alignment: null }]);
    const adapter = { ...made.checkpoint, format: 'lora' as const };
    expect(ofSize(measurement({ tensors: updates, checkpoint: adapter }))).toMatchObject([
      { level: 'info', alignment: null },
    ]);
  });

  it('an update as large as the reference is not a finding', () => {
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
        isReplaced: false,
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
        isReplaced: false,
      },
    ]);
  });

  it('a missing ratio is only information when nothing was trained, or when the policy does not gate on it', () => {
    const untouched = withMatrices(({ of }) =>
      of === 'delta' ? { status: 'zero', metrics: null, spectrum: [] } : null,
    );
    expect(reportOn(untouched, untouched, { policy: 'nothing-trained: {level: info}' }).verdict).toBe('pass');
    expect(ofKind('ratio-missing', findingsOn(untouched, untouched))).toMatchObject([{ level: 'info' }]);
    const lowRank = withDelta({ mlpAttentionRatio: null });
    const policy = 'rules: [{metric: mlpAttentionRatio, level: info}]';
    expect(ofKind('ratio-missing', findingsOn(lowRank, lowRank, { policy }))).toMatchObject([{ level: 'info' }]);
  });
});
