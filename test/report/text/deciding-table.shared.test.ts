import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/compare/finding.ts';
import type { Report } from '../../../src/compare/report.ts';
import { decidingTable, decidingValues } from '../../../src/report/summary/deciding-table.ts';
import { changeMark } from '../../../src/report/summary/row-marks.ts';
import { plain } from '../../../src/report/text/phrase.ts';
import { CALIBRATED_FINDING, calibrationReport } from '../calibration.ts';
import { everyFinding } from '../findings.ts';
import { finding, hostileReport, probeReport, report, spiked } from '../fixtures.ts';

const probes = probeReport('recall');
/** Made once: validating it takes its time. */
const base = report();
const quiet = { ...probes, comparison: { ...probes.comparison, kinds: [], gains: [] } };

/** Every row as one line, with ordinary spaces. */
const linesOf = (one: Report) =>
  decidingTable(one).map((row) =>
    [row.mark, plain(row.check), decidingValues(row), row.change, row.limit].join(' | ').replaceAll('\u00a0', ' '),
  );

const twinLoss: Finding = {
  ...{ kind: 'twin-accuracy', level: 'fail', capability: null, candidate: 0.486, baseline: 0.753 },
  ...{ change: -0.267, twins: 540, lost: 232, won: 6, p: 1e-9, limit: 0.02 },
};

