import { describe, expect, it } from 'vitest';
import { compare } from '../../../src/compare/compare.ts';
import { contradictionIn } from '../../../src/measure/schema/contradictions.ts';
import type { MergedWeightMeasurement, MergeMeasurement } from '../../../src/measure/schema/merge.ts';
import { DEFAULT_POLICY, policySchema } from '../../../src/policy/policy.ts';
import { measurement } from '../measurement.ts';

const APPLIED: MergedWeightMeasurement = {
  name: 'a.weight',
  kind: 'lora',
  rank: 16,
  scale: 0.25,
  status: 'applied',
  residual: 1.01,
  coefficient: 1,
};

function measured(weights: readonly Partial<MergedWeightMeasurement>[], over: Partial<MergeMeasurement> = {}) {
  const all = weights.map((weight, i) => ({ ...APPLIED, name: `w${i}.weight`, ...weight }));
  const adapter = { digest: 'sha256:1', tensors: 4, parameters: 100, isRankStabilized: false };
  return measurement({
    merge: { adapter, weights: all, others: { equal: 2, unequal: [] }, nonFinite: [], ...over },
  });
}

function findings(candidate: ReturnType<typeof measured>, policy = DEFAULT_POLICY) {
  const report = compare({
    candidate,
    baseline: null,
    baselinePath: null,
    policy,
    policyPath: null,
    today: new Date(),
  });
  return report.findings.filter(({ kind }) => kind.startsWith('merge-'));
}

describe('the merge check', () => {
  it('has nothing to say without an adapter', () => {
    expect(findings(measurement())).toEqual([]);
  });

  it('is inconclusive if the merge can be seen in no weight, and a remark if in some', () => {
    const unseen = { status: 'belowRounding', residual: 1, coefficient: 0.3 } as const;
    const saved = { kind: 'saved', rank: null, scale: null, residual: null, coefficient: null } as const;
    expect(findings(measured([unseen, unseen, saved])).map(({ kind, level }) => [kind, level])).toEqual([
      ['merge-unseen', 'inconclusive'],
    ]);
    expect(findings(measured([unseen, {}])).map(({ kind, level }) => [kind, level])).toEqual([
      ['merge-proven', 'info'],
      ['merge-unseen', 'info'],
    ]);
  });

  it.each([
    ['applied-twice', 2],
    ['subtracted', -1],
    ['scale-of-rslora', 4.01],
    ['wrong-scale', 1.7],
  ])('calls a wrong factor %s', (fault, coefficient) => {
    const found = findings(measured([{ status: 'wrongFactor', residual: 90, coefficient }, {}]));
    expect(found).toMatchObject([{ kind: 'merge-fault', level: 'fail', fault, weights: 1, all: 2 }]);
  });

  it('calls the factor 1/s a merge without its scale', () => {
    const found = findings(measured([{ status: 'wrongFactor', scale: 0.1, residual: 90, coefficient: 10 }]));
    expect(found).toMatchObject([{ fault: 'unscaled' }]);
  });

  it('has the level of the policy, except for what could not be judged', () => {
    const policy = policySchema.parse({ merge: { level: 'warn' } });
    const bad = measured([{ status: 'notApplied', coefficient: 0 }]);
    expect(findings(bad, policy)).toMatchObject([{ fault: 'not-applied', level: 'warn' }]);
    const unread = measured([{ status: 'unreadable', residual: null, coefficient: null }]);
    expect(findings(unread)).toMatchObject([{ fault: 'unreadable', level: 'inconclusive' }]);
  });

  it('never proves a merge that has a fault', () => {
    const others = { equal: 1, unequal: [{ name: 'x', change: 'changed' as const }] };
    expect(findings(measured([{}], { others })).map(({ kind }) => kind)).toEqual(['merge-other-tensors']);
  });
});

describe('a measurement of a merge that contradicts itself', () => {
  it.each([
    ['a merged weight that is far from the merge', measured([{ residual: 2.1 }]), /"w0\.weight" is not possible/],
    ['a merged weight without numbers', measured([{ residual: null }]), /not possible/],
    ['a weight that is there twice', measured([{ name: 'x' }, { name: 'x' }]), /there twice/],
    ['no reference', { ...measured([{}]), reference: null }, /no reference/],
  ])('is refused: %s', (_, candidate, pattern) => {
    expect(contradictionIn(candidate)).toMatch(pattern);
    expect(contradictionIn(measured([{}]))).toBeNull();
  });
});
