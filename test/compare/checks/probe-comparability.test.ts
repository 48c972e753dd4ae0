import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/compare/finding.ts';
import type { MeasuredProbes } from '../../../src/measure/schema/probes.ts';
import { answers, findingsOn, probes, probesOnly, reportOn, SUITE } from '../measurement.ts';

const level = 'inconclusive';

describe('the check of probe comparability', () => {
  it.each<[string, Partial<MeasuredProbes>, Finding]>([
    [
      'another chat template',
      { chatTemplate: true },
      { kind: 'other-chat-template', level, candidate: false, baseline: true },
    ],
    [
      'another suite',
      { suites: [{ ...SUITE, name: 'mine' }], items: answers(100, 'mine') },
      { kind: 'other-suite', level, suite: 'builtin', candidate: 'sha256:items', baseline: null, versions: null },
    ],
    [
      'a suite whose content changed under one version',
      { suites: [{ ...SUITE, digest: 'sha256:else' }] },
      {
        kind: 'other-suite',
        level,
        suite: 'builtin',
        candidate: 'sha256:items',
        baseline: 'sha256:else',
        versions: null,
      },
    ],
    [
      'another version of a suite',
      { suites: [{ ...SUITE, digest: 'sha256:else', version: 2 }] },
      {
        kind: 'other-suite',
        level,
        suite: 'builtin',
        candidate: 'sha256:items',
        baseline: 'sha256:else',
        versions: { candidate: '1', baseline: '2' },
      },
    ],
    [
      'another seed',
      { suites: [{ ...SUITE, seed: 2 }] },
      { kind: 'other-seed', level, suite: 'builtin', candidate: '1', baseline: '2' },
    ],
    [
      'no item in common',
      { budgetSeconds: 60, items: answers(100).map((item) => ({ ...item, id: `other ${item.id}` })) },
      { kind: 'no-common-items', level },
    ],
  ])('answers of a baseline with %s are never paired, and the report gives the cause', (_, over, finding) => {
    const report = reportOn(probesOnly(probes()), probesOnly(probes(over)));
    expect(report.findings).toContainEqual(finding);
    expect(report.verdict).toBe('inconclusive');
    expect(report.probes?.comparison.rows[0]?.twinChange).toBeNull();
  });

  it('a suite that changed does not stop the other suites from being compared', () => {
    const file = { ...SUITE, name: 'file', seed: null, version: null };
    const both = (digest: string) =>
      probesOnly(probes({ suites: [SUITE, { ...file, digest }], items: [...answers(100), ...answers(50, 'file')] }));
    const { findings, probes: compared } = reportOn(both('sha256:a'), both('sha256:b'));
    expect(findings).toMatchObject([
      { kind: 'other-suite', level, suite: 'file' },
      { kind: 'unpaired', facts: 150, paired: 100 },
    ]);
    expect(compared?.comparison.rows[0]?.facts).toBe(100);
  });

  it('the same suite, seed and template have no difference to report', () => {
    expect(findingsOn(probesOnly(probes()), probesOnly(probes()))).toEqual([]);
  });
});
