import { jsonLines } from '@shadow-gate/platform/json';
import { describe, expect, it } from 'vitest';
import type { PairedAnswers, PairedFact } from '../../../src/compare/pairing/paired-item.ts';
import { packComparedItems } from '../../../src/compare/probes/pack-items.ts';
import { type ItemTable, itemTableSchema } from '../../../src/compare/rows/item-table.ts';
import { parseReport, serializeReport } from '../../../src/report/json.ts';
import { probeReport, report } from '../../report/fixtures.ts';
import { answers, probes, probesOnly, reportOn } from '../measurement.ts';
import { fact, facts, group } from './facts.ts';

const pack = (over: Partial<PairedAnswers>, options: Partial<Parameters<typeof packComparedItems>[1]> = {}) =>
  packComparedItems(
    { facts: [], unjudged: [], groups: [], labels: [], ...over },
    { memorized: new Set(), hasBaseline: true, withheld: new Set(), ...options },
  );

describe('the items of a report', () => {
  it('have both forms of a fact, both answers, and what is alike once', () => {
    const table = pack({ facts: [fact('sum', '11', ['10'])] });
    expect(table).toEqual({
      format: 'shadow-gate/report-items@1',
      hasBaseline: true,
      parts: [{ suite: 'suite', capability: 'recall', family: 'recall' }],
      forms: [
        { form: 'benchmark', kind: null },
        { form: 'twin', kind: 'fresh' },
      ],
      facts: [
        {
          ...{ id: 'sum.exam', part: 0, flip: 'lost' },
          items: [
            [0, 'prompt of sum.exam', 'right', null, null, 1, 1, 1, 1],
            [1, 'prompt of sum.twin 0', 'right', null, 'wrong', 1, 0, 1, -1],
          ],
        },
      ],
      leftOut: { facts: 0, flips: 0 },
    });
    expect(itemTableSchema.parse(JSON.parse(JSON.stringify(table)))).toEqual(table);
  });

  it('come with flips first, the largest fall before the others, then what was lost, won, and wrong', () => {
    const small = fact('small flip', '11', ['10'], { probability: 0.3 });
    const table = pack({
      facts: [
        fact('right', '11', ['11']),
        fact('wrong', '11', ['00']),
        fact('won', '01', ['11']),
        fact('lost', '10', ['11']),
        small,
        fact('flip', '11', ['11', '10']),
      ],
    });
    expect(table.facts.map(({ id, flip }) => [id.slice(0, -5), flip])).toEqual([
      ['flip', 'lost'],
      ['small flip', 'lost'],
      ['lost', undefined],
      ['won', undefined],
      ['wrong', undefined],
      ['right', undefined],
    ]);
  });

  it('of many facts stay within the limits, and all flips are there', () => {
    const long = (own: PairedFact): PairedFact => ({
      ...own,
      exam: { ...own.exam, prompt: `${'例題例題例題 '.repeat(1000)}question?` },
    });
    const table = pack({ facts: [...facts(1000, '11', ['11']), ...facts(100, '11', ['10'])].map(long) });
    expect(table.facts.filter(({ flip }) => flip === 'lost')).toHaveLength(100);
    expect(table.facts.length + table.leftOut.facts).toBe(1100);
    expect(table.leftOut.flips).toBe(0);
    expect(Buffer.byteLength(JSON.stringify(table))).toBeLessThan(1_001_000);
    // The question stands at the end.
    expect(table.facts[0]?.items[0]?.[1]).toMatch(/^….{1491}question\?$/);
    const written = jsonLines(serializeReport(report({ probes: { ...probeReport(), items: table } })));
    expect(Buffer.byteLength(written)).toBeLessThan(1_500_000);
    expect(pack({ facts: facts(2010, '11', ['11']) })).toMatchObject({ leftOut: { facts: 10, flips: 0 } });
  });

  it('of a group stand alone, and those that decide nothing say so', () => {
    const unjudged = fact('letters', '01', ['01'], { kind: 'format' });
    const table = pack({ unjudged: [unjudged], groups: [group('suite', ['11'])] });
    expect(table.facts.map(({ items }) => items.length)).toEqual([2, 1]);
    expect(table.forms).toEqual([
      { form: 'benchmark', kind: null, aside: true },
      { form: 'twin', kind: 'format', aside: true },
      { form: 'twin', kind: 'group' },
    ]);
  });

  it('without a baseline have the answers of the candidate alone', () => {
    const { items } = reportOn(probesOnly(probes()), null).probes ?? expect.fail('no probes');
    expect(items).toMatchObject({ hasBaseline: false, leftOut: { facts: 0, flips: 0 } });
    expect(items?.facts).toHaveLength(100);
    // Wrong ones first; their benchmark form and twin have the same prompt.
    expect(items?.facts[0]).toEqual({
      ...{ id: '0.benchmark', part: 0 },
      items: [
        [0, 'prompt of 0', 'green', null, 'pink', null, 0, null, -1],
        [1, 0, 'green', null, 'pink', null, 0, null, -1],
      ],
    });
  });
});

