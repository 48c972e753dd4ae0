import { describe, expect, it } from 'vitest';
import type { PairedFact } from '../../../src/compare/pairing/paired-item.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { facts } from './facts.ts';
import { judgeFacts } from './findings.ts';

function judge(all: readonly PairedFact[], policy = DEFAULT_POLICY) {
  const { reasons, findings, comparison } = judgeFacts(all, policy);
  return { rules: reasons.map(({ level, rule }) => `${level} ${rule}`), reasons, findings, comparison };
}

describe('twin accuracy', () => {
  // 100 twins that stay correct, so that a drop of 8 in 100 and more is visible.
  const stay = facts(100, '11', ['11']);

  it("the check of twin accuracy fails on McNemar's exact p: 10 lost of 110 is p = 1/1024", () => {
    const { rules, comparison } = judge([...stay, ...facts(10, '11', ['10'])]);
    expect(rules).toEqual(['fail twin-accuracy']);
    expect(comparison.rows[0]?.twinChange).toMatchObject({ lost: 10, won: 0, p: 1 / 1024, twins: 110 });
  });

  it('the check of twin accuracy neither fails nor passes 4 twins lost and none won: p is 1/16, and a drop of 5 points is not ruled out', () => {
    const { rules } = judge([...stay, ...facts(4, '11', ['10'])]);
    expect(rules).toEqual(['inconclusive twin-accuracy-unclear']);
  });

  it('the check of twin accuracy does not fail a drop below 2 points, however significant it is', () => {
    const { rules } = judge([...facts(1000, '11', ['11']), ...facts(12, '11', ['10'])]);
    expect(rules).toEqual([]);
  });

  it('the check of twin accuracy counts two twins of one fact as one piece of evidence', () => {
    // Five facts that lose both twins: p = 1/32 as facts, 1/1024 as twins.
    const both = judge([...facts(45, '11', ['11', '11']), ...facts(5, '11', ['10', '10'])]);
    expect(both.comparison.rows[0]?.twinChange).toMatchObject({ lost: 10, twins: 100, p: 1 / 32 });
    expect(both.comparison.margins).toEqual({ fell: 5, rose: 0, p: 1 / 32 });
  });

  it('the check of twin accuracy is not more certain of no drop when one twin was lost than when none was', () => {
    const five = (first: '11' | '10') => [first, '11', '11', '11', '11'] as const;
    const still = judge(facts(20, '11', five('11')));
    const lost = judge([...facts(19, '11', five('11')), ...facts(1, '11', five('10'))]);
    const lowerOf = ({ comparison }: typeof still) => comparison.rows[0]?.twinChange?.lower ?? 0;
    expect(lowerOf(lost)).toBeLessThan(lowerOf(still));
    for (const { rules } of [still, lost]) expect(rules).toEqual(['inconclusive twin-accuracy-unclear']);
    // The minimum detectable effect is that of as many facts with one twin each.
    expect(still.comparison.rows[0]?.twinChange?.mde).toBe(
      judge(facts(20, '11', ['11'])).comparison.rows[0]?.twinChange?.mde,
    );
  });

  it('the check of twin accuracy names a capability that fell although the others rose', () => {
    const { reasons, findings } = judge([
      ...facts(150, '11', ['11'], { capability: 'reasoning' }),
      ...facts(20, '00', ['01'], { capability: 'reasoning' }),
      ...facts(60, '11', ['11'], { capability: 'recall' }),
      ...facts(12, '11', ['10'], { capability: 'recall' }),
    ]);
    expect(reasons.map(({ level, place }) => [level, place])).toContainEqual(['fail', 'recall']);
    // 2^-12, Holm over two capabilities, doubled for the second look.
    expect(findings).toContainEqual(
      expect.objectContaining({ capability: 'recall', p: expect.closeTo(2 * 2 * 2 ** -12, 12) }),
    );
  });
});

