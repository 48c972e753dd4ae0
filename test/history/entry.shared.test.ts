import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import { describe, expect, it } from 'vitest';
import type { ProbeReport, Report } from '../../src/compare/report.ts';
import { appendHistory, formatHistory, historyEntry, parseHistory } from '../../src/history/entry.ts';
import { DEFAULT_POLICY, policySchema } from '../../src/policy/policy.ts';
import { answers, probes, probesOnly, reportOn, SUITE } from '../compare/measurement.ts';
import { probeReport, report } from '../report/fixtures.ts';
import { night } from './fixtures.ts';

const TIME = '2026-03-01T03:17:00Z';
const occasion = { time: TIME, run: null, commit: 'c0ffee', policy: DEFAULT_POLICY };

type Row = NonNullable<ProbeReport['drawn']>;

function probed(row: Partial<Row>): Report {
  const probes = probeReport();
  return report({ probes: { ...probes, drawn: { ...(probes.drawn as Row), ...row } } });
}

const twins = { twins: 300, lost: 15, won: 15, p: 0.5, mde: 0.05 };

describe('an entry of the history', () => {
  it('an entry of the history tells which checkpoints were compared, when, and with which verdict, and reads back the same', () => {
    const entry = historyEntry(report({ probes: probeReport() }), {
      ...occasion,
      run: { id: '7', url: 'https://x/7' },
    });
    expect(entry).toMatchObject({
      schema: 'shadow-gate/history@1',
      time: TIME,
      run: { id: '7', url: 'https://x/7' },
      commit: 'c0ffee',
      checkpoint: report().candidate.digest,
      baseline: `sha256:${'b'.repeat(64)}`,
      reference: `sha256:${'c'.repeat(64)}`,
      seed: 1,
      version: '0.1.0',
      verdict: 'warn',
    });
    expect(parseHistory(formatHistory([entry]), 'history.jsonl')).toEqual([entry]);
  });

  it('an entry of the history has the transfer of the items that its other numbers are of, and of no others', () => {
    const whole = probeReport().comparison.rows[0] ?? expect.fail('no rows');
    const transfer = { value: 0.323, lower: 0.238, upper: 0.411 };
    expect(historyEntry(probed({ facts: whole.facts }), occasion).transfer).toEqual(transfer);
    expect(historyEntry(probed({ facts: whole.facts - 1 }), occasion)).not.toHaveProperty('transfer');
    expect(historyEntry(report({ probes: null }), occasion)).not.toHaveProperty('transfer');
  });

  it('an entry of the history has the probe changes in standard errors, from intervals of 90% and of 95%', () => {
    const { twinAccuracy, shadowGap } = historyEntry(report({ probes: probeReport() }), occasion);
    // +2.3 (−3.1 to 7.7) at 90%: half the width is 5.4 points, 1.6449 standard errors by the table.
    expect(twinAccuracy).toMatchObject({ baseline: 0.253, candidate: 0.486, change: 0.023 });
    expect(twinAccuracy?.z).toBeCloseTo(2.3 / (5.4 / 1.6449), 4);
    // +48.9 (40.4 to 57.3) at 95%: 8.45 points and 1.95996.
    expect(shadowGap).toMatchObject({ baseline: 0.008, candidate: 0.497, change: 0.489 });
    expect(shadowGap?.z).toBeCloseTo(48.9 / (8.45 / 1.95996), 3);
  });

  it.each<[string, Row['twinChange'], number | null]>([
    ['is 0 for models that answer alike', { ...twins, value: 0, lower: -0.01, upper: 0.01 }, 0],
    [
      'is 0 for models that answer alike, also if the interval has no width',
      { ...twins, value: 0, lower: 0, upper: 0 },
      0,
    ],
    ['is unknown for a change whose interval has no width', { ...twins, value: -0.1, lower: -0.1, upper: -0.1 }, null],
    ['is unknown for a change whose interval is unbounded', { ...twins, value: -0.1, lower: null, upper: 0.1 }, null],
    ['is unknown if no family can show a drop', null, null],
  ])('the standardized change %s', (_, twinChange, z) => {
    const { twinAccuracy } = historyEntry(probed({ twinChange }), occasion);
    expect(twinAccuracy?.z).toBe(z);
    expect(twinAccuracy?.candidate).toBe(0.486);
  });

  it('an entry of the history has the change of concentration in thirds of the limit', () => {
    // 0.635 → 0.690 is +8.68%, and the limit is 25%.
    const { concentration } = historyEntry(report(), occasion);
    expect(concentration?.change).toBeCloseTo(0.0868, 4);
    expect(concentration?.z).toBeCloseTo((3 * 8.6815) / 25, 3);
  });

  it('an entry of the history has concentration in standard deviations of the known-good runs', () => {
    const ratio = {
      component: null,
      module: null,
      metric: 'mlpAttentionRatio',
      values: [0.6, 0.62, 0.64],
      candidate: 0.66,
      judged: { direction: 'up', limit: 0.68, by: 'deviations', line: null, outcome: 'within' },
    } as const;
    const known = (kind: 'runs' | 'series', outcome: 'within' | 'idle' = 'within') => ({
      ...{ path: 'calibration.json', kind, runs: [], refused: null, test: null, unmatched: [], sizes: [] },
      metrics: [{ ...ratio, values: [...ratio.values], judged: { ...ratio.judged, outcome } }],
    });
    const scoreWith = (calibration: Report['calibration']) =>
      historyEntry(report({ calibration }), occasion).concentration?.z;
    // Mean 0.62, standard deviation of a sample 0.02.
    expect(scoreWith(known('runs'))).toBeCloseTo((0.66 - 0.62) / 0.02, 6);
    // The baseline is at 0.6353, and the limit 0.06 from the mean: three deviations of 0.02.
    expect(scoreWith(known('series'))).toBeCloseTo((0.66 - 0.6353) / 0.02, 1);
    expect(scoreWith(known('runs', 'idle'))).toBeCloseTo((3 * 8.6815) / 25, 3);
  });

  it.each([
    ['does not gate on the ratio', { level: 'info' }],
    ['limits only a fall of the ratio', { direction: 'down', relative: 0.1 }],
    ['has a limit of 0', { direction: 'up' }],
  ])('an entry of the history has no standardized concentration under a policy that %s', (_, rule) => {
    const policy = policySchema.parse({ rules: [{ metric: 'mlpAttentionRatio', ...rule }] });
    expect(historyEntry(report(), { ...occasion, policy }).concentration?.z).toBeNull();
  });

  it('an entry of the history has null for everything that was not measured', () => {
    const bare = report({ baseline: null, reference: null, shadowDeltas: [], probes: null });
    expect(historyEntry(bare, occasion)).toMatchObject({
      baseline: null,
      reference: null,
      seed: null,
      twinAccuracy: null,
      shadowGap: null,
      concentration: null,
    });
  });
});

