import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../../src/policy/load.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { answers, findingsOn, ofKind, probes, probesOnly, reportOn } from '../measurement.ts';
import { facts } from '../probes/facts.ts';
import { judgeFacts } from '../probes/findings.ts';

const kinds = (...judged: Parameters<typeof judgeFacts>) => judgeFacts(...judged).findings.map(({ kind }) => kind);

/** A model that is right one time in four, as by guessing. */
const atChance = () =>
  probesOnly(probes({ items: answers(100).map((item, i) => ({ ...item, correct: Math.floor(i / 2) % 4 === 0 })) }));

describe('the check of uninformative probes', () => {
  it('a model at chance is never a pass, also without a baseline and under a policy that allows that', () => {
    const nearest = { accuracy: 0.25, chance: 0.25, facts: 100, neededFacts: null };
    const notInformative = { kind: 'not-informative', level: 'inconclusive', families: ['colors'], nearest };
    expect(findingsOn(atChance(), atChance())).toEqual([
      { ...notInformative, detectableGain: expect.closeTo(0.078, 3) },
    ]);
    const alone = reportOn(atChance(), null, { policy: 'on-missing-baseline: pass' });
    expect(alone.verdict).toBe('inconclusive');
    expect(ofKind('not-informative', alone.findings)).toEqual([{ ...notInformative, detectableGain: null }]);
    const informative = reportOn(probesOnly(probes()), null, { policy: 'on-missing-baseline: pass' });
    expect(informative.verdict).toBe('pass');
  });

  it('a model that may be guessing gets the number of facts that would show it is not', () => {
    const right = facts(34, '11', ['11']);
    const wrong = facts(66, '00', ['00']);
    const [finding] = ofKind('not-informative', judgeFacts([...right, ...wrong], DEFAULT_POLICY).findings);
    // scipy: P(X ≥ ⌊0.34 n⌋) for X ~ Binomial(n, ¼) is first below 0.001 at 250 facts, and always from 262 on.
    expect(finding?.nearest).toMatchObject({ accuracy: 0.34, chance: 0.25, facts: 100 });
    expect(finding?.nearest?.neededFacts).toBeGreaterThanOrEqual(250);
    expect(finding?.nearest?.neededFacts).toBeLessThanOrEqual(262);
  });

  it('too few facts to rule out a drop are never a pass, and the finding gives the drop that is possible', () => {
    const few = judgeFacts(facts(20, '11', ['11']), DEFAULT_POLICY).findings;
    expect(few).toMatchObject([{ kind: 'twin-accuracy-unclear', level: 'inconclusive', change: 0, limit: 0.05 }]);
    const [unclear] = ofKind('twin-accuracy-unclear', few);
    expect(unclear?.possibleDrop).toBeGreaterThan(0.05);
    expect(unclear?.minimumDetectable).toBeGreaterThan(0.05);
    expect(kinds(facts(200, '11', ['11']), DEFAULT_POLICY)).toEqual([]);
  });

  it('unclear twin accuracy is not reported where harm was shown, or where the policy does not gate on it', () => {
    expect(kinds(facts(20, '11', ['10']), DEFAULT_POLICY)).toEqual(['twin-accuracy']);
    expect(kinds(facts(20, '11', ['11']), parsePolicy('twin-accuracy: {level: info}', 'p'))).toEqual([]);
  });

  it('a drop that is shown is reported once, also where it only warns', () => {
    const policy = parsePolicy('twin-accuracy: {level: warn}', 'p');
    expect(kinds(facts(20, '11', ['10']), policy)).toEqual(['twin-accuracy']);
  });

  it('a capability at chance keeps a verdict from pass, unless the policy requires others alone', () => {
    const known = facts(100, '11', ['11'], { capability: 'recall' });
    const guessed = [
      ...facts(25, '11', ['11'], { capability: 'reasoning', family: 'guessed' }),
      ...facts(75, '00', ['00'], { capability: 'reasoning', family: 'guessed' }),
    ];
    const found = (policy: string) => judgeFacts([...known, ...guessed], parsePolicy(policy, 'p')).findings;
    const finding = { kind: 'capability-not-judged', capability: 'reasoning', facts: 100 };
    expect(found('')).toContainEqual({ ...finding, level: 'inconclusive', isRequired: true });
    expect(found('require: [recall]')).toContainEqual({ ...finding, level: 'info', isRequired: false });
  });
});
