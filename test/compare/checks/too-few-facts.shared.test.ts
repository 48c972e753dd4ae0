import { describe, expect, it } from 'vitest';
import { findingText } from '../../../src/report/summary/finding.ts';
import { answers, ofKind, probes, probesOnly, reportOn, SUITE } from '../measurement.ts';

const wrong = (facts: number) => answers(facts).map((item) => ({ ...item, correct: false, margin: -1 }));

describe('the check for too few facts', () => {
  it('neither passes nor fails on 39 facts, whatever their answers are, and does both on 40', () => {
    const verdict = (candidate: typeof wrong, facts: number) =>
      reportOn(probesOnly(probes({ items: candidate(facts) })), probesOnly(probes({ items: answers(facts) }))).verdict;
    expect([verdict(wrong, 39), verdict(answers, 39)]).toEqual(['inconclusive', 'inconclusive']);
    expect(verdict(wrong, 40)).toBe('fail');
  });

  it('is the one finding of the answers, and the headline', () => {
    const report = reportOn(probesOnly(probes({ items: wrong(10) })), probesOnly(probes({ items: answers(10) })));
    expect(report.findings[0]).toEqual({
      kind: 'too-few-facts',
      level: 'inconclusive',
      facts: 10,
      least: 40,
      budget: null,
    });
    const others = new Set(report.findings.map(({ kind }) => kind));
    for (const kind of ['twin-accuracy', 'accuracy-loss', 'not-informative', 'capability-not-judged'] as const) {
      expect(others).not.toContain(kind);
    }
  });

  it('holds without a baseline too, also under a policy that passes without one', () => {
    const alone = reportOn(probesOnly(probes({ items: answers(10) })), null, { policy: 'on-missing-baseline: pass' });
    expect(alone.verdict).toBe('inconclusive');
    expect(ofKind('too-few-facts', alone.findings)).toHaveLength(1);
  });

  it('does not excuse what the candidate can no longer run', () => {
    const short = probesOnly(probes({ items: answers(9) }));
    const report = reportOn(short, probesOnly(probes({ items: answers(10) })));
    expect(report.verdict).toBe('fail');
    expect(report.findings[0]).toMatchObject({ kind: 'items-lost' });
  });

  it('says what a time budget bought, and how long more would take', () => {
    // Two of 360 facts: the model took 20 s to open, and all items would take an hour.
    const probing = probes({ suites: [{ ...SUITE, items: 720 }], items: answers(2), budgetSeconds: 60 });
    const timed = { by: '', seconds: 40, expectedSeconds: 20, allSeconds: 3600 };
    const { run } = probesOnly(probing);
    const measured = probesOnly(probing, { run: { ...run, probes: timed } });
    const [finding] = ofKind('too-few-facts', reportOn(measured, measured).findings);
    expect(finding?.budget).toEqual({ seconds: 60, leastSeconds: 420, all: 360, allSeconds: 3620 });
    expect(finding && findingText(finding)).toBe(
      'Fewer than 40 facts judge nothing, and there are 2. The time budget of 1 min 0 s bought 2 of 360 facts; 40 would take about 7 min 0 s, all of them would take about 60 min 20 s.',
    );
    // The budget of a baseline that was measured first is the candidate's as well.
    const candidate = probesOnly({ ...probing, budgetSeconds: null });
    expect(ofKind('too-few-facts', reportOn(candidate, measured).findings)[0]?.budget).not.toBeNull();
  });
});