describe('the table that decides', () => {
  it('shows no fall as passed whose limit is not known, as in a report of version 0.2', () => {
    const both = { baseline: 0.9, candidate: 0.6 };
    expect(changeMark(report({ verdict: 'pass', findings: [] }), both, undefined)).toBe('inconclusive');
    expect(changeMark(report({ verdict: 'pass', findings: [] }), { ...both, candidate: 0.9 }, undefined)).toBe('pass');
  });

  it('shows no loss as passed, or as open, that an exception accepts', () => {
    const exception = { level: 'fail', reason: 'r', who: 'ada', until: '2027-01-15', daysLeft: 45 } as const;
    const accepted = report({ verdict: 'pass', findings: [{ ...twinLoss, level: 'info', exception }] });
    expect(changeMark(accepted, { baseline: 0.9, candidate: 0.6 }, 0.02)).toBe('warn');
  });

  it('has exam and twins with their limits, whatever the verdict, and the headline of the spectra', () => {
    expect(linesOf(report({ verdict: 'pass', findings: [], probes: quiet }))).toEqual([
      'pass | Exam | 26.1% → 98.3% | +72.2 points | −2 points',
      'pass | Other forms | 25.3% → 48.6% | +23.3 points | −2 points',
      'pass | MLP ÷ attention ratio | 0.635 → 0.690 | +8.7% | +8%',
    ]);
  });

  it('has the calibrated number that came nearest to its limit, and those beyond theirs', () => {
    const calibration = calibrationReport();
    expect(linesOf(report({ verdict: 'pass', findings: [], calibration }))).toContain(
      'pass | Top-5% energy, q_proj | 0.560 | seen: 0.500 to 0.580 | ≤ 0.620',
    );
    const findings = [
      CALIBRATED_FINDING,
      ...everyFinding('v_proj').filter(({ kind }) => kind === 'not-calibrated-here'),
    ];
    const rows = linesOf(report({ verdict: 'warn', findings, calibration }));
    expect(rows[0]).toBe('warn | Top-5% energy, up_proj | 0.710 | seen: 0.500 to 0.580 | ≤ 0.620');
    expect(rows[1]).toBe('warn | Update size | 0.310 | not calibrated | 0.120 to 0.200');
  });

  it('begins with what decides, and keeps the exam next to it', () => {
    const findings = [twinLoss, finding()];
    expect(linesOf(report({ verdict: 'fail', findings, probes: quiet }))).toEqual([
      'fail | Other forms | 75.3% → 48.6% | −26.7 points | −2 points',
      'warn | MLP ÷ attention ratio | 0.635 → 0.690 | +8.7% | +8%',
      'pass | Exam | 26.1% → 98.3% | +72.2 points | −2 points',
    ]);
  });

  it('has the transfer of a gain next to its twins', () => {
    const found = linesOf(report({ verdict: 'pass', findings: [], probes }));
    expect(found).toContain('inconclusive | Carried over, no options | — | 1% (−14% to 12%) | ≥ 60%');
    expect(found).toContain('pass | No options | 37.0% → 37.0% | 0.0 points | —');
  });

  it('has one row for the worst of several parts', () => {
    const parts = ['a', 'b', 'c'].map(
      (capability, i): Finding => ({ ...twinLoss, capability, change: [-0.2, -0.5, -0.3][i] ?? 0, limit: 0.05 }),
    );
    const found = linesOf(report({ verdict: 'fail', findings: [twinLoss, ...parts], probes: quiet }));
    expect(found.filter((line) => line.includes('Other forms, '))).toEqual([expect.stringContaining('Other forms, b')]);
  });

  it('has at most five rows, and the exam is one of them', () => {
    const spikes = Array.from({ length: 9 }, (_, i) => spiked(`t${i}`, { level: 'fail' }));
    const found = linesOf(report({ verdict: 'fail', findings: spikes, probes: quiet }));
    expect(found).toHaveLength(5);
    expect(found.at(-1)).toMatch(/^pass \| Exam/);
  });

  it('shows nothing as passed that could not be judged', () => {
    const few: Finding = { kind: 'too-few-facts', level: 'inconclusive', facts: 12, least: 40, budget: null };
    const found = decidingTable(report({ verdict: 'inconclusive', findings: [few], probes: quiet }));
    expect(found.map(({ key, mark }) => [key, mark])).toEqual([
      ['finding too-few-facts', 'inconclusive'],
      ['exam', 'inconclusive'],
      ['twins', 'inconclusive'],
      ['metric mlpAttentionRatio model', 'pass'],
    ]);
    const first: Finding = { kind: 'missing-baseline', level: 'warn', path: null };
    const alone = decidingTable(report({ verdict: 'warn', findings: [first], baseline: null, probes: quiet }));
    expect(alone.filter(({ mark }) => mark === 'pass')).toEqual([]);
  });

  it('shows a drop beyond its limit never as passed, whichever finding reports it', () => {
    const [row] = probes.comparison.rows;
    if (row === undefined) throw new Error('no row');
    const fallen = { ...row, benchmark: { baseline: 0.98, candidate: 0.58 } };
    const dropped = { ...quiet, comparison: { ...quiet.comparison, rows: [fallen] } };
    const markOf = (findings: Finding[]) =>
      decidingTable({ ...base, verdict: 'pass', findings, probes: dropped }).find(({ key }) => key === 'exam')?.mark;
    const forgotten = everyFinding('x').filter(({ kind }) => kind === 'retention');
    expect(markOf(forgotten.map((one) => ({ ...one, level: 'fail' })))).toBe('fail');
    // It may be chance.
    expect(markOf([])).toBe('inconclusive');
  });

  it.each(everyFinding('w_1').map((one, i) => [`${one.kind} (${i})`, one] as const))(
    'shows the finding %s with the mark of its level',
    (_, one) => {
      for (const level of ['fail', 'inconclusive', 'warn'] as const) {
        const rows = decidingTable({ ...base, verdict: level, findings: [{ ...one, level }], probes: quiet });
        expect(rows[0]?.mark).toBe(level);
        expect(plain(rows[0]?.check ?? []).length).toBeGreaterThan(2);
      }
    },
  );

  it('has a name and a unit in every cell, so that each column can be read alone', () => {
    const all = everyFinding('w_1').flatMap((one) =>
      decidingTable({ ...base, verdict: 'warn', findings: [one], probes }),
    );
    for (const { change, baseline, candidate, limit } of all) {
      for (const cell of [baseline ?? '', candidate, change, limit]) {
        expect(cell).not.toMatch(/undefined|NaN|null|Infinity/);
      }
      // Changes of accuracies are in points.
      if (baseline?.endsWith('%') && candidate.endsWith('%')) expect(change).toMatch(/points?\b/);
    }
  });

  it('has no limit of a report that does not know the policy', () => {
    const old = decidingTable({ ...base, verdict: 'pass', findings: [], probes: quiet, applied: undefined });
    expect(old.slice(0, 2).map(({ limit }) => limit)).toEqual(['—', '—']);
  });

  it('keeps foreign names apart', () => {
    for (const { check } of decidingTable(hostileReport('<b>'))) {
      expect(check.filter((part) => typeof part === 'string').join('')).not.toContain('<b>');
    }
  });
});
