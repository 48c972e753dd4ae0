import { describe, expect, it } from 'vitest';
import type { Finding, FindingKind } from '../../../src/compare/finding.ts';
import type { Report } from '../../../src/compare/report.ts';
import { gapSentences, measurementGaps } from '../../../src/report/html/method.ts';
import { groupSummary, ruleGroups } from '../../../src/report/summary/rule-groups.ts';
import { plain } from '../../../src/report/text/phrase.ts';
import { answers, measurement, probes, reportOn } from '../../compare/measurement.ts';
import { everyFinding } from '../findings.ts';
import { report } from '../fixtures.ts';

const rows = (of: Report) => ruleGroups(of).flatMap((group) => group.rows);
const marksOf = (of: Report, findings: readonly Finding[]) =>
  rows({ ...of, findings: [...findings] }).flatMap(({ mark }) => mark ?? []);

const whole = () => {
  const both = measurement({ probes: probes() });
  return reportOn(both, both);
};

describe('the rules of a report', () => {
  /** What makes a comparison invalid, and remarks: no rule of the policy has them as its limit. */
  const NO_RULE: ReadonlySet<FindingKind> = new Set([
    'bounds-too-wide',
    'stopped-early',
    'idle-rule',
    'no-spectrum',
    'update-size',
    'ratio-missing',
    'nothing-measured',
    'all-skipped',
    'mostly-skipped',
    'skipped',
    'unread-files',
    'missing-baseline',
    'stale-baseline',
    'changed-input',
    'behavior-not-compared',
    'other-precision',
    'other-version',
    'other-architecture',
    'baseline-without-spectra',
    'baseline-is-reference',
    'adapter-and-full',
    'other-reference',
    'reference-shape',
    'other-tensors',
    'other-updates',
    'other-chat-template',
    'other-questions',
    'other-suite',
    'other-seed',
    'texts-not-hashed',
    'other-levels',
    'suite-missing',
    'suite-unclear',
    'slice-loss',
    'slices-not-judged',
    'no-common-items',
    'probes-not-run',
    'left-out',
    'no-weights',
    'answered-by-server',
    'same-answers',
    'one-half-only',
    'no-answers',
    'probe-notes',
    'unpaired',
    'evaluation-logs',
    'quantization-error',
    'reference-rounding',
    'metric-moved',
    'not-calibrated-here',
    'calibration-refused',
    'not-confirmed',
    'signature-broken',
    'signature-refused',
    'signature-unchecked',
    'signature-valid',
    'confirmed',
    'answer-mass',
  ]);

  it.each(
    [...new Map(everyFinding('name').map((finding) => [finding.kind, finding])).values()]
      .filter(({ kind }) => !NO_RULE.has(kind))
      .map((finding) => [finding.kind, finding] as const),
  )('show that %s was found', (kind, finding) => {
    const of = kind.startsWith('benchmark') || kind === 'logs-of-one-side' ? { ...whole(), benchmarks: [] } : whole();
    expect(marksOf(of, [])).not.toContain('fail');
    expect(marksOf(of, [{ ...finding, level: 'fail' }])).toContain('fail');
  });

  it('are all within their limits where a model is compared with itself', () => {
    expect(new Set(marksOf(whole(), []))).toEqual(new Set(['pass']));
  });

  it('beyond a limit of the level info are noted, and no check mark stands next to them', () => {
    for (const kind of ['twin-accuracy', 'retention', 'capability-not-judged', 'level-lost'] as const) {
      const found = everyFinding('name').find((one) => one.kind === kind);
      if (!found) continue;
      const row = rows({ ...whole(), findings: [{ ...found, level: 'info' }] }).find(({ mark }) => mark === 'info');
      expect(plain(row?.stands ?? [])).toMatch(/1 note$/);
    }
    const policy = 'rules: [{metric: stableRank, of: weight, direction: any, level: info}]';
    const one = reportOn(measurement(), measurement(), { policy });
    const rules = (one.applied?.rules ?? []).map((rule) =>
      rule.nearest === null ? rule : { ...rule, nearest: { ...rule.nearest, movement: 2, limit: 1 } },
    );
    const moved: Report = one.applied ? { ...one, applied: { ...one.applied, rules } } : one;
    expect(rows(moved).find(({ finding, mark }) => finding === 'metric-moved' && mark !== null)).toMatchObject({
      level: 'info',
      mark: 'info',
    });
    const group = ruleGroups(moved).find(({ title }) => title === 'Spectra');
    expect(group && groupSummary(group)).toMatch(/\d with a note/);
  });

  it('judge nothing where too few facts were asked', () => {
    const few: Finding = { kind: 'too-few-facts', level: 'inconclusive', facts: 1, least: 40, budget: null };
    const [group] = ruleGroups({ ...whole(), findings: [few] });
    expect(new Set(group?.rows.map(({ mark }) => mark))).toEqual(new Set([null, 'inconclusive']));
  });

  it('show how far the nearest number moved, of how much', () => {
    const policy = 'rules: [{metric: stableRank, of: weight, direction: down, relative: 0.2, absolute: 0.5}]';
    const [first] = rows(reportOn(measurement(), measurement(), { policy })).filter(
      ({ finding }) => finding === 'metric-moved',
    );
    expect(plain(first?.check ?? [])).toBe('stable rank of W, median of each module type');
    expect(first).toMatchObject({ limit: 'at most −20% or −0.5', level: 'warn', mark: 'pass' });
    expect(plain(first?.stands ?? [])).toMatch(/^q_proj .* \(0%\), nearest of 2 numbers$/);
  });

  it('judge nothing, and say why, without a baseline', () => {
    const alone = reportOn(measurement({ probes: probes({ items: answers(20) }) }), null);
    const idle = rows(alone).filter(({ mark }) => mark === null);
    expect(idle.map(({ stands }) => plain(stands))).toContain('there is no baseline');
    const group = ruleGroups(alone).find(({ title }) => title === 'How the model is used');
    expect(group && groupSummary(group)).toBe('7 with nothing to judge');
  });

  it('are those of benchmarks where logs were compared, and none in older reports', () => {
    expect(ruleGroups({ ...whole(), benchmarks: [] }).map(({ title }) => title)).toEqual(['Benchmarks']);
    const { applied: _, ...older } = whole();
    expect(ruleGroups(older)).toEqual([]);
  });
});

describe('what was not measured', () => {
  it('is listed by reason, with its names', () => {
    const skipped = [
      { name: 'a', reason: 'not a matrix' },
      { name: 'b', reason: 'too large' },
      { name: 'c', reason: 'not a matrix' },
    ];
    expect(measurementGaps(report({ skipped })).map(({ what, why, names }) => [what, plain(why), names])).toEqual([
      ['2 tensors', 'not a matrix', ['a', 'c']],
      ['1 tensor', 'too large', ['b']],
    ]);
  });

  it('says why there is no trend', () => {
    expect(gapSentences(report({ findings: [] })).map(plain)).toEqual([
      'The report has no trend: only scheduled checks of the action keep a history.',
    ]);
  });
});
