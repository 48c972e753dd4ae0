import { describe, expect, it } from 'vitest';
import { accuraciesByForm } from '../../../src/compare/estimates/accuracies.ts';
import { changeRows } from '../../../src/compare/estimates/changes.ts';
import { viewKinds } from '../../../src/compare/estimates/kinds.ts';
import type { PairedFact } from '../../../src/compare/pairing/paired-item.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { fact, facts, group } from '../probes/facts.ts';

const EVERYTHING = { level: 'fail', has: () => true } as const;

describe('accuracies by form', () => {
  const of = (own: readonly PairedFact[], groups = [group('other', [])]) =>
    accuraciesByForm({ facts: own, groups }, { pool: EVERYTHING, level: 0.95, hasBaseline: true });

  it('have the exact interval of Newcombe 1998, table I, method 5, where each fact has one answer', () => {
    const [benchmark] = of([...facts(81, '01', []), ...facts(182, '10', [])]);
    expect(benchmark).toMatchObject({ suite: null, capability: null, form: 'benchmark', kind: null, facts: 263 });
    expect(benchmark?.candidate.value).toBeCloseTo(81 / 263, 12);
    expect(benchmark?.candidate.lower).toBeCloseTo(0.2527, 4);
    expect(benchmark?.candidate.upper).toBeCloseTo(0.3676, 4);
    expect(benchmark?.baseline?.value).toBeCloseTo(182 / 263, 12);
  });

  it('are apart for each capability, suite and kind of twin, with a group in the rows of its suite', () => {
    const kind = ['open', 'format'] as const;
    const rows = of(
      [
        ...facts(10, '11', ['10', '11'], { kind, suite: 'a', capability: 'recall' }),
        ...facts(30, '00', ['01', '00'], { kind, suite: 'a', capability: 'reasoning' }),
        ...facts(20, '01', [], { suite: 'b', capability: 'recall' }),
      ],
      [group('b', ['11', '10', '10', '10'])],
    );
    const shown = rows.map(({ suite, capability, form, kind: own, facts: n, items, baseline, candidate }) => [
      ...[suite, capability, own ?? form, n, items],
      ...[baseline?.value ?? Number.NaN, candidate.value].map((share) => Math.round(100 * share)),
    ]);
    expect(shown).toEqual([
      [null, null, 'benchmark', 60, 60, 17, 50],
      [null, null, 'open', 40, 40, 25, 75],
      [null, null, 'format', 40, 40, 25, 25],
      [null, null, 'group', 4, 4, 100, 25],
      ['a', null, 'benchmark', 40, 40, 25, 25],
      ['a', null, 'open', 40, 40, 25, 75],
      ['a', null, 'format', 40, 40, 25, 25],
      ['b', null, 'benchmark', 20, 20, 0, 100],
      ['b', null, 'group', 4, 4, 100, 25],
      [null, 'recall', 'benchmark', 30, 30, 33, 100],
      [null, 'recall', 'open', 10, 10, 100, 0],
      [null, 'recall', 'format', 10, 10, 100, 100],
      [null, 'recall', 'group', 4, 4, 100, 25],
      ['a', 'recall', 'benchmark', 10, 10, 100, 100],
      ['a', 'recall', 'open', 10, 10, 100, 0],
      ['a', 'recall', 'format', 10, 10, 100, 100],
      [null, 'reasoning', 'benchmark', 30, 30, 0, 0],
      [null, 'reasoning', 'open', 30, 30, 0, 100],
      [null, 'reasoning', 'format', 30, 30, 0, 0],
    ]);
  });

  it('have no baseline where there is none', () => {
    const [row] = accuraciesByForm(
      { facts: facts(4, '11', ['11']), groups: [] },
      { pool: EVERYTHING, level: 0.95, hasBaseline: false },
    );
    expect(row?.baseline).toBeNull();
  });
});

describe('changes of both forms', () => {
  // 100 facts, half reasoning: benchmark 40 → 60 right; the twins of 10 of these 20 rise, one of two each in 5.
  const kind = 'open';
  const own = [
    ...facts(40, '11', ['11', '11'], { kind }),
    ...facts(5, '01', ['01', '01'], { kind }),
    ...facts(5, '01', ['01', '00'], { kind, capability: 'reasoning' }),
    ...facts(10, '01', ['00', '00'], { kind, capability: 'reasoning' }),
    ...facts(40, '00', ['00', '00'], { kind, capability: 'reasoning' }),
  ];
  const kinds = viewKinds({ facts: own, groups: [] }, DEFAULT_POLICY);
  const rows = changeRows(kinds, 0.95);

  it('are the two parts of the shadow delta', () => {
    const [whole] = rows;
    expect(whole).toMatchObject({ suite: 'suite', kind, group: null, capability: null, facts: 100 });
    expect(whole?.benchmark.value).toBeCloseTo(0.2, 12);
    expect(whole?.twin.value).toBeCloseTo(0.075, 12);
    expect((whole?.benchmark.value ?? 0) - (whole?.twin.value ?? 0)).toBeCloseTo(kinds[0]?.row.delta?.value ?? -1, 12);
    // Student's t with 99 degrees of freedom is 1.984; the standard deviation of 20 ones of 100 is 0.402.
    expect(whole?.benchmark.upper).toBeCloseTo(0.2 + 1.984 * 0.0402, 4);
  });

  it('start at the share above chance', () => {
    // 40% right with four choices are (0.4 − 0.25)/0.75 above chance.
    expect(rows[0]?.benchmark.start).toEqual({
      share: expect.closeTo(0.2, 12),
      n: 100,
      scale: expect.closeTo(4 / 3, 12),
    });
  });

  it('are there for each capability', () => {
    expect(
      rows.map(({ capability, facts: n, benchmark, twin }) => [capability, n, benchmark.value, twin.value]),
    ).toEqual([
      [null, 100, expect.closeTo(0.2, 12), expect.closeTo(0.075, 12)],
      ['recall', 45, expect.closeTo(5 / 45, 12), expect.closeTo(5 / 45, 12)],
      ['reasoning', 55, expect.closeTo(15 / 55, 12), expect.closeTo(2.5 / 55, 12)],
    ]);
  });

  it('of a group are those of two samples', () => {
    const benchmark = [...facts(60, '00', []), ...facts(20, '01', [])];
    const views = viewKinds(
      {
        facts: benchmark,
        groups: [
          group(
            'suite',
            Array.from({ length: 50 }, (_, i) => (i < 10 ? '01' : '00')),
          ),
        ],
      },
      DEFAULT_POLICY,
    );
    const [row] = changeRows(views, 0.95);
    expect(row).toMatchObject({ kind: 'group', group: 'private', facts: 50 });
    expect([row?.benchmark.value, row?.twin.value]).toEqual([expect.closeTo(0.25, 12), expect.closeTo(0.2, 12)]);
    expect(row?.benchmark.start.n).toBe(80);
  });

  it('are left out where guessing is always right', () => {
    const sure = [fact('a', '01', ['01'], { chance: 1 }), fact('b', '01', ['01'], { chance: 1 })];
    expect(changeRows(viewKinds({ facts: sure, groups: [] }, DEFAULT_POLICY), 0.95)).toEqual([]);
  });
});
