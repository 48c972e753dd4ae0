import { describe, expect, it } from 'vitest';
import { FINDING_KINDS, type Finding, findingPlaces, findingTraits } from '../../../src/compare/finding.ts';
import { isInPolicy, withExceptions } from '../../../src/compare/verdict/exceptions.ts';
import { ACCEPTABLE_FINDINGS, type PolicyException } from '../../../src/policy/exceptions.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { everyFinding } from '../../report/findings.ts';
import { finding, spiked } from '../../report/fixtures.ts';

const exception = (over: Partial<PolicyException> = {}): PolicyException => ({
  ...{ finding: 'spike', scope: 'w', reason: 'the new head is meant to be narrow', who: 'ada', until: '2027-01-15' },
  ...over,
});
const policyOf = (...exceptions: PolicyException[]) => ({ ...DEFAULT_POLICY, exceptions });
const on = (day: string) => new Date(`${day}T23:59:59Z`);

function judged(findings: Finding[], exceptions: PolicyException[], day = '2026-12-01') {
  return withExceptions(findings, policyOf(...exceptions), on(day));
}

describe('exceptions of the policy', () => {
  it.each<[string, string, string, number]>([
    ['counts for nothing before the last day', '2026-12-01', 'info', 45],
    ['counts for nothing on the last day', '2027-01-15', 'info', 0],
    ['counts again on the day after', '2027-01-16', 'fail', -1],
  ])('what is accepted %s', (_, day, level, daysLeft) => {
    const [after] = judged([spiked('w', { level: 'fail' })], [exception()], day);
    expect(after).toMatchObject({ level, exception: { level: 'fail', who: 'ada', until: '2027-01-15', daysLeft } });
  });

  it('of two exceptions for one finding, the one that counts longest is used', () => {
    const both = [exception({ who: 'grace', until: '2027-02-01' }), exception()];
    expect(judged([spiked('w')], both)[0]?.exception?.who).toBe('grace');
  });

  it.each<[string, Partial<PolicyException>]>([
    ['another place', { scope: 'v' }],
    ['the model as a whole', { scope: 'model' }],
    ['another kind', { finding: 'rank-loss' }],
  ])('an exception for %s leaves a finding as it is', (_, over) => {
    expect(judged([spiked('w')], [exception(over)])).toEqual([spiked('w')]);
  });

  it('a rule of the policy is named by its metric', () => {
    const moved = finding();
    const of = (metric: PolicyException['finding']) =>
      judged([moved], [exception({ finding: metric, scope: 'model' })])[0];
    expect(of('mlpAttentionRatio')?.level).toBe('info');
    expect(of('frobeniusNorm')?.level).toBe(moved.level);
  });

  it('a finding about several places needs an exception for all of them', () => {
    for (const one of everyFinding('w')) {
      const places = findingPlaces(one);
      if (places.length < 2 || !isAcceptable(one.kind)) continue;
      const at = (scope: string) =>
        judged([{ ...one, level: 'fail' }], [exception({ finding: one.kind as never, scope })]);
      expect(at(places[0] ?? '')[0]?.level, one.kind).toBe(new Set(places).size === 1 ? 'info' : 'fail');
      expect(at('any')[0]?.level).toBe('info');
    }
  });

  it('what could not be judged counts always, and so do damaged weights, refused measurements and changed inputs', () => {
    const everywhere = ACCEPTABLE_FINDINGS.map((kind) => exception({ finding: kind, scope: 'any' }));
    for (const one of everyFinding('w')) {
      expect(judged([{ ...one, level: 'inconclusive' }], everywhere)[0]?.level).toBe('inconclusive');
      const [after] = judged([{ ...one, level: 'fail' }], everywhere);
      const isAccepted = isAcceptable(one.kind);
      expect(after?.level, one.kind).toBe(isAccepted ? 'info' : 'fail');
      if (isAccepted)
        expect(['broken-weights', 'no-answers', 'too-little']).not.toContain(findingTraits(one.kind).rank);
    }
    expect(ACCEPTABLE_FINDINGS).not.toContain('changed-input');
    expect(ACCEPTABLE_FINDINGS.filter((kind) => !FINDING_KINDS.includes(kind))).toEqual([]);
  });

  it('a report may only have exceptions of its own policy', () => {
    const [accepted] = judged([spiked('w')], [exception()]);
    if (accepted === undefined) return expect.fail('no finding');
    expect(isInPolicy(accepted, policyOf(exception()))).toBe(true);
    for (const over of [{ until: '2028-01-15' }, { who: 'eve' }, { scope: 'v' }, { finding: 'rank-loss' as const }]) {
      expect(isInPolicy(accepted, policyOf(exception(over)))).toBe(false);
    }
    expect(isInPolicy(accepted, {})).toBe(false);
  });
});

const isAcceptable = (kind: string) => (ACCEPTABLE_FINDINGS as readonly string[]).includes(kind);
