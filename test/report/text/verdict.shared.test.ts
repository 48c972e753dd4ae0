import { describe, expect, it } from 'vitest';
import type { Finding, FindingOf } from '../../../src/compare/finding.ts';
import type { Report } from '../../../src/compare/report.ts';
import type { Estimate } from '../../../src/compare/rows/fields.ts';
import type { KindRow } from '../../../src/compare/rows/gains.ts';
import type { ProbeComparison } from '../../../src/compare/rows/probes.ts';
import { verdictSentence } from '../../../src/report/summary/verdict.ts';
import { plain } from '../../../src/report/text/phrase.ts';
import { measurement, reportOn } from '../../compare/measurement.ts';
import { everyFinding } from '../findings.ts';
import { finding, probeReport, report } from '../fixtures.ts';

const base = probeReport('mmlu.csv');
const plainReport = report();

/** Ordinary spaces, for reading. */
const sentenceOf = (one: Report) => plain(verdictSentence(one)).replaceAll('\u00a0', ' ');

/** The exam and one kind of twins, of one suite each. */
function kind(over: Partial<KindRow> & { transfer: Estimate | null }): KindRow {
  return {
    suite: 'mmlu.csv',
    kind: 'fresh',
    facts: 100,
    benchmark: { baseline: 0.5, candidate: 0.98 },
    twin: { baseline: 0.5, candidate: 0.62 },
    gap: { baseline: 0, candidate: 0.36 },
    delta: { value: 0.36, lower: 0.2, upper: 0.5 },
    role: 'decides',
    group: null,
    ...over,
  };
}

function withKinds(kinds: readonly KindRow[], over: Partial<Report> = {}, lower = 0.05): Report {
  const suites = [...new Set(kinds.map(({ suite }) => suite))];
  const gains = suites.map((suite) => ({ suite, facts: 100, gain: { value: 0.48, lower, upper: 0.6 } }));
  const comparison: ProbeComparison = { ...base.comparison, kinds: [...kinds], gains };
  return report({ verdict: 'pass', findings: [], probes: { ...base, comparison }, ...over });
}

const within = (lower: number, upper: number): Estimate => ({ value: (lower + upper) / 2, lower, upper });

describe('the sentence of a pass', () => {
  it('says how much of a gain carries over, in words that interval and points both support', () => {
    const fifth = kind({ transfer: within(0.05, 0.2), twin: { baseline: 0.5, candidate: 0.596 } });
    expect(sentenceOf(withKinds([fifth]))).toBe(
      'Exam +48.0 points; new questions of the same kind +9.6: less than a quarter of the gain carries over.',
    );
    const most = kind({ transfer: within(0.8, 1.1), twin: { baseline: 0.5, candidate: 0.95 }, kind: 'open' });
    expect(sentenceOf(withKinds([most]))).toBe(
      'Exam +48.0 points; the same questions without options +45.0: most of the gain carries over.',
    );
  });

  it('claims nothing that the points contradict', () => {
    // The interval says less than a quarter, and the points one half.
    const half = kind({ transfer: within(0.05, 0.2), twin: { baseline: 0.5, candidate: 0.74 } });
    expect(sentenceOf(withKinds([half]))).toMatch(/how much of the gain carries over is too uncertain to say\.$/);
  });

  it('says so where the interval is too wide', () => {
    expect(sentenceOf(withKinds([kind({ transfer: within(-0.2, 0.9) })]))).toBe(
      'Exam +48.0 points; new questions of the same kind +12.0: how much of the gain carries over is too uncertain to say.',
    );
  });

  it('speaks of the suite, and the twins, to which least carries over', () => {
    const kinds = [
      kind({ suite: 'a.csv', transfer: within(0.8, 1.1) }),
      kind({ suite: 'b.csv', kind: 'group', group: 'held-out.csv', transfer: within(0.1, 0.4) }),
    ];
    expect(sentenceOf(withKinds(kinds))).toBe(
      'Exam (b.csv) +48.0 points; the questions of held-out.csv +12.0: less than half of the gain carries over.',
    );
  });

  it('of a gain that may be chance, or that no twin can judge, says that nothing was lost', () => {
    const noLoss = /^Exam \+72\.2 points; new questions of the same kind \+23\.3: no loss beyond its limit\.$/;
    expect(sentenceOf(withKinds([kind({ transfer: within(0.1, 0.2) })], {}, -0.01))).toMatch(noLoss);
    expect(sentenceOf(withKinds([kind({ transfer: null })]))).toMatch(noLoss);
  });

  it('does not deny what the policy only notes', () => {
    const loss: Finding = {
      ...{ kind: 'twin-accuracy', level: 'info', capability: null, candidate: 0.54, baseline: 0.96 },
      ...{ change: -0.42, twins: 540, lost: 232, won: 6, p: 1e-9, limit: 0.02 },
    };
    expect(sentenceOf(withKinds([kind({ transfer: null })], { findings: [loss] }))).toMatch(
      /−42\.0: a loss beyond the limit of 2 points\. The policy only notes it: its level is info\.$/,
    );
    const moved = { ...finding(), level: 'info' } as Finding;
    expect(sentenceOf(report({ verdict: 'pass', findings: [moved] }))).toMatch(
      /^MLP ÷ attention ratio of ΔW rose .* The policy only notes it: its level is info\.$/,
    );
  });

  it('of a fall beyond its limit that may be chance claims only that it is not significant', () => {
    const rows = base.comparison.rows.map((row) => ({ ...row, twin: { baseline: 0.5, candidate: 0.4 } }));
    const comparison = { ...base.comparison, kinds: [], gains: [], rows };
    const one = report({ verdict: 'pass', findings: [], probes: { ...base, comparison } });
    const policy = reportOn(measurement(), measurement()).applied;
    expect(sentenceOf({ ...one, applied: policy })).toMatch(/: no significant loss beyond its limit\.$/);
  });

  it('without a baseline speaks of weights only where there are some', () => {
    const one = report({ verdict: 'pass', findings: [], baseline: null });
    expect(sentenceOf(one)).toMatch(/^No check of the weights alone found a problem\./);
    expect(sentenceOf({ ...one, tensors: [] })).toBe('There is no baseline to compare with, and nothing was judged.');
  });

  it('of spectra alone has the number of their headline', () => {
    expect(sentenceOf(report({ verdict: 'pass', findings: [] }))).toBe(
      'Nothing moved beyond its limit: MLP ÷ attention ratio of ΔW 0.635 → 0.690 (+8.7%).',
    );
  });
});

