import { describe, expect, it } from 'vitest';
import { withExceptions } from '../../src/compare/index.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { parseReport, serializeReport } from '../../src/report/json.ts';
import { renderComment } from '../../src/report/markdown/index.ts';
import { everyFinding } from './findings.ts';
import { finding, HOSTILE_NAMES, probeReport, report, spiked } from './fixtures.ts';

const reread = (of: ReturnType<typeof report>) => parseReport(JSON.stringify(serializeReport(of)), 'report.json');

const NON_FINITE = { kind: 'non-finite', level: 'fail', tensor: 'w', nan: 1, inf: 0 } as const;

describe('report.json', () => {
  it('reads a report with more findings than a call has arguments', () => {
    const findings = Array.from({ length: 150_000 }, () => NON_FINITE);
    const read = reread(report({ findings, verdict: 'fail' }));
    expect(read.findings).toHaveLength(findings.length);
    expect(renderComment(read, { key: 'default', docs: '' }).length).toBeGreaterThan(1000);
  });

  it('report.json reads back as the report that was written, whatever the findings and their names', () => {
    for (const name of HOSTILE_NAMES.filter((hostile) => !hostile.includes('\ud800'))) {
      const written = report({ findings: everyFinding(name), probes: probeReport() });
      expect(reread(written)).toEqual(written);
    }
  });

  it('report.json has one flat entry for each finding, with the keys that scripts read', () => {
    const { reasons, verdict, schema } = serializeReport(report({ findings: [finding(), ...everyFinding('w')] }));
    expect([schema, verdict]).toEqual(['shadow-gate/report@1', 'warn']);
    expect(reasons[0]).toEqual({
      level: 'warn',
      rule: 'mlpAttentionRatio',
      metric: 'mlpAttentionRatio',
      of: 'delta',
      place: 'model',
      candidate: 0.6904284364,
      baseline: 0.63527642,
      tolerance: { relative: 0.08 },
      message: 'MLP ÷ attention ratio of ΔW rose from 0.635 to 0.690 (+8.7%; limit +8%).',
      details: expect.objectContaining({ kind: 'metric-moved', scope: { kind: 'model' } }),
    });
    const keys = new Set(reasons.map((entry) => Object.keys(entry).sort().join()));
    expect([...keys]).toEqual(['baseline,candidate,details,level,message,metric,of,place,rule,tolerance']);
  });

  it('report.json without the keys that were added later reads back with null for them', () => {
    const { trend, probes, candidate, ...file } = serializeReport(report({ probes: probeReport() }));
    const { commit, ...older } = candidate;
    const { drawn, ...ran } = probes ?? expect.fail('no probes');
    const text = JSON.stringify({ ...file, candidate: older, probes: ran });
    expect(parseReport(text, 'report.json')).toMatchObject({
      trend: null,
      candidate: { commit: null },
      probes: { drawn: null },
    });
  });

  it('sentences in a foreign report.json are never shown: only the data of its findings is read', () => {
    const written = serializeReport(report());
    const forged = { ...written, reasons: written.reasons.map((entry) => ({ ...entry, message: 'All is well.' })) };
    expect(parseReport(JSON.stringify(forged), 'report.json')).toEqual(report());
  });

  it.each([
    ['an unknown kind', { kind: 'praise' }],
    ['a number that is a text', { kind: 'update-size', candidate: '1', limit: 1 }],
    ['a key too many', { kind: 'update-size', candidate: 1, limit: 1, note: '' }],
  ])('a report.json with %s in a finding is refused, and the error names the place', (_, details) => {
    const written = serializeReport(report());
    const broken = { ...written, reasons: written.reasons.map((entry) => ({ ...entry, details })) };
    expect(() => parseReport(JSON.stringify(broken), 'r.json')).toThrow(/r\.json is not a valid .*reasons\.0\.details/);
  });

  it('with a verdict that does not follow from its findings is refused', () => {
    const written = serializeReport(report());
    for (const forged of [
      { ...written, verdict: 'pass' },
      { ...written, reasons: [] },
    ]) {
      expect(() => parseReport(JSON.stringify(forged), 'r.json')).toThrow(
        /the verdict is (pass|warn), and the reasons give/,
      );
    }
  });

  it('with an exception that its policy does not have is refused', () => {
    const exception = { finding: 'spike', scope: 'any', reason: 'r', who: 'w', until: '2027-01-15' } as const;
    const policy = { ...DEFAULT_POLICY, exceptions: [exception] };
    const findings = withExceptions([spiked('w', { level: 'fail' })], policy, new Date('2026-12-01'));
    const { rules: _, probes: __, ...settings } = policy;
    const written = report({ verdict: 'pass', findings, applied: { rules: [], settings } });
    expect(reread(written).findings).toEqual(findings);
    const { exceptions: ___, ...others } = settings;
    const forged = report({ verdict: 'pass', findings, applied: { rules: [], settings: others } });
    expect(() => reread(forged)).toThrow(/reasons\.0\.details\.exception: is none of the policy that the report has/);
  });
});
