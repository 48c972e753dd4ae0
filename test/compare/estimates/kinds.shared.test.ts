import { describe, expect, it } from 'vitest';
import type { PairedFact, PairedGroup, PairedItem } from '../../../src/compare/pairing/paired-item.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { type Change, type FactOptions, facts, group } from '../probes/facts.ts';
import { judgeFacts } from '../probes/findings.ts';

const unsure = { probability: 0.5 };
const judge = (all: readonly PairedFact[], further = {}, policy = DEFAULT_POLICY) => {
  const { findings, comparison } = judgeFacts(all, policy, further);
  return { rules: findings.map(({ level, kind }) => `${level} ${kind}`), findings, comparison };
};
const times = (count: number, change: Change): Change[] => Array.from({ length: count }, () => change);

/** 100 facts of which the benchmark form gains 40; the twins of these as given, the others stay as they are. */
const gain = (twins: readonly Change[], options: FactOptions) => [
  ...facts(40, '01', twins, { ...unsure, ...options }),
  ...facts(30, '11', times(twins.length, '11'), { ...unsure, ...options }),
  ...facts(30, '00', times(twins.length, '00'), { ...unsure, ...options }),
];

describe('which twins decide about a gain', () => {
  it('open twins do: format twins that a memorized answer passes are only reported', () => {
    const { findings, comparison } = judge(gain(['00', '01', '01'], { kind: ['open', 'format', 'format'] }));
    expect(findings).toMatchObject([{ kind: 'shadow-delta', level: 'fail', twins: 'open', suite: 'suite' }]);
    expect(comparison.kinds.map(({ kind, role }) => [kind, role])).toEqual([
      ['open', 'decides'],
      ['format', 'beside-stronger'],
    ]);
    expect(comparison.kinds.map(({ transfer }) => transfer?.value)).toEqual([0, 1]);
    // Over all twins, most of the gain would carry over.
    expect(comparison.transfer?.value).toBe(0);
  });

  it('a model that learned the facts passes, although it follows letters as little as before', () => {
    const learned = gain(['01', '01', '00'], { kind: ['open', 'open', 'format'] });
    expect(judge(learned).rules).toEqual([]);
  });

  it('few facts whose twins share little of a gain are not passed because one interval is too wide', () => {
    const few = (rest: number, twins: Readonly<Record<'01' | '10' | '00', number>>) => {
      const of = (change: Change, i: number) =>
        facts(1, '01', [change], { ...unsure, chance: 0, kind: 'open', name: `${change}${i}` });
      return [
        ...Object.entries(twins).flatMap(([change, n]) => times(n, change as Change).flatMap(of)),
        ...facts(rest, '11', ['11'], { ...unsure, chance: 0, kind: 'open', name: 'known' }),
        ...facts(rest, '11', ['00'], { ...unsure, chance: 0, kind: 'open', name: 'hard' }),
        ...facts(rest, '00', ['00'], { ...unsure, chance: 0, kind: 'open', name: 'unknown' }),
      ];
    };
    const shares = judge(few(8, { '01': 14, '10': 4, '00': 8 }));
    expect(shares.findings).toMatchObject([
      { kind: 'shadow-delta', level: 'warn', transfer: { value: expect.closeTo(0.38, 2) } },
    ]);
    const smaller = judge(few(12, { '01': 2, '10': 0, '00': 6 }));
    expect(smaller.findings).toMatchObject([
      { level: 'warn', delta: { lower: expect.closeTo(0.03, 2) }, transfer: { upper: expect.closeTo(0.68, 2) } },
    ]);
    expect(judge(few(12, { '01': 6, '10': 0, '00': 2 })).rules).toEqual([]);
  });

  it('fewer than 40 facts with open twins decide nothing', () => {
    const few = [
      ...gain(['01'], { kind: 'format' }),
      ...facts(39, '01', ['00'], { kind: 'open', ...unsure, name: 'few' }),
    ];
    const { rules, comparison } = judge(few);
    expect(comparison.kinds.map(({ kind, facts: count, role }) => [kind, count, role])).toEqual([
      ['open', 39, 'too-few'],
      ['format', 100, 'only-format'],
    ]);
    expect(rules).toEqual(['warn gain-not-shown']);
  });

  it('one memorized suite fails by name, whatever a good one shows', () => {
    const good = facts(400, '11', ['11'], { ...unsure, suite: 'good', kind: 'open', name: 'good' });
    const hard = facts(400, '00', ['00'], { ...unsure, suite: 'good', kind: 'open', name: 'hard' });
    const { findings } = judge([...gain(['00'], { kind: 'open', suite: 'bad' }), ...good, ...hard]);
    expect(findings).toMatchObject([{ kind: 'shadow-delta', level: 'fail', suite: 'bad' }]);
  });

  it('twins that are easier than the benchmark mislead in points, and not in log-odds', () => {
    // 40% → 60% in benchmark form, 85% → 93% on fresh twins: the same shift of skill.
    const counted = (changes: readonly Change[], twins: readonly Change[]) =>
      changes.flatMap((change, i) =>
        facts(1, change, [twins[i] ?? '00'], { ...unsure, chance: 0, kind: 'fresh', name: `f${i}` }),
      );
    const benchmark = [...times(160, '11'), ...times(80, '01'), ...times(160, '00')];
    const twins = [
      ...times(170, '11'),
      ...times(16, '01'),
      ...times(170, '11'),
      ...times(16, '01'),
      ...times(28, '00'),
    ];
    const { rules, comparison } = judge(counted(benchmark, twins));
    expect(comparison.rows[0]?.delta?.lower).toBeGreaterThan(0.05);
    expect(comparison.transfer?.value).toBeCloseTo((2.5867 - 1.7346) / (0.4055 + 0.4055), 2);
    expect(rules).toEqual([]);
  });
});