describe('the shadow delta', () => {
  const start = { probability: 0.5 };

  it('the shadow-delta check fails a gain in benchmark form that twins do not have', () => {
    const { rules, comparison } = judge([...facts(60, '01', ['00'], start), ...facts(60, '11', ['11'], start)]);
    expect(rules).toEqual(['fail shadow-delta']);
    expect(comparison.rows[0]?.delta?.value).toBeCloseTo(0.5, 12);
    expect(comparison.transfer?.value).toBe(0);
  });

  it('the shadow-delta check passes a gain that carries over to twins', () => {
    const { rules, comparison } = judge([...facts(60, '01', ['01'], start), ...facts(60, '11', ['11'], start)]);
    expect(rules).toEqual([]);
    expect(comparison.transfer?.value).toBe(1);
    // 60 of 120 are newly right.
    expect(comparison.gains).toMatchObject([{ facts: 120, gain: { value: 0.5 } }]);
    expect(comparison.gains[0]?.gain.lower).toBeGreaterThan(0.4);
  });

  it('the shadow-delta check warns of a gain of which most carries over', () => {
    const { rules } = judge([
      ...facts(80, '01', ['01'], start),
      ...facts(30, '01', ['00'], start),
      ...facts(60, '11', ['11'], start),
      ...facts(20, '00', ['00'], start),
    ]);
    expect(rules).toEqual(['warn shadow-delta']);
  });

  it('the shadow delta has the interval of the t distribution over facts', () => {
    // Differences: 30 ones, 70 zeros. Mean 0.3, sd √(0.21 · 100/99), t(.975, 99) = 1.984217.
    const { comparison } = judge([...facts(30, '01', ['00'], start), ...facts(70, '11', ['11'], start)]);
    const half = 1.984217 * Math.sqrt((0.3 * 0.7 * 100) / 99 / 100);
    expect(comparison.rows[0]?.delta?.lower).toBeCloseTo(0.3 - half, 6);
    expect(comparison.rows[0]?.delta?.upper).toBeCloseTo(0.3 + half, 6);
  });

  it('the shadow-delta check is not certain about a few facts that all changed alike', () => {
    for (const count of [2, 3])
      expect(judge(facts(count, '01', ['00'], start)).rules).not.toContain('fail shadow-delta');
    const still = judge(
      facts(20, '11', ['11'], { family: 'easy', probability: 0.5 }),
      parsePolicy('informative: {ceiling: 1}', 'p'),
    );
    expect(still.comparison.rows[0]?.delta?.lower).toBeLessThan(-0.05);
    expect(still.comparison.rows[0]?.delta?.mde).toBeGreaterThan(0.15);
  });

  it('the shadow-delta check never fails a gain in benchmark form below 5 points, which has no transfer', () => {
    const { comparison, rules } = judge([...facts(4, '01', ['00'], start), ...facts(96, '11', ['11'], start)]);
    expect(comparison.transfer).toBeNull();
    expect(rules).toEqual([]);
  });
});

describe('a policy without a minimum gain', () => {
  it('a policy without a minimum gain gives no transfer to a gain of 0, instead of dividing by it', () => {
    const policy = parsePolicy('shadow-delta: {minimum-gain: 0}', 'p');
    expect(judge([...facts(40, '11', ['11']), ...facts(20, '00', ['00'])], policy).comparison.transfer).toBeNull();
  });
});

describe('retention', () => {
  it('the check of retention fails if 14 of 107 answers that were correct and certain are now wrong', () => {
    const { rules, comparison } = judge([...facts(93, '11', ['11']), ...facts(14, '10', ['11'])]);
    expect(rules).toEqual(['fail retention']);
    // Clopper & Pearson 1934 for 93 of 107 at 95%.
    expect(comparison.retention).toMatchObject({ certain: 107, kept: 93 });
    expect(comparison.retention?.upper).toBeCloseTo(0.9266, 4);
  });

  it('the check of retention does not fail if the baseline was not certain, or if one of few certain answers is lost', () => {
    // Uncertain answers are not forgetting. That many without one in return are a loss all the same.
    const uncertain = judge([...facts(93, '11', ['11']), ...facts(14, '10', ['11'], { probability: 0.8 })]);
    expect(uncertain.rules).toEqual(['fail accuracy-loss']);
    expect(judge([...facts(60, '11', ['11']), ...facts(1, '10', ['11'])]).rules).toEqual([]);
    const sure = [...facts(7, '11', ['11']), ...facts(1, '10', ['11'])];
    expect(judge([...facts(60, '11', ['11'], { probability: 0.5 }), ...sure]).rules).toEqual([]);
  });
});

