import { describe, expect, it } from 'vitest';
import { accuraciesByForm } from '../../../src/compare/estimates/accuracies.ts';
import { changeInterval, designEffect } from '../../../src/compare/estimates/change-interval.ts';
import { measureRetention } from '../../../src/compare/estimates/retention.ts';
import { measureShadowDelta } from '../../../src/compare/estimates/shadow-delta.ts';
import type { PairedFact } from '../../../src/compare/pairing/paired-item.ts';
import { evaluateProbes } from '../../../src/compare/probes/evaluation.ts';
import { lossScopes, testLosses } from '../../../src/compare/tests/losses.ts';
import { refusalRows } from '../../../src/compare/tests/refusals.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { seeded } from '../../statistics/seeded.ts';
import { type Change, fact, facts } from '../probes/facts.ts';
import { judgeFacts } from '../probes/findings.ts';
import { EVERYTHING, inPassages, of } from './passages.ts';

/** The share of all flips of the signs of units whose sum is no higher. */
function bruteForce(sums: readonly number[]): number {
  const observed = sums.reduce((sum, value) => sum + value, 0);
  const flips = Array.from({ length: 2 ** sums.length }, (_, mask) =>
    sums.reduce((sum, value, i) => sum + (mask & (1 << i) ? -value : value), 0),
  );
  return flips.filter((sum) => sum <= observed).length / flips.length;
}

const CHANGES: readonly Change[] = ['11', '10', '01', '00'];

describe('a test for a loss', () => {
  it('flips the signs of whole passages, as counted out', () => {
    const { uniform } = seeded(7);
    for (let draw = 0; draw < 20; draw += 1) {
      const all = Array.from({ length: 24 }, (_, i) => {
        const change = () => CHANGES[Math.floor(4 * uniform())] ?? '11';
        const passage = uniform() < 0.2 ? null : `${Math.floor(5 * uniform())}`;
        return { passage, own: of(passage, fact(`${i}`, change(), [change(), change()])) };
      });
      const keys = [...new Set(all.map(({ passage }, i) => passage ?? `alone ${i}`))];
      const sums = keys.map((key) =>
        all
          .filter(({ passage }, i) => (passage ?? `alone ${i}`) === key)
          .flatMap(({ own }) => own.twins)
          .reduce((sum, { candidate, baseline }) => sum + Number(candidate.correct) - Number(baseline.correct), 0),
      );
      const paired = all.map(({ own }) => own);
      const [, twin] = testLosses(lossScopes({ benchmark: paired, twin: paired }, EVERYTHING), DEFAULT_POLICY);
      expect(twin).toMatchObject({ form: 'twin', units: keys.length });
      expect(twin?.p).toBeCloseTo(bruteForce(sums), 12);
    }
  });

  it('fails no candidate for one passage, which it does where nobody says that it is one', () => {
    const lost = facts(20, '10', ['10'], { name: 'lost' });
    const rest = facts(180, '11', ['11'], { name: 'kept' });
    const all = [...lost, ...rest];
    const levels = (own: readonly PairedFact[]) => judgeFacts(own, DEFAULT_POLICY).findings.map(({ level }) => level);
    expect(levels(all)).toContain('fail');
    const clustered = levels(inPassages(all, 20));
    expect(clustered).not.toContain('fail');
    // Ten passages rule nothing out either.
    expect(clustered).toContain('inconclusive');
  });

  it('still fails where the same loss is in every passage', () => {
    const all = Array.from({ length: 60 }, (_, i) => [
      ...facts(1, '10', ['10'], { name: `lost ${i}` }),
      ...facts(4, '11', ['11'], { name: `kept ${i}` }),
    ]).flat();
    const { findings } = judgeFacts(inPassages(all, 5), DEFAULT_POLICY);
    expect(findings[0]).toMatchObject({ level: 'fail', units: 60 });
  });
});

describe('an interval', () => {
  it('of the change has as many answers as passages where none changed: −z²/(60 + z²)', () => {
    const same = inPassages(facts(300, '11', ['11']), 5);
    expect(designEffect(same)).toBe(5);
    // scipy: z = norm.ppf(.95)
    expect(changeInterval(same, 0.9).lower).toBeCloseTo(-0.04314679859327029, 6);
  });

  it('counts the large ones of passages of different sizes', () => {
    const all = [...inPassages(facts(100, '11', ['11']), 100), ...facts(100, '11', ['11'], { name: 'alone' })];
    // Σm² ÷ Σm = (100² + 100) ÷ 200
    expect(designEffect(all)).toBeCloseTo(50.5, 12);
  });

  it('of retention and accuracy is that of so many passages, where all answers are right', () => {
    const all = inPassages(facts(100, '11', ['11']), 4);
    // scipy: beta.ppf(.025, 25, 1)
    expect(measureRetention(all, DEFAULT_POLICY)).toMatchObject({ certain: 100, kept: 100, units: 25 });
    expect(measureRetention(all, DEFAULT_POLICY)?.lower).toBeCloseTo(0.8628148284692875, 9);
    const [row] = accuraciesByForm({ facts: all, groups: [] }, { pool: EVERYTHING, level: 0.95, hasBaseline: true });
    expect(row).toMatchObject({ facts: 100, units: 25 });
    expect(row?.candidate.lower).toBeCloseTo(0.8628148284692875, 9);
  });

  it('of a shadow delta, with the changes that it is of and its transfer, has passages as units', () => {
    const { uniform } = seeded(3);
    const all = Array.from({ length: 60 }, (_, i) => {
      const gains = uniform() < 0.5;
      return facts(5, gains ? '01' : '00', ['00'], { name: `${i}` });
    }).flat();
    const [plain, clustered] = [all, inPassages(all, 5)].map((own) =>
      measureShadowDelta({ kind: 'paired', facts: own }, DEFAULT_POLICY),
    );
    const width = (delta: typeof plain) => {
      const { lower, upper } = delta?.interval(0.95) ?? {};
      return (upper ?? 0) - (lower ?? 0);
    };
    expect(clustered?.value).toBe(plain?.value);
    // Facts of a passage are alike: five of them say what one says. t has 59 degrees of freedom in place of 299.
    expect(width(clustered) / width(plain)).toBeCloseTo(Math.sqrt((5 * 299) / (5 * 59)) * (2.000995 / 1.96793), 3);
    expect(new Set(clustered?.observations.map(({ cluster }) => cluster)).size).toBe(60);
  });
});

it('a report without passages says nothing of units', () => {
  const { comparison } = evaluateProbes(facts(100, '11', ['11']), DEFAULT_POLICY);
  expect(JSON.stringify(comparison)).not.toContain('"units"');
});

it('requests of one template are one unit of the test of refusals', () => {
  const lost = facts(10, '10', [], { name: 'a' }).map(({ benchmark }) => benchmark);
  const kept = facts(30, '11', [], { name: 'b' }).map(({ benchmark }) => benchmark);
  const named = [...lost, ...kept].map((item, i) => ({ ...item, unit: `template ${Math.floor(i / 10)}` }));
  const [row] = refusalRows(named, DEFAULT_POLICY, { isAlone: false });
  // One of four templates lost something.
  expect(row).toMatchObject({ requests: 40, units: 4, answered: 10, p: 0.5 });
  // Seven have to be lost at least, of 10 requests each.
  expect(row?.least).toBe(70);
});
