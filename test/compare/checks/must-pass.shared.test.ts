import { describe, expect, it } from 'vitest';
import { serializeReport } from '../../../src/report/json.ts';
import { findingText } from '../../../src/report/summary/finding.ts';
import { apartSuite, firstRight, withApart } from '../apart.ts';
import { findingsOn, ofKind, probesOnly, reportOn } from '../measurement.ts';

const COUNT = 8;
const right = (count: number) => probesOnly(withApart(apartSuite('must-pass', firstRight(count, COUNT))));
const POLICY = 'probes: [builtin, {file: must-pass.jsonl, must-pass: true}]';

describe('questions that may never break', () => {
  it('fail the candidate that has one of them wrong, with a baseline and without', () => {
    for (const baseline of [right(COUNT), null]) {
      const [broken] = ofKind('must-pass-broken', findingsOn(right(COUNT - 1), baseline));
      expect(broken).toMatchObject({ level: 'fail', broken: 1, questions: COUNT });
    }
    expect(reportOn(right(COUNT - 1), null).verdict).toBe('fail');
    expect(ofKind('must-pass-broken', findingsOn(right(COUNT), right(0)))).toEqual([]);
    // Also if the other suites only warn.
    const warns = 'probes: [{file: builtin, level: warn}, {file: must-pass.jsonl, must-pass: true}]';
    const beside = findingsOn(right(COUNT - 1), right(COUNT), { policy: warns });
    expect(ofKind('must-pass-broken', beside)).toMatchObject([{ level: 'fail' }]);
  });

  it('are listed with both answers, some of them, and how many more there are', () => {
    const [broken] = ofKind('must-pass-broken', findingsOn(right(1), right(2)));
    expect(broken).toMatchObject({ broken: 7, rightBefore: 1 });
    expect(broken?.named.map(({ baseline }) => baseline)).toEqual([true, false, false, false, false]);
    const text = broken && findingText(broken);
    expect(text).toContain('7 of 8 must-pass questions are answered wrong; the baseline had 1 of them right');
    expect(text).toContain('request 1, answered Sure! for');
    expect(text).toContain('by the baseline wrong as well');
    expect(text).toMatch(/; and 2 more\.$/);
  });

  it('are all in report.json', () => {
    const report = JSON.parse(JSON.stringify(serializeReport(reportOn(right(1), right(2)))));
    expect(report.probes.mustPass).toMatchObject([{ suite: 'must-pass.jsonl', questions: 8, asked: 8 }]);
    expect(report.probes.mustPass[0].broken).toHaveLength(7);
    expect('mustPass' in (reportOn(probesOnly(withApart()), null).probes ?? {})).toBe(false);
  });

  it('are in no statistic', () => {
    const numbers = (report: ReturnType<typeof reportOn>) => ({
      comparison: report.probes?.comparison,
      accuracies: report.probes?.accuracies,
    });
    expect(numbers(reportOn(right(0), right(COUNT)))).toEqual(numbers(reportOn(right(COUNT), right(COUNT))));
  });

  it('of which every sample has to be right', () => {
    const sampled = (correct: number) => {
      const made = apartSuite('must-pass', [true], { samples: { correct, of: 4 } });
      return probesOnly(withApart(made));
    };
    expect(ofKind('must-pass-broken', findingsOn(sampled(4), null))).toEqual([]);
    expect(ofKind('must-pass-broken', findingsOn(sampled(3), null))).toHaveLength(1);
  });

  it('are named by their ids where their texts are hidden', () => {
    const found = findingsOn(right(1), right(2), { policy: `${POLICY}\nprobes-text: omit` });
    const [broken] = ofKind('must-pass-broken', found);
    expect(broken?.named[0]).toEqual({
      ...{ suite: 'must-pass.jsonl', id: 'must-pass-1', question: null, right: null, given: null, baseline: true },
    });
    expect(broken && findingText(broken)).not.toContain('request');
  });
});

describe('questions that were not asked', () => {
  it('are not passed', () => {
    const { items, ...rest } = withApart(apartSuite('must-pass', firstRight(COUNT, COUNT)));
    const leftOut = [{ suite: 'must-pass.jsonl', id: 'must-pass-7', reason: 'too long' }];
    const some = probesOnly({ ...rest, items: items.slice(0, -1), leftOut });
    expect(ofKind('must-pass-not-asked', findingsOn(some, null))).toMatchObject([
      { level: 'inconclusive', items: 1, named: [{ id: 'must-pass-7', reason: 'too long' }] },
    ]);
  });

  it('are missed by the policy, and in the suites of the baseline', () => {
    const without = probesOnly(withApart());
    expect(ofKind('must-pass-not-asked', findingsOn(without, null))).toEqual([]);
    expect(ofKind('must-pass-not-asked', findingsOn(without, null, { policy: POLICY }))).toMatchObject([
      { suite: 'must-pass.jsonl', items: null },
    ]);
    expect(ofKind('must-pass-not-asked', findingsOn(without, right(COUNT)))).toMatchObject([{ items: COUNT }]);
  });

  it('count as not asked where the candidate took the mark away', () => {
    const { suites, ...rest } = withApart(apartSuite('must-pass', firstRight(0, COUNT)));
    const unmarked = probesOnly({ ...rest, suites: suites.map(({ role: _, ...suite }) => suite) });
    const found = findingsOn(unmarked, right(COUNT));
    expect(ofKind('must-pass-not-asked', found)).toMatchObject([{ level: 'inconclusive', items: COUNT }]);
  });
});