describe('families at chance or at ceiling', () => {
  const atChance = [...facts(25, '11', ['11'], { family: 'chance' }), ...facts(75, '00', ['00'], { family: 'chance' })];

  it('probes whose families are all at chance are not informative, and never a pass', () => {
    expect(judge(atChance).rules).toEqual(['inconclusive not-informative']);
  });

  it('a family at chance takes no part in the test for drops, and the report gives the cause', () => {
    const lost = facts(20, '11', ['10'], { family: 'chance' });
    const { comparison } = judge([
      ...facts(5, '11', ['11'], { family: 'chance' }),
      ...lost,
      ...facts(75, '00', ['00'], { family: 'chance' }),
      ...facts(100, '11', ['11'], { family: 'good' }),
    ]);
    expect(comparison.rows[0]?.twinChange).toMatchObject({ twins: 100, lost: 0 });
    expect(comparison.families.find(({ family }) => family === 'chance')?.excludedFrom).toContainEqual({
      test: 'twin-accuracy',
      cause: 'baseline-at-chance',
      pooledBelow: null,
    });
  });

  it('small families are judged together: 57 subjects of four facts each are 228 facts', () => {
    const subjects = (twin: '11' | '10', of: (i: number) => string) =>
      Array.from({ length: 57 }, (_, i) =>
        facts(4, '11', [twin], { family: `subject ${i}`, capability: of(i) }),
      ).flat();
    for (const of of [() => 'knowledge', (i: number) => `subject ${i}`]) {
      expect(judge(subjects('11', of)).rules).toEqual([]);
      expect(judge(subjects('10', of)).rules).toContain('fail twin-accuracy');
    }
    expect(judge(subjects('11', () => 'knowledge')).comparison.families).toHaveLength(57);
  });

  it('a family at ceiling takes no part in the shadow delta', () => {
    const { comparison } = judge([
      ...facts(100, '11', ['11'], { family: 'easy' }),
      ...facts(50, '11', ['11'], { family: 'hard' }),
      ...facts(50, '00', ['00'], { family: 'hard' }),
    ]);
    expect(comparison.rows[0]?.delta?.facts).toBe(100);
  });

  it('a family at chance shows a gain, and whether the gain carries over', () => {
    expect(judge(facts(100, '01', ['01'])).rules).toEqual([]);
    expect(judge([...facts(80, '01', ['00']), ...facts(20, '11', ['11'])]).rules).toContain('fail shadow-delta');
  });
});

describe('the policy', () => {
  it('the policy decides the level of a drop in twin accuracy and of a loss of retention', () => {
    const policy = parsePolicy('twin-accuracy: {level: warn}\nretention: {level: info}', 'p');
    const lost = [...facts(100, '11', ['11']), ...facts(20, '10', ['10'])];
    expect(judge(lost, policy).rules).toEqual(expect.arrayContaining(['warn twin-accuracy', 'info retention']));
  });
});

describe('the example flips', () => {
  it('a report shows at most three flips, of facts whose benchmark form is still correct, the clearest first', () => {
    const { comparison } = judge([
      ...facts(4, '11', ['10'], { name: 'clear', probability: 0.99 }),
      ...facts(4, '11', ['10'], { name: 'unclear', probability: 0.4 }),
      ...facts(4, '10', ['10'], { name: 'both' }),
    ]);
    expect(comparison.flips.map(({ id }) => id)).toEqual(['clear 0.twin 0', 'clear 1.twin 0', 'clear 2.twin 0']);
    expect(comparison.flips[0]).toMatchObject({
      baseline: 'right',
      candidate: 'wrong',
      prompt: 'prompt of clear 0.twin 0',
    });
  });
});