describe('a gain that only format twins confirm', () => {
  const learned = gain(['01'], { kind: 'format' });

  it('is not shown to be real: the policy decides what that means', () => {
    expect(judge(learned).findings).toMatchObject([
      { kind: 'gain-not-shown', level: 'warn', suite: 'suite', gain: { value: 0.4 }, hasFormat: true },
    ]);
    const strict = parsePolicy('shadow-delta: {format-only: fail}', 'p');
    expect(judge(learned, {}, strict).rules).toEqual(['fail gain-not-shown']);
  });

  it('says nothing about the built-in suite, a small gain, noise, or a gain that format twins do not have', () => {
    expect(judge(gain(['01'], { kind: 'format', suite: 'builtin' })).rules).toEqual([]);
    const small = [...facts(4, '01', ['01'], { kind: 'format' }), ...facts(96, '11', ['11'], { kind: 'format' })];
    expect(judge(small).rules).not.toContain('warn gain-not-shown');
    const noise = [
      ...facts(16, '01', ['01'], { kind: 'format', ...unsure }),
      ...facts(8, '10', ['10'], { kind: 'format', ...unsure }),
      ...facts(60, '11', ['11'], { kind: 'format', ...unsure }),
    ];
    expect(judge(noise).rules).not.toContain('warn gain-not-shown');
    expect(judge(gain(['00'], { kind: 'format' })).rules).toEqual(['fail shadow-delta']);
  });

  it('fails by format twins where the open ones are at their ceiling', () => {
    const all = [
      ...facts(60, '01', ['11', '00'], { ...unsure, kind: ['open', 'format'] }),
      ...facts(40, '11', ['11', '11'], { ...unsure, kind: ['open', 'format'] }),
    ];
    const { findings, comparison } = judge(all);
    expect(comparison.kinds).toMatchObject([{ kind: 'open' }, { kind: 'format', role: 'only-format' }]);
    expect(findings).toMatchObject([{ kind: 'shadow-delta', level: 'fail', twins: 'format' }]);
  });

  it('is not confirmed by open twins of other facts, or by twins that cannot rise', () => {
    const others = (['11', '00'] as const).flatMap((change) =>
      facts(30, change, [change], { ...unsure, kind: 'open', name: `other ${change}` }),
    );
    const elsewhere = [...gain(['01'], { kind: 'format' }), ...others];
    expect(judge(elsewhere).findings).toMatchObject([
      { kind: 'gain-not-shown', level: 'inconclusive', hasFormat: false },
    ]);
    const ceiling = [
      ...facts(40, '01', ['11'], { ...unsure, kind: 'open' }),
      ...facts(60, '11', ['11'], { kind: 'open' }),
    ];
    expect(judge(ceiling).rules).toContain('inconclusive gain-not-shown');
    const quiet = parsePolicy('shadow-delta: {format-only: info}', 'p');
    expect(judge(ceiling, {}, quiet).rules).toContain('info gain-not-shown');
  });

  it('is judged by twins that rose as much where the benchmark form flipped and hardly became surer', () => {
    const sure = (item: PairedItem, baseline: number, candidate: number): PairedItem => ({
      ...item,
      graded: {
        baseline: { expected: baseline, likelihood: -1, among: null, choices: null },
        candidate: { expected: candidate, likelihood: -1, among: null, choices: null },
      },
    });
    const flipped = (change: Change, by: number) =>
      facts(40, '01', [change], { kind: 'open', ...unsure }).map((own, i) => {
        const exam = sure(own.benchmark, 0.24, 0.26 + (i % 5) / 1000);
        return {
          ...own,
          benchmark: exam,
          exam,
          twins: own.twins.map((twin) => sure(twin, 0.2, 0.2 + by + (i % 7) / 100)),
        };
      });
    expect(judge(flipped('01', 0.5)).rules).toEqual([]);
    expect(judge(flipped('00', 0)).rules).toContain('inconclusive gain-not-shown');
  });

  it('twins of older measurements, which have no kind, show no more', () => {
    expect(judge(gain(['01'], { kind: null })).rules).toEqual(['warn gain-not-shown']);
  });
});