describe('the sentence of a finding that decides', () => {
  const [group, fresh] = ['group', 'fresh'].map((twins) =>
    everyFinding('mmlu.csv').find((one) => one.kind === 'shadow-delta' && one.twins === twins),
  ) as [FindingOf<'shadow-delta'>, FindingOf<'shadow-delta'>];
  const failing = (one: Finding, kinds: readonly KindRow[] = []) =>
    sentenceOf(withKinds(kinds, { verdict: 'fail', findings: [{ ...one, level: 'fail' }] }));

  it('of a gain that does not carry over gives exam, twins, and what the interval supports', () => {
    const wide = { ...fresh, transfer: { value: 0.25, lower: 0.1, upper: 0.34 } };
    expect(failing(wide, [kind({ transfer: wide.transfer })])).toBe(
      'Exam +48.0 points; new questions of the same kind +12.0: less than half of the gain carries over.',
    );
  });

  it('of a gain whose interval reaches beyond the limit claims no more than it shows', () => {
    const likely = { ...fresh, transfer: { value: 0.4, lower: -0.3, upper: 0.9 } };
    expect(failing(likely, [kind({ transfer: likely.transfer })])).toBe(
      'Exam +48.0 points; new questions of the same kind +12.0: too little of the gain seems to carry over (40%, limit 60%).',
    );
  });

  it('of a gain without its row still has a number', () => {
    expect(failing(group)).toMatch(/^Exam gained 35\.9 points more than the questions of mmlu\.csv: /);
  });

  it('of a loss also says what the exam did', () => {
    const loss: Finding = {
      ...{ kind: 'twin-accuracy', level: 'fail', capability: null, candidate: 0.54, baseline: 0.96 },
      ...{ change: -0.42, twins: 540, lost: 232, won: 6, p: 1e-9, limit: 0.02 },
    };
    expect(failing(loss, [kind({ kind: 'open', transfer: null })])).toBe(
      'Exam +72.2 points; the same questions without options −42.0: a loss beyond the limit of 2 points.',
    );
  });

  it('of a first run says what was measured', () => {
    const first: Finding = { kind: 'missing-baseline', level: 'warn', path: '.shadow-gate/baseline.json' };
    const page = withKinds([kind({ transfer: null })], { verdict: 'warn', findings: [first], baseline: null });
    expect(sentenceOf(page)).toBe(
      'No baseline was found (.shadow-gate/baseline.json), so nothing could be compared. Exam 98.3%; new questions of the same kind 48.6%.',
    );
  });

  it.each(everyFinding('w_1').map((one, i) => [`${one.kind} (${i})`, one] as const))(
    'the sentence of %s is a full one, with probes and without',
    (_, one) => {
      for (const probes of [null, base]) {
        const text = sentenceOf({ ...plainReport, findings: [one], probes });
        expect(text).toMatch(/^(["A-Z]|w_1|\d)/);
        expect(text).not.toMatch(/undefined|NaN(?! value)|null|\[object|\$\{| {2}|\.\.$/);
        if (one.kind !== 'probe-notes' && one.kind !== 'probes-not-run') expect(text).toMatch(/\.$/);
      }
    },
  );

  it('is that of the worst finding', () => {
    const spectral = finding();
    expect(sentenceOf(report({ verdict: 'fail', findings: [spectral, { ...group, level: 'fail' }] }))).toMatch(/^Exam/);
    expect(sentenceOf(report({ verdict: 'warn', findings: [spectral] }))).toMatch(/^MLP ÷ attention ratio of ΔW rose/);
  });
});
