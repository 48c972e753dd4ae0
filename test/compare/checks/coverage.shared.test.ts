import { describe, expect, it } from 'vitest';
import { findingsOn, matrices, measurement, ofKind, probes, probesOnly, reportOn } from '../measurement.ts';

const skipped = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `t${i}`, reason: 'not a matrix' }));

describe('the checks of coverage', () => {
  it('a candidate with neither spectra nor probes is inconclusive', () => {
    expect(findingsOn(probesOnly(null), probesOnly(null))).toEqual([
      { kind: 'nothing-measured', level: 'inconclusive' },
    ]);
    expect(ofKind('nothing-measured', findingsOn(probesOnly(probes()), probesOnly(probes())))).toEqual([]);
  });

  it('a checkpoint whose tensors were all skipped is inconclusive', () => {
    const nothing = measurement({ tensors: [], skipped: skipped(2) });
    expect(ofKind('all-skipped', findingsOn(nothing, nothing))).toEqual([
      { kind: 'all-skipped', level: 'inconclusive' },
    ]);
  });

  it('a checkpoint with more skipped tensors than spectra is inconclusive', () => {
    const some = matrices().length;
    const half = measurement({ skipped: skipped(some) });
    expect(ofKind('mostly-skipped', findingsOn(half, half))).toEqual([]);
    const most = measurement({ skipped: skipped(some + 1) });
    expect(ofKind('mostly-skipped', findingsOn(most, most))).toEqual([
      { kind: 'mostly-skipped', level: 'inconclusive', skipped: some + 1, measured: some },
    ]);
  });

  it('parameters count, not tensors: constants of integers say nothing about a model', () => {
    const weights = measurement({}).tensors.filter(({ of }) => of === 'weight');
    const parameters = weights.reduce((sum, { shape: [m = 1, n = 1] }) => sum + m * n, 0);
    const integers = skipped(159).map((tensor) => ({ ...tensor, dtype: 'I64', parameters: 0 }));
    const weight = (size: number) => ({ name: 'lstm.W', reason: 'not a weight', dtype: 'F32', parameters: size });
    const enough = measurement({ skipped: [...integers, weight(parameters)] });
    expect(ofKind('mostly-skipped', findingsOn(enough, enough))).toEqual([]);
    const most = measurement({ skipped: [...integers, weight(parameters + 1)] });
    expect(ofKind('mostly-skipped', findingsOn(most, most))).toEqual([
      {
        kind: 'mostly-skipped',
        level: 'inconclusive',
        unit: 'parameters',
        skipped: parameters + 1,
        measured: parameters,
      },
    ]);
  });

  it('integers under the name of a weight are a warning', () => {
    const integers = { name: 'up_proj.weight', reason: 'dtype I8 is not measured', dtype: 'I8', parameters: 4 };
    const odd = measurement({ skipped: [{ ...integers, cause: 'unexpected-dtype' as const }, ...skipped(1)] });
    const { name, reason } = integers;
    expect(ofKind('skipped', findingsOn(odd, odd))).toEqual([
      { kind: 'skipped', level: 'warn', named: [{ name, reason }], tensors: 1 },
      { kind: 'skipped', level: 'info', named: skipped(1), tensors: 1 },
    ]);
    expect(reportOn(odd, odd).verdict).toBe('warn');
  });

  it('skipped tensors are counted, and the first three are named', () => {
    const four = measurement({ skipped: skipped(4) });
    expect(findingsOn(four, measurement())).toEqual([
      { kind: 'skipped', level: 'info', named: skipped(3), tensors: 4 },
    ]);
  });

  it('a matrix that this machine had no memory for is not a remark: it could have been judged', () => {
    const [first, ...others] = skipped(3);
    const large = measurement({
      skipped: [...others, ...(first ? [{ ...first, cause: 'not-enough-memory' as const }] : [])],
    });
    expect(findingsOn(large, large)).toEqual([
      { kind: 'skipped', level: 'inconclusive', named: skipped(1), tensors: 1 },
      { kind: 'skipped', level: 'info', named: others, tensors: 2 },
    ]);
    expect(reportOn(large, large).verdict).toBe('inconclusive');
  });
});