describe('the items of a private benchmark', () => {
  const secret = { name: 'secret.jsonl', version: null, digest: 'sha256:s', seed: 1, items: 200 };
  const open = (given: string) =>
    probesOnly(probes({ suites: [secret], items: answers(100, secret.name).map((item) => ({ ...item, given })) }));
  const policy = 'probes: [secret.jsonl]\nprobes-text: omit\n';

  it('are scores alone', () => {
    const made = reportOn(open('pink'), open('green'), { policy });
    const table = made.probes?.items ?? expect.fail('no items');
    expect(table.parts).toEqual([expect.objectContaining({ suite: 'secret.jsonl', texts: 'withheld' })]);
    for (const { items } of table.facts) {
      for (const item of items) expect(item.slice(1, 5)).toEqual([null, null, null, null]);
    }
    expect(JSON.stringify(serializeReport(made))).not.toMatch(/green|pink|prompt of/);
  });

  it('are scores alone also where the texts of one side cannot be hashed as those of the other', () => {
    const baseline = open('green');
    if (baseline.probes?.status !== 'measured') throw new Error('no probes');
    const hashed = { ...baseline, probes: { ...baseline.probes, suites: [{ ...secret, texts: 'hashed' as const }] } };
    for (const own of [policy, 'probes: [secret.jsonl]\n']) {
      const made = reportOn(open('pink'), hashed, { policy: own });
      expect(made.findings.map(({ kind }) => kind)).toContain('texts-not-hashed');
      expect(made.probes?.items?.facts).toHaveLength(100);
      expect(JSON.stringify(made.probes)).not.toMatch(/green|pink|prompt of/);
    }
  });
});

describe('items in a report from elsewhere', () => {
  const own = probeReport();
  const table = own.items ?? expect.fail('no items');
  const read = (items: unknown) => {
    const file = serializeReport(report({ probes: own }));
    return parseReport(JSON.stringify({ ...file, probes: { ...own, items } }), 'r.json');
  };
  const withItem = (...change: [index: number, value: unknown][]) => {
    const [first, ...rest] = table.facts[0]?.items ?? [];
    const changed = change.reduce((item, [index, value]) => item.toSpliced(index, 1, value), [
      ...(first ?? []),
    ] as unknown[]);
    return { ...table, facts: [{ ...table.facts[0], items: [changed, ...rest] }] };
  };

  it('are read as they were written, and older reports have none', () => {
    expect(read(table).probes?.items).toEqual(table);
    expect(read(undefined).probes?.items).toBeNull();
  });

  it.each<[string, unknown, RegExp]>([
    ['of another format', { ...table, format: 'shadow-gate/report-items@2' }, /format/],
    ['with a key too many', { ...table, note: '' }, /note/],
    ['of no form', withItem([0, 9]), /of no form/],
    ['of no part', { ...table, parts: [] }, /of no part/],
    ['with a prompt that is not there', withItem([1, 7]), /prompt that is not there/],
    ['with a prompt that is itself', withItem([1, 0]), /prompt that is not there/],
    ['that are too long', withItem([1, 'x'.repeat(2000)]), /items/],
    ['with an answer that is a number', withItem([4, 1]), /items/],
    ['that are right by half', withItem([6, 0.5]), /items/],
    ['without the answer of the baseline', withItem([5, null]), /no answer of the baseline/],
    ['that are too many', { ...table, facts: Array.from({ length: 2001 }, () => table.facts[1]) }, /facts/],
    ['with texts of a private benchmark', { ...table, parts: [{ ...table.parts[0], texts: 'withheld' }] }, /withholds/],
  ])('%s are refused, and the error names the place', (_, items, message) => {
    expect(() => read(items)).toThrow(message);
    expect(() => read(items)).toThrow(/r\.json is not a valid .*probes\.items/);
  });
});

describe('the table as a type', () => {
  it('has facts with at least one item', () => {
    const empty: ItemTable = { ...pack({}), facts: [{ id: 'a', part: 0, items: [] }] };
    expect(itemTableSchema.safeParse(empty).success).toBe(false);
  });
});
