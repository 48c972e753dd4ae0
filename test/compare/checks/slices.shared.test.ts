import type { ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { describe, expect, it } from 'vitest';
import { settleAgainst } from '../../../src/compare/checks/settle-answers.ts';
import { askingOrder } from '../../../src/compare/pairing/order.ts';
import type { Report } from '../../../src/compare/report.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { parseReport, serializeReport } from '../../../src/report/json.ts';
import { renderComment } from '../../../src/report/markdown/comment.ts';
import { renderTerminal } from '../../../src/report/terminal/report.ts';
import { probes, probesOnly, reportOn, SUITE } from '../measurement.ts';

/** Twins that are lost and won in a slice of so many facts. */
type Slices = Readonly<Record<string, { readonly facts: number; readonly lost?: number; readonly won?: number }>>;

const FILE = 'support.jsonl';

/** Both sides of a suite whose facts have a language. */
function sides(slices: Slices, { field = 'language' }: { readonly field?: string | null } = {}) {
  const side = (isCandidate: boolean): Measurement => {
    const items = Object.entries(slices).flatMap(([value, { facts, lost = 0, won = 0 }]) =>
      Array.from({ length: facts }, (_, i) =>
        (['benchmark', 'twin'] as const).map((form): ProbeItemMeasurement => {
          // The first are lost, the next are won, and one in eight of the others is wrong on both sides.
          const before = i < lost || (i >= lost + won && i % 8 !== 7);
          const after = i < lost ? false : i < lost + won ? true : before;
          const correct = form === 'twin' && isCandidate ? after : before;
          return {
            ...{ suite: FILE, id: `${value} ${i}.${form}`, fact: `${value} ${i}`, capability: 'benchmark' },
            ...{ family: 'support', cluster: form, form, prompt: `prompt of ${i}`, right: 'green', chance: 0.25 },
            ...{ given: correct ? 'green' : 'pink', correct, margin: correct ? 1 : -1, logprobs: null },
            probability: correct ? 0.8 : 0.1,
            ...(form === 'twin' ? { kind: 'fresh' as const } : {}),
            ...(field === null ? {} : { slices: { [field]: value } }),
          };
        }),
      ).flat(),
    );
    return probesOnly(probes({ items, suites: [{ ...SUITE, name: FILE, version: null, items: items.length }] }));
  };
  return { candidate: side(true), baseline: side(false) };
}

const policyOf = (own = '', rest = '') => `${rest}\nprobes: [{file: data/${FILE}, slices: [language]${own}}]`;

function judge({ candidate, baseline }: ReturnType<typeof sides>, policy = policyOf()): Report {
  const report = reportOn(candidate, baseline, { policy });
  expect(parseReport(JSON.stringify(serializeReport(report)), 'report.json')).toEqual(report);
  return report;
}
const kinds = ({ findings }: Report) =>
  findings.filter(({ level }) => level !== 'info').map(({ kind, level }) => `${level} ${kind}`);

/** One language fell, and the others gained as much: over everything nothing happened. */
const HIDDEN: Slices = {
  de: { facts: 60, lost: 18 },
  en: { facts: 200, won: 12 },
  fr: { facts: 100, won: 6 },
};

describe('slices of a suite', () => {
  it('have the p-values of exact binomial tests, adjusted as Holm does, as computed in Python', () => {
    const mixed = {
      de: { facts: 60, lost: 9 },
      en: { facts: 60, lost: 8, won: 2 },
      fr: { facts: 60, lost: 5, won: 3 },
      it: { facts: 60, lost: 2, won: 5 },
      pl: { facts: 60, lost: 7, won: 1 },
    };
    const rows = judge(sides(mixed)).slices ?? [];
    const expected = { de: 0.009765625, en: 0.1640625, fr: 0.7265625, it: 0.9375, pl: 0.140625 };
    expect(rows.map(({ value }) => value)).toEqual(['de', 'en', 'pl', 'fr', 'it']);
    for (const { value, p } of rows) expect(p, value).toBeCloseTo(expected[value as keyof typeof expected], 12);
  });

  it('fail by the worst one that is shown, where everything together lost nothing', () => {
    const report = judge(sides(HIDDEN));
    expect(kinds(report)).toEqual(['fail slice-loss']);
    expect(report.findings[0]).toMatchObject({
      ...{ suite: FILE, field: 'language', value: 'de', facts: 60, items: 60, change: -0.3, limit: 0.05, slices: 1 },
    });
    expect(reportOn(sides(HIDDEN).candidate, sides(HIDDEN).baseline, { policy: `probes: [${FILE}]` }).verdict).toBe(
      'pass',
    );
    for (const text of [renderComment(report, {}), renderTerminal(report, { width: 120, color: false })]) {
      expect(text).toMatch(/language.*de/);
    }
  });

  it('have the level and the limit of their suite', () => {
    // With another suite that counts.
    expect(kinds(judge(sides(HIDDEN), `probes: [{file: ${FILE}, slices: [language], level: warn}]`))).toEqual([
      'warn slice-loss',
    ]);
    expect(kinds(judge(sides(HIDDEN), policyOf(', drop: 0.31')))).toEqual([]);
    expect(judge(sides(HIDDEN), policyOf(', drop: 0.29')).findings[0]).toMatchObject({ limit: 0.29 });
  });

  it('of too few facts are listed as not judged, and where all are, nothing is green', () => {
    const few = judge(sides({ de: { facts: 15, lost: 12 }, en: { facts: 300 } }));
    expect(few.slices).toMatchObject([
      { value: 'en', isJudged: true },
      { value: 'de', isJudged: false, p: null },
    ]);
    expect(renderComment(few, {})).toMatch(/de.*not judged/);
    const none = judge(sides(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`v${i}`, { facts: 12 }]))));
    expect(kinds(none)).toEqual(['inconclusive slices-not-judged']);
    expect(none.findings[0]).toMatchObject({ field: 'language', slices: 20 });
  });

  it('are not judged by a baseline that does not have them, and are its word', () => {
    const { candidate, baseline } = sides(HIDDEN);
    const before = sides(HIDDEN, { field: null });
    expect(kinds(judge({ candidate, baseline: before.baseline }))).toEqual(['inconclusive slices-not-judged']);
    expect(kinds(judge({ candidate: before.candidate, baseline }))).toEqual(['fail slice-loss']);
  });

  it('share the alpha of all tests for losses', () => {
    const { slices, probes: run } = judge(sides(HIDDEN));
    expect(slices?.[0]?.alpha).toBeCloseTo(0.4 * 0.05, 12);
    expect(run?.comparison.rows[0]?.twinChange?.lost).toBe(18);
    // 40% of the alpha of 0.05 is left for all twins, of 80%.
    const lost = sides({ de: { facts: 100, lost: 8, won: 1 }, en: { facts: 100, lost: 2, won: 1 } });
    // P(X ≥ 10), X ~ Bin(12, ½): 0.019.
    expect(kinds(judge(lost, `probes: [${FILE}]`))).toContain('fail twin-accuracy');
    const less = sides({ de: { facts: 100, lost: 7, won: 1 }, en: { facts: 100, lost: 2, won: 1 } });
    // P(X ≥ 9), X ~ Bin(11, ½): 0.033.
    expect(kinds(judge(less, `probes: [${FILE}]`))).toContain('fail twin-accuracy');
    expect(kinds(judge(less))).not.toContain('fail twin-accuracy');
  });

  it('are never settled as a pass by a part of the answers', () => {
    const { baseline } = sides({ de: { facts: 300 }, en: { facts: 300 } });
    if (baseline.probes?.status !== 'measured') throw new Error('no answers');
    const { length: of } = askingOrder(baseline.probes, 1);
    const sequential = { blocks: of, of, settled: null };
    const asked = { ...baseline.probes, orderSeed: 1, sequential };
    expect(settleAgainst(baseline, parsePolicy(`probes: [${FILE}]`, 'policy'))(asked)).toBe('pass');
    expect(settleAgainst(baseline, parsePolicy(policyOf(), 'policy'))(asked)).toBe(null);
    const stopped = { ...baseline, probes: { ...asked, sequential: { ...sequential, settled: 'pass' as const } } };
    expect(kinds(reportOn(stopped, baseline, { policy: policyOf() }))).toContain('inconclusive stopped-early');
  });
});
