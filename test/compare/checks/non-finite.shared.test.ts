import { describe, expect, it } from 'vitest';
import { findingsOn, measurement, ofKind, withMatrices } from '../measurement.ts';

const broken = (name: string, of: 'weight' | 'delta') =>
  withMatrices((tensor) =>
    tensor.name === name && tensor.of === of ? { status: 'notFinite', metrics: null, spectrum: [] } : null,
  );

describe('the check for NaN and Inf', () => {
  it('a candidate with NaN fails, and the finding counts the values of each tensor', () => {
    const candidate = measurement({ nonFinite: [{ name: 'norm', nan: 3, inf: 1 }] });
    expect(findingsOn(candidate, measurement())).toEqual([
      { kind: 'non-finite', level: 'fail', tensor: 'norm', nan: 3, inf: 1 },
    ]);
    expect(findingsOn(candidate, measurement(), { policy: 'non-finite: {level: info}' })).toMatchObject([
      { kind: 'non-finite', level: 'info' },
    ]);
  });

  it('NaN in the baseline alone is no fault of the candidate', () => {
    expect(findingsOn(measurement(), measurement({ nonFinite: [{ name: 'norm', nan: 3, inf: 0 }] }))).toEqual([]);
  });

  it.each(['weight', 'delta'] as const)('a %s without a spectrum is never a pass', (of) => {
    expect(ofKind('no-spectrum', findingsOn(broken('0.q_proj', of), measurement()))).toEqual([
      { kind: 'no-spectrum', level: 'inconclusive', tensor: '0.q_proj', of },
    ]);
  });

  it('a matrix with NaN is reported once, also when it is a part of a fused tensor', () => {
    const part = (nonFinite: string) => ({
      ...withMatrices((tensor) =>
        tensor.name === '0.q_proj' && tensor.of === 'weight'
          ? { name: '0.c_attn[q]', status: 'notFinite', metrics: null, spectrum: [] }
          : null,
      ),
      nonFinite: [{ name: nonFinite, nan: 1, inf: 0 }],
    });
    expect(ofKind('no-spectrum', findingsOn(part('0.c_attn'), null))).toEqual([]);
    expect(ofKind('no-spectrum', findingsOn(part('1.c_attn'), null))).toHaveLength(1);
  });
});