describe('group twins', () => {
  const benchmark = gain([], {});
  const still = [...times(60, '11'), ...times(60, '00')];
  const learned = [...times(40, '11'), ...times(45, '01'), ...times(35, '00')];

  it('a gain that a held-out set does not have fails, and one that it has passes', () => {
    const memorized = judge(benchmark, { groups: [group('suite', still)] });
    expect(memorized.findings).toMatchObject([
      { kind: 'shadow-delta', level: 'fail', twins: 'group', group: 'private', delta: { value: 0.4 } },
    ]);
    expect(memorized.comparison.kinds).toMatchObject([
      {
        kind: 'group',
        group: 'private',
        facts: 100,
        role: 'decides',
        gap: { baseline: -0.2, candidate: expect.closeTo(0.2) },
      },
    ]);
    expect(memorized.comparison.rows[0]).toMatchObject({ twin: { baseline: 0.5, candidate: 0.5 }, facts: 100 });
    expect(judge(benchmark, { groups: [group('suite', learned)] }).rules).toEqual([]);
  });

  it('the two samples vary apart: the interval is wider than that of linked twins', () => {
    const linked = judge(gain(['01'], { kind: 'fresh' })).comparison.kinds[0]?.delta;
    const apart = judge(benchmark, { groups: [group('suite', [...times(40, '01'), ...times(60, '11')])] });
    const width = ({ lower, upper }: { lower: number | null; upper: number | null }) => (upper ?? 9) - (lower ?? -9);
    expect(linked && width(linked)).toBeLessThan(0.05);
    // Welch: 1.97 · √(2 · 0.24/99).
    expect(width(apart.comparison.kinds[0]?.delta ?? { lower: null, upper: null })).toBeCloseTo(
      2 * 1.972 * Math.sqrt((2 * 0.24) / 99),
      2,
    );
  });

  it('of many templates, whole templates are the units: ten questions of one say hardly more than one', () => {
    const changes = Array.from({ length: 120 }, (_, i): Change => (i % 12 < 4 ? '01' : i % 12 < 8 ? '11' : '00'));
    const { items, ...rest } = group('suite', changes);
    const drawn = { ...rest, items: items.map((item, i) => ({ ...item, cluster: `template ${i % 12}` })) };
    const width = (of: PairedGroup) => {
      const [row] = judge(benchmark, { groups: [of] }).comparison.kinds;
      const { lower, upper } = row?.transfer ?? {};
      return { points: (row?.delta?.upper ?? 0) - (row?.delta?.lower ?? 0), transfer: (upper ?? 99) - (lower ?? 0) };
    };
    const [single, whole] = [width({ ...rest, items }), width(drawn)];
    expect(whole.points).toBeGreaterThan(1.5 * single.points);
    expect(whole.transfer).toBeGreaterThan(1.5 * single.transfer);
  });

  it('what is lost on a group is lost on twins', () => {
    const lost = [...times(60, '11'), ...times(15, '10'), ...times(45, '00')];
    const steady = [...facts(60, '11', []), ...facts(40, '00', [])];
    expect(judge(steady, { groups: [group('suite', lost)] }).rules).toContain('fail twin-accuracy');
    const kept = judge(steady, { groups: [group('suite', times(120, '11'))] });
    expect(kept.rules).toEqual([]);
  });

  it('a group of another capability judges the capability of its suite', () => {
    const steady = [
      ...facts(60, '11', [], { capability: 'history' }),
      ...facts(40, '00', [], { capability: 'history' }),
    ];
    expect(judge(steady, { groups: [group('suite', times(120, '11'))] }).rules).toEqual([]);
    const guessed = [...times(25, '11'), ...times(75, '00')];
    expect(judge(steady, { groups: [group('suite', guessed)] }).rules).toContain('inconclusive not-informative');
  });

  it('forgetting the benchmark form fails, although its only twins are a group', () => {
    const forgot = [...facts(60, '11', []), ...facts(30, '10', [])];
    expect(judge(forgot, { groups: [group('suite', times(100, '11'))] }).rules).toEqual(['fail retention']);
  });
});

