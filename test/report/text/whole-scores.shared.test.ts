import { expect, it } from 'vitest';
import type { Report } from '../../../src/compare/report.ts';
import { heroNumber } from '../../../src/report/html/overview.ts';
import { decidingTable, decidingValues } from '../../../src/report/summary/deciding-table.ts';
import { exampleFlip } from '../../../src/report/text/example.ts';
import { probeReport, report } from '../fixtures.ts';

const SEQUENTIAL: NonNullable<NonNullable<Report['probes']>['sequential']> = {
  ...{ settled: 'fail', alpha: 0.05, facts: 81, allFacts: 270, items: 243, allItems: 810, blocks: 4, allBlocks: 12 },
  baseline: [{ capability: null, benchmark: 0.507, twin: 0.417 }],
};

const stopped: Report = report({ verdict: 'fail', probes: { ...probeReport(), sequential: SEQUENTIAL } });
const valuesOf = (page: Report, key: string) => {
  const row = decidingTable(page).find((own) => own.key === key);
  return row && decidingValues(row);
};

it('of a baseline, a check that stopped early shows the score of its whole measurement, and what the change makes of it', () => {
  // On what was asked: 26.1% → 98.3%, and 25.3% → 48.6%. No more than all can be right.
  expect(valuesOf(stopped, 'exam')).toBe('50.7% → ≈\u00a0100.0%');
  expect(valuesOf(stopped, 'twins')).toBe('41.7% → ≈\u00a065.0%');
  const { baseline: _, ...old } = SEQUENTIAL;
  const asBefore = report({ verdict: 'fail', probes: { ...probeReport(), sequential: old } });
  expect(valuesOf(asBefore, 'exam')).toBe('26.1% → 98.3%');
});

it('the number of a page is the change in other forms with its interval, where no gain decides', () => {
  expect(heroNumber(stopped)).toMatchObject({ shown: '+2.3\u00a0points', words: 'in other forms', limit: -0.02 });
  expect(heroNumber(report({ probes: null }))).toBeNull();
});

it('one answer that changed is shown in both forms, but not of a pass or a private benchmark', () => {
  expect(exampleFlip(stopped)?.exam.prompt).toContain('Q: recall');
  expect(exampleFlip(report({ verdict: 'pass', probes: probeReport() }))).toBeNull();
  const probes = probeReport();
  const flips = probes.comparison.flips.map((flip) => ({ ...flip, right: null }));
  expect(
    exampleFlip(report({ verdict: 'fail', probes: { ...probes, comparison: { ...probes.comparison, flips } } })),
  ).toBeNull();
});
