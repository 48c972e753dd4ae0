import { describe, expect, it } from 'vitest';
import type { ComparisonContext } from '../../../src/compare/check.ts';
import { levelLostCheck } from '../../../src/compare/checks/level-lost.ts';
import type { PairedFact } from '../../../src/compare/pairing/paired-item.ts';
import { compareLevels } from '../../../src/compare/tests/levels.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { type Change, facts } from '../probes/facts.ts';
import { simulate } from '../probes/simulation.ts';

const policy = DEFAULT_POLICY;

/**
 * Facts of one family at one level, of which the candidate kept the first and lost the second number; the rest was
 * never known.
 */
function atLevel(level: number, family: string, counts: Readonly<Partial<Record<Change, number>>>): PairedFact[] {
  return Object.entries(counts).flatMap(([change, count]) =>
    facts(count, change as Change, [change as Change], { family, name: `${family} ${level} ${change}` }).map((fact) =>
      withLevel(fact, level),
    ),
  );
}

function withLevel({ benchmark, twins, ...fact }: PairedFact, level: number): PairedFact {
  const exam = { ...benchmark, level };
  return { ...fact, benchmark: exam, exam, twins: twins.map((twin) => ({ ...twin, level })) };
}

function judge(paired: readonly PairedFact[], families: readonly string[], asked: readonly number[] = [3]) {
  const levels = families.map((family) => ({ family, count: 7, asked }));
  const rows = compareLevels(paired, levels);
  // The check looks at no other part of a comparison.
  const context = { policy, probes: { kind: 'paired', evaluation: { levels: rows } } } as unknown as ComparisonContext;
  return { rows, findings: levelLostCheck.find(context) };
}

describe('the level reached', () => {
  it('is the highest level asked at which both forms are right more often than by guessing', () => {
    const paired = [
      ...atLevel(3, 'a', { '11': 50, '00': 10 }),
      // 24 of 60 at a chance of 25% have a probability of 0.7%, 23 of 60 have 1.6% (scipy.stats.binom.sf).
      ...atLevel(4, 'a', { '11': 23, '01': 1, '00': 36 }),
      ...atLevel(5, 'a', { '11': 15, '00': 45 }),
    ];
    expect(judge(paired, ['a'], [3, 4, 5]).rows).toMatchObject([
      { family: 'a', count: 7, asked: [3, 4, 5], reached: { baseline: 3, candidate: 4 } },
    ]);
  });

  it('needs both forms: a memorized exam is no level', () => {
    const paired = facts(60, '11', ['00'], { family: 'a' }).map((fact) => withLevel(fact, 3));
    expect(judge(paired, ['a']).rows).toMatchObject([{ reached: { baseline: 0, candidate: 0 } }]);
  });
});

describe('a lost level', () => {
  it('fails a candidate that guesses where its baseline did not, and nothing else', () => {
    const fallen = atLevel(3, 'a', { '11': 12, '10': 30, '01': 3, '00': 15 });
    const same = atLevel(3, 'b', { '11': 42, '00': 18 });
    const { findings, rows } = judge([...fallen, ...same], ['a', 'b']);
    expect(findings).toMatchObject([
      { kind: 'level-lost', level: 'fail', family: 'a', baseline: 3, candidate: 0, count: 7 },
    ]);
    expect(rows[1]).toMatchObject({ family: 'b', reached: { baseline: 3, candidate: 3 }, p: 1 });
  });

  it('needs a significant loss: a family at the edge of guessing falls by luck', () => {
    const edge = atLevel(3, 'a', { '11': 22, '10': 2, '00': 36 });
    const { findings, rows } = judge(edge, ['a']);
    expect(rows).toMatchObject([{ reached: { baseline: 3, candidate: 0 } }]);
    expect(findings).toEqual([]);
  });

  it('is not one as long as a higher level is reached', () => {
    const lower = atLevel(2, 'a', { '11': 40, '10': 20 });
    const higher = atLevel(3, 'a', { '11': 40, '00': 20 });
    expect(judge([...lower, ...higher], ['a'], [2, 3]).findings).toEqual([]);
  });

  it('hardly ever fails equal models, also where their level is at the edge of guessing', () => {
    const PAIRS = 200;
    let failed = 0;
    for (let seed = 0; seed < PAIRS; seed += 1) {
      // Six families that are answered right by 42%.
      const means = Array.from({ length: 6 }, () => -0.4);
      const paired = simulate({ facts: 360, means, noise: 1 }, seed).map((fact) => withLevel(fact, 3));
      const families = [...new Set(paired.map(({ benchmark }) => benchmark.family))];
      failed += judge(paired, families).findings.length > 0 ? 1 : 0;
    }
    expect(failed / PAIRS).toBeLessThanOrEqual(0.02);
  });
});