describe('the probe numbers of an entry', () => {
  const file = { ...SUITE, name: 'file', version: null };
  const reportOf = (suites: MeasuredProbes['suites'], change: (i: number) => boolean) => {
    const items = suites.flatMap(({ name, items }) => answers(items, name));
    const changed = items.map((item, i) => (change(i) ? { ...item, correct: false, given: 'pink' } : item));
    return reportOn(probesOnly(probes({ suites, items: changed })), probesOnly(probes({ suites, items })));
  };
  const isLost = (i: number) => i % 8 === 3;

  it('the probe numbers are those of the suites that the seed draws, so that a file with the same items every night adds nothing', () => {
    const both = reportOf([SUITE, file], isLost);
    const alone = reportOf([SUITE], isLost);
    const row = both.probes?.drawn;
    expect(row).toEqual(alone.probes?.comparison.rows[0]);
    expect(both.probes?.comparison.rows[0]?.facts).toBe(2 * (row?.facts ?? Number.NaN));
    expect(historyEntry(both, occasion)).toMatchObject({
      seed: 1,
      twinAccuracy: { candidate: expect.closeTo(row?.twin.candidate ?? -1, 9) },
    });
  });

  it('the probe numbers are those of all suites if the seed draws none, and then the entry has no seed', () => {
    const report = reportOf([file], isLost);
    expect(report.probes?.drawn).toBeNull();
    const entry = historyEntry(report, occasion);
    expect(entry.seed).toBeNull();
    expect(entry.twinAccuracy?.z).toBeLessThan(0);
  });
});

describe('the file of a history', () => {
  const text = formatHistory([night(0), night(1), night(2)]);
  const read = (text: string) => parseHistory(text, 'history.jsonl');

  it('a history file has one line for each check', () => {
    expect(text.split('\n')).toHaveLength(4);
    expect(read(text)).toEqual([night(0), night(1), night(2)]);
  });

  it('a history file may be empty, and may end without a line break', () => {
    expect(read('')).toEqual([]);
    expect(read(text.trimEnd())).toHaveLength(3);
  });

  it.each<[string, string, RegExp]>([
    ['a last line that was cut off', text.slice(0, -40), /^history\.jsonl:3 was cut off: it is not JSON/],
    ['a line that is not JSON', text.replace(/^.*\n/, 'oops\n'), /^history\.jsonl:1 is not JSON/],
    ['a blank line', `${text}\n`, /^history\.jsonl:4 is not JSON/],
    ['a line of another kind', `${text}{"a":1}\n`, /^history\.jsonl:4 has no "schema"/],
    ['a later version', text.replace('history@1', 'history@2'), /^history\.jsonl:1 is of schema ".*@2", this version/],
    ['a missing number', text.replace('"z":0', '"y":0'), /^history\.jsonl:1 is not a valid .*: twinAccuracy/],
    ['an invalid time', text.replace(/"2026-01-02[^"]*"/, '"soon"'), /^history\.jsonl:2 .*: time: /],
  ])('a history file with %s is an error that names the line, not a shorter history', (_, wrong, message) => {
    expect(() => read(wrong)).toThrow(
      expect.objectContaining({ name: 'UserError', message: expect.stringMatching(message) }),
    );
  });

  it('a history file keeps the last thousand checks, in less than a megabyte', () => {
    let history = Array.from({ length: 999 }, (_, i) => night(i));
    for (const i of [999, 1000]) history = appendHistory(history, night(i));
    expect(history).toHaveLength(1000);
    expect([history[0], history.at(-1)]).toEqual([night(1), night(1000)]);
    expect(formatHistory(history).length).toBeLessThan(1024 ** 2);
  });
});
