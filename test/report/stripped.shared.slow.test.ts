import { VERSION } from '@shadow-gate/platform';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/compare/report.ts';
import { parseReport, serializeReport } from '../../src/report/json.ts';
import { reportOn } from '../compare/measurement.ts';
import { randomPair } from '../compare/random-pairs.ts';

// Reports whose reasons were taken out, with a verdict that follows from the rest.

const PAIRS = 100;

const reports: Report[] = [];
beforeAll(() => {
  for (let seed = 1; seed <= PAIRS; seed += 1) {
    const { candidate, baseline, policy } = randomPair(seed);
    reports.push(reportOn(candidate, baseline, { policy }));
  }
});

const read = (file: object) => parseReport(JSON.stringify(file), 'report.json');
/** As if nothing had been found but remarks. */
const strip = (report: Report, from = serializeReport(report)) => ({
  ...from,
  verdict: 'pass',
  reasons: from.reasons.filter(({ level }) => level === 'info'),
});
const flagged = () => reports.filter(({ verdict }) => verdict !== 'pass');

describe('a report whose reasons were taken out', () => {
  it('is refused, with some of them or with all', () => {
    expect(flagged().length).toBeGreaterThan(50);
    for (const report of flagged()) {
      expect(() => read(strip(report)), report.verdict).toThrow(/reasons: .*some were taken out/);
      expect(() => read({ ...strip(report), reasons: [] })).toThrow(/reasons: .*some were taken out/);
      const { levels: _, ...uncounted } = strip(report);
      if (report.tool.version === VERSION) expect(() => read(uncounted)).toThrow(/some were taken out/);
    }
  });

  it('is refused without the policy that it was judged by, also where the levels are as many as the reasons', () => {
    for (const report of reports) {
      const { applied: _, ...without } = serializeReport(report);
      expect(() => read(without)).toThrow(/applied: .*was taken out/);
      const remarks = report.findings.filter(({ level }) => level === 'info');
      const { applied: __, ...stripped } = serializeReport({ ...report, verdict: 'pass', findings: remarks });
      expect(() => read(stripped)).toThrow(/was taken out/);
      // Older versions had none.
      expect(read({ ...without, tool: { ...report.tool, version: '0.1.0' } }).verdict).toBe(report.verdict);
    }
  });

  it('is refused by its own tables too, if it failed for what they show', () => {
    const rest = flagged().filter((report) => {
      try {
        read(
          strip(report, serializeReport({ ...report, findings: report.findings.filter((f) => f.level === 'info') })),
        );
        return true;
      } catch (error) {
        expect(String(error)).toMatch(/the tables of the report show a reason for/);
        return false;
      }
    });
    const failed = rest.filter(({ verdict }) => verdict === 'fail');
    const kinds = failed.flatMap(({ findings }) => findings.flatMap((f) => (f.level === 'fail' ? [f.kind] : [])));
    // Tokenizer, templates and code are in no table, and neither is what the policy's list of suites requires.
    expect(new Set(kinds)).toEqual(new Set(['changed-behavior', 'suite-missing']));
  });

  it('an honest one is read, whatever it found', () => {
    for (const report of reports) expect(read(serializeReport(report)).verdict).toBe(report.verdict);
  });
});
