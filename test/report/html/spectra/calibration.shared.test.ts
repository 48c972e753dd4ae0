import { MODULE_TYPES } from '@shadow-gate/checkpoints/naming';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../../../src/compare/report.ts';
import type { CalibratedMetric, CalibrationReport } from '../../../../src/compare/rows/calibration.ts';
import { calibrationSection } from '../../../../src/report/html/spectra/calibration.ts';
import { icon, NOT_JUDGED } from '../../../../src/report/render/html/icon.ts';
import { CALIBRATED_FINDING, calibratedMetric, calibrationReport, SEEN, size } from '../../calibration.ts';
import { HOSTILE_NAMES, report } from '../../fixtures.ts';

/** Made once: validating it takes its time. */
const base = report({ findings: [CALIBRATED_FINDING] });
const textOf = (calibration: Report['calibration']) =>
  calibrationSection({ ...base, calibration }, 'https://example.org/docs')?.text ?? '';
const pageOf = (calibration: Report['calibration']) =>
  parseHTML(`<!doctype html><html><body>${textOf(calibration)}</body></html>`).document;

/** Cells of each row, below the name of its metric. */
function rowsOf(calibration: CalibrationReport): string[] {
  const rows = [...pageOf(calibration).querySelectorAll('table.calibrated tr')];
  return rows.map((row) =>
    [...row.children].map((cell) => cell.textContent?.trim().replaceAll('\u00a0', ' ')).join('|'),
  );
}

/** Icon and text of the candidate in the first row with a number. */
function candidateOf(one: CalibratedMetric, findings = base.findings) {
  const text = calibrationSection({ ...base, findings, calibration: calibrationReport({ metrics: [one] }) }, '')?.text;
  return /<tr><th scope="row">[^<]*<\/th><td>(.*?)<\/td>/s.exec(text ?? '')?.[1];
}

const judged = { direction: 'up', limit: 0.62, by: 'range', line: null, outcome: 'within' } as const;

