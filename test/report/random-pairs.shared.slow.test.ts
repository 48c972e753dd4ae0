import { describe, expect, it } from 'vitest';
import { compare } from '../../src/compare/compare.ts';
import type { Report } from '../../src/compare/report.ts';
import { formatHistory, type HistoryEntry, historyEntry, parseHistory } from '../../src/history/entry.ts';
import { assessTrend, withTrend } from '../../src/history/trend.ts';
import { parsePolicy } from '../../src/policy/load.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { renderHtml } from '../../src/report/html/report.ts';
import { parseReport, serializeReport } from '../../src/report/json.ts';
import { renderJunit } from '../../src/report/junit.ts';
import { describeCheckRun, renderComment, renderStepSummary } from '../../src/report/markdown/index.ts';
import { renderShort, renderTerminal } from '../../src/report/terminal/index.ts';
import { randomVariation } from '../compare/random-variations.ts';
import { fullSize } from '../full-size.ts';

const PAIRS = fullSize(2000, 200);

function judged(seed: number): { readonly report: Report; readonly policy: Policy } {
  const { candidate, baseline, policy: text, calibration } = randomVariation(seed);
  const policy = parsePolicy(text, 'policy.yml');
  const named = calibration && { path: 'calibration.json', calibration };
  const report = compare({
    ...{ candidate, baseline, baselinePath: null, policy, policyPath: null, calibration: named },
    today: new Date('2026-12-02'),
  });
  return { report, policy };
}

/** Three checkpoints in a row with the numbers of this one: enough for an alarm where they have moved far. */
function historyOf(report: Report, policy: Policy): HistoryEntry[] {
  return [1, 2, 3].map((day) => ({
    ...historyEntry(report, { time: `2026-12-0${day}T03:00:00Z`, run: null, commit: null, policy }),
    ...{ checkpoint: `sha256:night ${day}`, seed: day },
  }));
}

/** @returns all that a person sees of a report */
function shown(report: Report): string[] {
  const wide = { color: false, width: 120 };
  const { title, summary, annotations } = describeCheckRun(report, {});
  return [
    renderComment(report),
    renderStepSummary(report),
    ...[title, summary, JSON.stringify(annotations)],
    renderTerminal(report, wide),
    renderShort(report, { kind: 'option', option: '--out DIR' }, wide),
    renderHtml(report).replace(/<script[^>]*>.*<\/script>/s, ''),
    renderJunit(report, { isFailure: (verdict) => verdict === 'fail' }),
  ];
}

/** The words around NaN, an infinity or undefined; null: it has no such words. */
function unspeakable(form: string): string | null {
  const place = form.search(/[+−]NaN|NaN(?:%|×| points| to | →)|Infinity|undefined/);
  return place === -1 ? null : form.slice(Math.max(0, place - 60), place + 40);
}

describe('random pairs of measurements', () => {
  it('each gives a report that reads back as it was written, and no form of it says NaN', () => {
    const kinds = new Set<string>();
    for (let seed = 1; seed <= PAIRS; seed += 1) {
      const { report, policy } = judged(seed);
      const history = historyOf(report, policy);
      expect(parseHistory(formatHistory(history), 'history'), `seed ${seed}`).toEqual(history);
      const whole = withTrend(report, assessTrend(history, policy));
      const text = JSON.stringify(serializeReport(whole));
      expect(JSON.parse(JSON.stringify(parseReport(text, `seed ${seed}`)))).toEqual(JSON.parse(JSON.stringify(whole)));
      for (const form of shown(whole)) expect(unspeakable(form), `seed ${seed}`).toBeNull();
      for (const { kind } of whole.findings) kinds.add(kind);
    }
    // The pairs reach most of what there is to say.
    expect(kinds.size).toBeGreaterThan(30);
    expect([...kinds]).toEqual(
      expect.arrayContaining(['trend', 'labels-not-bound', 'items-lost', 'calibrated-metric']),
    );
  });
});
