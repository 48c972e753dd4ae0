import { describe, expect, it } from 'vitest';
import { compare } from '../../../src/compare/compare.ts';
import { findingSchema } from '../../../src/compare/finding.ts';
import { contradictionIn } from '../../../src/measure/schema/contradictions.ts';
import type { MergedWeightMeasurement, MergeMeasurement } from '../../../src/measure/schema/merge.ts';
import { parseMeasurement } from '../../../src/measure/schema/read.ts';
import { DEFAULT_POLICY, policySchema } from '../../../src/policy/policy.ts';
import { findingText } from '../../../src/report/summary/finding.ts';
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
  const adapter = { digest: 'sha256:1', tensors: 4, parameters: 100 };
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

  it('says of a weight that is not the merge how far it is from that', () => {
    const found = findings(measured([{ status: 'different', residual: 90, coefficient: 1.7 }, {}]));
    expect(found).toMatchObject([{ kind: 'merge-fault', level: 'fail', fault: 'different', weights: 1, all: 2 }]);
    expect(found.map(findingText).join()).toBe(
      'The weights are not the merge of this adapter into this reference, W₀ + s·BA (1 of 2 weights: w0.weight (r 90, 1.70 times the update)).',
    );
  });

  it.each(['wrongFactor', 'withoutMagnitude'] as const)('fails a weight that an older file calls %s', (status) => {
    const older = measured([{ status, residual: 90, coefficient: 2 }, {}]);
    const adapter = { ...older.merge?.adapter, isRankStabilized: true };
    const read = parseMeasurement(JSON.stringify({ ...older, merge: { ...older.merge, adapter } }), 'm.json');
    expect(findings(read)).toMatchObject([{ kind: 'merge-fault', level: 'fail', fault: 'different', weights: 1 }]);
  });

  it('is read in a report that an older version wrote, without the mistake that this named', () => {
    const finding = { kind: 'merge-fault', level: 'fail', named: [{ name: 'w', residual: 90, coefficient: 2 }] };
    const read = (fault: string) => findingSchema.safeParse({ ...finding, fault, weights: 1, all: 2 });
    expect(read('applied-twice').data).toMatchObject({ fault: 'different', level: 'fail' });
    expect(read('applied-again').success).toBe(false);
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