describe('a loss of a part', () => {
  const of = (capability: string, lost: number) => [
    ...facts(lost, '10', ['10'], { capability, ...unsure, name: `${capability} lost` }),
    ...facts(60 - lost, '00', ['00'], { capability, ...unsure, name: `${capability} wrong` }),
  ];
  const steady = (capability: string) => [
    ...facts(100, '11', ['11'], { capability, ...unsure, name: `${capability} kept` }),
    ...facts(40, '01', ['01'], { capability, ...unsure, name: `${capability} won` }),
  ];

  it('a capability that fell to chance fails, although others rose and both models look like guessers there', () => {
    const { findings } = judge([...of('recall', 22), ...steady('reasoning')]);
    const losses = findings.filter(({ kind }) => kind === 'accuracy-loss');
    expect(losses).toMatchObject([
      { form: 'benchmark', capability: 'recall', suite: null, lost: 22, won: 0, level: 'fail' },
      { form: 'twin', capability: 'recall', suite: null, lost: 22, won: 0, level: 'fail' },
    ]);
  });

  it('a suite that fell fails by name', () => {
    const fell = facts(60, '10', ['11'], { ...unsure, suite: 'old', name: 'old' });
    const rose = facts(60, '01', ['11'], { ...unsure, suite: 'new', name: 'new' });
    expect(judge([...fell, ...rose]).findings).toContainEqual(
      expect.objectContaining({ kind: 'accuracy-loss', form: 'benchmark', suite: 'old', capability: null, lost: 60 }),
    );
  });
});