describe('the calibration in the section on spectra', () => {
  it('is left out where there is none', () => {
    expect(calibrationSection(base, '')).toBe(null);
  });

  it('has judged numbers with their limits first, then the sizes, and the others in a fold', () => {
    const rows = rowsOf(calibrationReport());
    const cells = ['part|candidate|seen|limit', 'Top-5% energy range of 4 known-good runs, widened by half'];
    expect(rows.slice(0, 2)).toEqual(cells);
    expect(rows).toContain('q_proj|0.560|0.500 to 0.580|≤ 0.620');
    expect(rows).toContain('up_proj|0.710|0.500 to 0.580|≤ 0.620');
    expect(rows).toContain('v_proj|0.710|0.500 to 0.580|not at this size');
    expect(rows).toContain('up_proj|12|2 to 16|no room to move');
    expect(rows).toContain('v_proj|0.0600|0.0200 to 0.0240|0.0180 to 0.0260');
    const fold = pageOf(calibrationReport()).querySelector('details');
    expect(fold?.querySelector('summary')?.textContent).toBe('1 other metric, not judged (1 numbers)');
    expect(fold?.querySelectorAll('tbody tr')).toHaveLength(2);
  });

  it('has the value of every known-good checkpoint in a table', () => {
    const document = pageOf(calibrationReport());
    const [table] = [...document.querySelectorAll('details:last-of-type table')];
    expect(table?.querySelector('tbody tr')?.textContent).toBe('runs/seed-10.5200.5200.5202');
  });

  it('is gray where the size is not calibrated, and where no candidate could be beyond the limit', () => {
    for (const outcome of ['not-calibrated', 'idle'] as const) {
      const cell = candidateOf(calibratedMetric({ candidate: 0.9, judged: { ...judged, outcome } }));
      expect(cell).toBe(`${NOT_JUDGED.text}0.900`);
    }
  });

  it('has the mark of its finding beyond the limit, and that of a pass within', () => {
    const of = (outcome: 'within' | 'beyond', level: 'fail' | 'warn' | 'info') =>
      candidateOf(calibratedMetric({ candidate: 0.9, judged: { ...judged, outcome } }), [
        { ...CALIBRATED_FINDING, level },
      ]);
    for (const level of ['fail', 'warn', 'info'] as const) {
      expect(of('beyond', level)).toBe(`${icon(level).text}0.900`);
      expect(of('within', level)).toBe(`${icon('pass').text}0.900`);
    }
  });

  it('has the error next to a limit that is a line', () => {
    const line = { slope: 0.1, intercept: 0.9, error: 0.0123, errorOfMean: 0.0456 };
    const one = calibratedMetric({ candidate: 0.7, judged: { ...judged, by: 'regression', line, limit: 0.75 } });
    const text = textOf(calibrationReport({ kind: 'series', metrics: [one] }));
    expect(text).toContain('<small>error 0.0123 (0.0456)</small>');
    expect(text).toContain('line through 4 known-good checkpoints by size of the update');
  });

  it('says once what one test of everything rests on, and the rule of a limit where it is not that of the others', () => {
    const test = { alpha: 0.05, p: 0.05 };
    const joint = textOf(
      calibrationReport({ test, metrics: [calibratedMetric({ judged: { ...judged, by: 'order-statistic' } })] }),
    );
    expect(joint).toContain('false alarms in at most 5% of good ones. For this one, p = 0.050.');
    expect(joint.match(/false alarms/g)).toHaveLength(1);
    const other = calibratedMetric({ module: 'k_proj', judged: { ...judged, by: 'least-margin' } });
    const mixed = textOf(calibrationReport({ metrics: [calibratedMetric(), calibratedMetric(), other] }));
    expect(mixed.match(/<small>[^<]*<\/small>/g)).toEqual(['<small>least margin</small>']);
  });

  it('says why a calibration was refused, or that there are too few known-good checkpoints', () => {
    const none = { metrics: [], sizes: [] };
    const refused = { cause: 'rank', what: 'q_proj', calibrated: '8', candidate: '16' } as const;
    expect(pageOf(calibrationReport({ ...none, refused })).querySelector('p')?.textContent).toContain(
      'The calibration cannot be used: it is of another LoRA rank (q_proj: calibrated 8, candidate 16).',
    );
    const runs = calibrationReport().runs.slice(0, 1);
    expect(textOf(calibrationReport({ ...none, runs }))).toContain('1 known-good run besides this one');
    expect(pageOf(calibrationReport(none)).querySelector('table')).toBe(null);
  });

  it.each(HOSTILE_NAMES.map((name) => [JSON.stringify(name).slice(0, 50), name]))('keeps %s a text', (_, name) => {
    const runs = SEEN.map(() => ({ name, digest: name }));
    const document = pageOf(calibrationReport({ runs, path: name, metrics: [calibratedMetric({ metric: name })] }));
    expect(document.querySelectorAll('script, img, table table')).toHaveLength(0);
    expect(document.querySelectorAll('details:last-of-type tbody tr')).toHaveLength(4);
    expect(document.body.innerHTML.length).toBeLessThan(30_000);
  });

  it('takes less than 60 kB of the page of a large model', () => {
    const runs = Array.from({ length: 19 }, (_, i) => ({ name: `checkpoints/seed-${i}`, digest: `sha256:${i}` }));
    const modules = MODULE_TYPES.slice(0, 9);
    const values = (seed: number) => runs.map((_, i) => 0.5 + 0.1 * Math.sin(i * 12.9898 + seed * 78.233));
    const metrics = modules.flatMap((module, m) =>
      Array.from({ length: 20 }, (_, i) =>
        calibratedMetric({
          ...{ module, metric: `metric.${i}`, values: values(20 * m + i), candidate: 0.55 },
          judged: i < 2 ? judged : null,
        }),
      ),
    );
    const sizes = modules.map((module, m) => size(module, { values: values(m) }));
    const bytes = Buffer.byteLength(textOf(calibrationReport({ runs, metrics, sizes })));
    expect(bytes, `${bytes} bytes`).toBeLessThan(60_000);
  });
});
