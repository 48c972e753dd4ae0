import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/compare/finding.ts';
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

  it('other prompts from their own chat templates keep a verdict from a pass, and what is lost is lost', () => {
    const framed = (digit: string, over: Partial<MeasuredProbes> = {}) =>
      probesOnly(probes({ chatTemplate: true, chatFrame: `sha256:${digit.repeat(64)}`, ...over }));
    const found: Finding = { kind: 'other-chat-template', level, candidate: true, baseline: true };
    const report = reportOn(framed('a'), framed('b'));
    expect(report.findings).toContainEqual(found);
    expect(report.verdict).toBe('inconclusive');
    const fallen = answers().map((item) => ({ ...item, correct: false, margin: -1 }));
    expect(reportOn(framed('a', { items: fallen }), framed('b')).verdict).toBe('fail');
    // The same prompts, and a measurement of a version that did not write it down.
    for (const other of [framed('a'), probesOnly(probes({ chatTemplate: true }))]) {
      expect(findingsOn(framed('a'), other)).toEqual([]);
    }
  });

  it('the same suite, seed and template have no difference to report', () => {
    expect(findingsOn(probesOnly(probes()), probesOnly(probes()))).toEqual([]);
  });
});

describe('levels', () => {
  const at = (asked: readonly number[], families = ['colors']) => [
    { ...SUITE, levels: families.map((family) => ({ family, count: 7, asked: [...asked] })) },
  ];
  const ofLevel = (level: number, facts = 60) =>
    answers(facts).map((item) => ({ ...item, level, id: `${level} ${item.id}`, fact: `${level} ${item.fact}` }));
  const measured = (asked: readonly number[], items = asked.flatMap((level) => ofLevel(level))) =>
    probesOnly(probes({ suites: at(asked), items }));

  it('that the candidate was not asked are named, and keep a verdict from a pass; they are no items that it lost', () => {
    const report = reportOn(measured([4]), measured([3]));
    expect(report.verdict).toBe('inconclusive');
    expect(report.findings).toContainEqual({
      kind: 'other-levels',
      level,
      suite: 'builtin',
      families: [{ family: 'colors', candidate: [4], baseline: [3] }],
    });
    expect(report.findings.map(({ kind }) => kind)).not.toContain('items-lost');
  });

  it('that both were asked are compared', () => {
    const fallen = ofLevel(3).map((item) => ({ ...item, correct: false, margin: -1 }));
    const report = reportOn(measured([3, 4], [...fallen, ...ofLevel(4)]), measured([3, 5]));
    expect(report.verdict).toBe('fail');
    expect(report.probes?.comparison.rows[0]?.facts).toBe(60);
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        kind: 'other-levels',
        families: [{ family: 'colors', candidate: [3, 4], baseline: [3, 5] }],
      }),
    );
  });

  it('are reported, and a candidate that does not say which it was asked is no pass', () => {
    const same = reportOn(measured([3]), measured([3]));
    expect(same.probes?.comparison.levels).toMatchObject([
      { family: 'colors', capability: 'recall', count: 7, asked: [3], reached: { baseline: 3, candidate: 3 }, p: 1 },
    ]);
    expect(same.findings.map(({ kind }) => kind)).not.toContain('other-levels');
    const alone = reportOn(measured([3]), null).probes?.comparison.levels;
    expect(alone).toMatchObject([{ reached: { baseline: null, candidate: 3 }, p: null }]);
    const silent = probesOnly(probes({ suites: [SUITE], items: ofLevel(3) }));
    expect(reportOn(silent, measured([3])).findings).toContainEqual(expect.objectContaining({ kind: 'other-levels' }));
    // All asked, and none answered.
    const none = probesOnly(probes({ suites: at([3]), items: [] }));
    expect(reportOn(none, measured([3])).findings[0]).toMatchObject({ kind: 'items-lost', level: 'fail' });
  });
});
