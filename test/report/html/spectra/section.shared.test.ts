import { describe, expect, it } from 'vitest';
import type { Report } from '../../../../src/compare/report.ts';
import type { ReportedRule } from '../../../../src/compare/rows/spectra.ts';
import { MAX_MATRICES, SPECTRA_SECTION } from '../../../../src/report/html/spectra/section.ts';
import { tensor } from '../../fixtures.ts';
import { spectraReport } from './fixture.ts';

const render = (report: Report) =>
  SPECTRA_SECTION.render(report, { docs: 'https://github.com/o/r/blob/main/docs', origin: null })?.text ?? '';

/** Rows of the table of matrices, which is the last. */
const matrixRows = (page: string) => page.slice(page.indexOf('<table class="matrices"')).match(/<tr><th scope="row">/g);

/** With another rule on the ratio, or without any. */
function withRule(rule: Partial<ReportedRule> | null): Report {
  const whole = spectraReport();
  const applied = whole.applied ?? expect.fail('no rules');
  const rules = rule === null ? [] : applied.rules.map((one) => ({ ...one, ...rule }));
  return { ...whole, applied: { ...applied, rules } };
}

describe('the section on spectra', () => {
  it('says what spectra do not show, and has every part', () => {
    const page = render(spectraReport());
    expect(page).toContain('Spectra show how narrow an update is, not whether it does harm');
    const headings = [...page.matchAll(/<h3[^>]*>(.*?)<\/h3>/g)].map(([, text]) => text);
    expect(page.match(/<svg/g)).toHaveLength(1);
    expect(headings).toEqual(['MLP ÷ attention ratio of ΔW', 'Numbers']);
    expect(page).not.toContain('NaN');
    expect(page).not.toContain('undefined');
  });

  it('is left out where no spectrum was measured', () => {
    expect(render(spectraReport({}, { tensors: [] }))).toBe('');
  });

  it('has the ratio, the baseline and the limit, and what the rule is', () => {
    const page = render(spectraReport());
    // 0.63527642 · 1.08
    expect(page).toContain('MLP ÷ attention ratio of ΔW: candidate 0.690, baseline 0.635, limit 0.686');
    expect(page).toContain('the ratio may rise by 8% of the baseline&#39;s; more is a warning');
  });

  it('has both limits of a rule in either direction', () => {
    const rule = { direction: 'any', absolute: 0.1, relative: 0, level: 'fail' } as const;
    const page = render(withRule(rule));
    expect(page).toContain('limit 0.535, limit 0.735');
    expect(page).toContain('the ratio may move by 0.1; more is a failure');
    const both = render(withRule({ direction: 'up', absolute: 0.1, relative: 0.2 }));
    // 0.63527642 · 1.2, and more than 0.1 above.
    expect(both).toContain('baseline 0.635, limit 0.762');
    expect(both).toContain('may rise by the larger of 20% of the baseline&#39;s and 0.1');
  });

  it('says why there is nothing to compare with', () => {
    const { spectra: _, ...older } = spectraReport();
    expect(render(older)).toContain('matrices are not in this report, which an older version wrote');
    expect(render(spectraReport({}, { baseline: null, spectra: { baseline: null } }))).toContain(
      'There is no baseline',
    );
    expect(render(spectraReport({}, { spectra: { baseline: [] } }))).toContain('may not be compared');
  });

  it('has a row for every matrix', () => {
    const report = spectraReport();
    expect(matrixRows(render(report))).toHaveLength(report.tensors.length);
  });

  it('has rows for matrices of zeros and for matrices that are not finite', () => {
    const broken = (['zero', 'notFinite'] as const).map((status) => ({
      ...tensor(status, 'q_proj', 'weight', []),
      ...{ status, metrics: null },
    }));
    const page = render(spectraReport({}, { tensors: broken, spectra: { baseline: [] } }));
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
    expect(page).toContain('not finite');
  });

  it('shows ranges of what is only known between bounds', () => {
    const one = tensor('w', 'q_proj', 'delta');
    const metrics = one.metrics && { ...one.metrics, effectiveRank: { value: 11, low: 10.25, high: 12.5 } };
    const page = render(spectraReport({}, { tensors: [{ ...one, metrics, method: 'fast' }] }));
    expect(page).toContain('<td class="number">10.3–12.5</td>');
  });

  it('shows the matrices that changed most where there are too many, and says so', () => {
    const { tensors, spectra } = spectraReport({ layers: 1 });
    const experts = Array.from({ length: 2 * MAX_MATRICES }, (_, i) =>
      tensor(`expert ${i}`, 'up_proj', 'delta', undefined, { expert: i }),
    );
    const page = render(spectraReport({}, { tensors: [...experts, ...tensors], spectra }));
    expect(matrixRows(page)).toHaveLength(MAX_MATRICES);
    expect(page).toContain(`The 600 matrices with the largest change of 1,214; report.json has all of them.`);
    expect(page.indexOf('<code>model.layers.0')).toBeLessThan(page.indexOf('<code>expert'));
  });

  it('has no limit where there is no rule on the ratio', () => {
    expect(render(withRule(null))).toContain('candidate 0.690, baseline 0.635"');
  });
});
