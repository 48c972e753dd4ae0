import { describe, expect, it } from 'vitest';
import { type Finding, findingReason } from '../../src/compare/finding.ts';
import { reportSchema, type Verdict } from '../../src/compare/report.ts';
import type { HistoryEntry } from '../../src/history/entry.ts';
import { assessTrend, type TrendAssessment, withTrend } from '../../src/history/trend.ts';
import { DEFAULT_POLICY, policySchema } from '../../src/policy/policy.ts';
import { findingText } from '../../src/report/summary/finding.ts';
import { finding, report } from '../report/fixtures.ts';
import { night, nights, standardized } from './fixtures.ts';

const assess = (history: readonly HistoryEntry[], trend = {}) => assessTrend(history, policySchema.parse({ trend }));
const lastSums = ({ trend }: TrendAssessment) => trend.checks.at(-1)?.sums;
const alarms = ({ findings }: TrendAssessment) =>
  findings.map((finding) => `${finding.level} ${findingReason(finding).metric}`);

/**
 * Values 21 to 29 of Montgomery's table 9.1 less 10, as losses. After the last of them, the book has C⁺ = 5.28 and N⁺ =
 * 7.
 */
const DRIFT = [-0.9, 0.67, -2.29, -1.5, -0.6, -1.08, -0.38, -1.62, -1.31];

describe('the trend over checks', () => {
  it('the trend finds a drift that no single night shows, at the point where the textbook finds it', () => {
    const before = assess(nights([-0.84, ...DRIFT.slice(0, -1)]));
    expect(before.findings).toEqual([]);
    const found = assess(nights([-0.84, ...DRIFT]));
    expect(found.findings).toEqual([
      {
        kind: 'trend',
        level: 'fail',
        chart: 'twinAccuracy',
        run: 7,
        sum: expect.closeTo(5.28, 6),
        limit: 5,
        // (2.29 + 1.5 + .6 + 1.08 + .38 + 1.62 + 1.31) ÷ 7, in points
        meanChange: expect.closeTo(-0.0125, 4),
      },
    ]);
  });

  it.each<[string, Partial<HistoryEntry>, string[]]>([
    ['finds falling twin accuracy', { twinAccuracy: standardized(-2) }, ['fail twinAccuracy']],
    ['finds a widening shadow gap', { shadowGap: standardized(2) }, ['fail shadowGap']],
    ['ignores rising twin accuracy', { twinAccuracy: standardized(2) }, []],
    ['ignores a narrowing shadow gap', { shadowGap: standardized(-2) }, []],
  ])('the trend %s', (_, over, expected) => {
    expect(alarms(assess(Array.from({ length: 8 }, (_, i) => night(i, over))))).toEqual(expected);
  });

  it('the trend takes level and limit from the policy', () => {
    const history = nights(Array(4).fill(-2));
    expect(alarms(assess(history, { 'decision-interval': 6 }))).toEqual([]);
    expect(alarms(assess(history, { 'decision-interval': 5.9, 'twin-accuracy': 'warn' }))).toEqual([
      'warn twinAccuracy',
    ]);
  });

  it('the trend stays in alarm while a drift lasts, and ends when it is over', () => {
    const history = nights([...Array(20).fill(-2), ...Array(60).fill(0)]);
    const found = [4, 10, 20, 40, 79].map((count) => alarms(assess(history.slice(0, count + 1))).length);
    expect(found).toEqual([1, 1, 1, 1, 0]);
  });

  it('the trend does not raise an alarm for one bad night, and forgets it within a few good ones', () => {
    expect(alarms(assess(nights([-40])))).toEqual([]);
    expect(lastSums(assess(nights([-40, 0, 0, 0, 0, 0])))?.twinAccuracy).toBe(0);
    expect(alarms(assess(nights([-40, -40, -40])))).toEqual(['fail twinAccuracy']);
  });
});

describe('the evidence of a trend', () => {
  it('the evidence of a night counts once if the seed is the same every night: one coincidence is not a drift', () => {
    const found = assess(nights(Array(30).fill(-2.4), { seed: 1 }));
    expect(alarms(found)).toEqual([]);
    expect(lastSums(found)?.twinAccuracy).toBeCloseTo(1.9, 9);
  });

  it('the evidence of a night counts once if no seed draws the items', () => {
    expect(alarms(assess(nights(Array(30).fill(-2.4), { seed: null })))).toEqual([]);
  });

  it('a night without answers is no evidence, and the next night with its seed is', () => {
    const history = nights([null, -2, null, -2, null], { seed: 5 });
    expect(lastSums(assess(history.slice(0, 1)))?.twinAccuracy).toBeNull();
    expect(lastSums(assess(history))?.twinAccuracy).toBeCloseTo(1.5, 9);
  });

  it.each<[string, Partial<HistoryEntry>]>([
    ['checkpoint', { checkpoint: 'sha256:next' }],
    ['baseline', { baseline: 'sha256:next' }],
    ['reference', { reference: 'sha256:next' }],
    ['minor version of the tool', { version: '0.2.0' }],
  ])('the trend starts anew with another %s', (_, change) => {
    const old = nights(Array(4).fill(-2));
    expect(alarms(assess(old))).toEqual(['fail twinAccuracy']);
    const found = assess([...old, night(4, { ...change, twinAccuracy: standardized(-1) })]);
    expect(alarms(found)).toEqual([]);
    expect(lastSums(found)?.twinAccuracy).toBeCloseTo(0.5, 9);
  });

  it('the trend continues over a patch release of the tool', () => {
    const found = assess([
      ...nights(Array(3).fill(-2)),
      night(4, { version: '0.1.9', twinAccuracy: standardized(-2) }),
    ]);
    expect(alarms(found)).toEqual(['fail twinAccuracy']);
  });
});

describe('the trend of concentration', () => {
  const checkpoints = (names: string, z: number, over: Partial<HistoryEntry> = {}) =>
    [...names].map((name, i) => night(i, { checkpoint: name, concentration: standardized(z, 0.0533), ...over }));

  it('the trend of concentration is followed from checkpoint to checkpoint, and warns of a drift', () => {
    const { findings } = assess(checkpoints('abcd', 2));
    expect(findings).toEqual([
      {
        kind: 'trend',
        level: 'warn',
        chart: 'concentration',
        run: 4,
        sum: 6,
        limit: 5,
        meanChange: expect.closeTo(0.0533, 6),
      },
    ]);
  });

  it('the trend of concentration names no mean change where the baseline has no such number', () => {
    const { findings } = assess(checkpoints('abcd', 2, { concentration: standardized(2, null) }));
    expect(findings).toMatchObject([{ chart: 'concentration', meanChange: null }]);
    expect(findings.map(findingText)).toEqual([
      'The MLP ÷ attention ratio of ΔW has drifted up over the last 4 checkpoints: cumulative sum 6.00 (limit 5).',
    ]);
  });

  it('the trend of concentration counts a checkpoint once, however often it is measured', () => {
    expect(alarms(assess(checkpoints('aaaaaaaaaaaaaa', 2.9)))).toEqual([]);
    expect(lastSums(assess(checkpoints('abababab', 2)))?.concentration).toBe(3);
  });

  it('the trend of concentration starts anew with another baseline', () => {
    const old = checkpoints('abcd', 2);
    expect(alarms(assess([...old, ...checkpoints('e', 2, { baseline: 'sha256:next' })]))).toEqual([]);
  });
});

describe('a report with a trend', () => {
  const drift: TrendAssessment = assess(nights(Array(4).fill(-2)));
  const narrow: TrendAssessment = assess(
    [...'abcd'].map((checkpoint, i) => night(i, { checkpoint, concentration: standardized(2) })),
  );
  const calm: TrendAssessment = assess(nights([0, 0]));
  const unclear: Finding = {
    kind: 'twin-accuracy-unclear',
    level: 'inconclusive',
    change: 0,
    possibleDrop: 0.06,
    limit: 0.05,
    minimumDetectable: null,
  };
  const invalid: Finding = { kind: 'no-common-items', level: 'inconclusive' };

  it.each<[string, Verdict, Finding[], TrendAssessment, Verdict]>([
    ['a pass without a drift passes', 'pass', [], calm, 'pass'],
    ['a pass with a drift fails', 'pass', [], drift, 'fail'],
    ['a pass with a drift of concentration warns', 'pass', [], narrow, 'warn'],
    ['an inconclusive check with a drift fails', 'inconclusive', [invalid], drift, 'fail'],
    [
      'unclear probes stay inconclusive under a warning of the trend',
      'inconclusive',
      [unclear],
      narrow,
      'inconclusive',
    ],
    [
      'an invalid comparison stays inconclusive under a warning of the trend',
      'inconclusive',
      [invalid],
      narrow,
      'inconclusive',
    ],
    ['a failure stays a failure under a warning of the trend', 'fail', [finding({ level: 'fail' })], narrow, 'fail'],
    ['a failure without a drift stays a failure', 'fail', [finding({ level: 'fail' })], calm, 'fail'],
    ['a warning with a drift of the probes fails', 'warn', [finding()], drift, 'fail'],
  ])('%s', (_, verdict, findings, assessment, expected) => {
    const judged = withTrend(report({ verdict, findings }), assessment);
    expect(judged.verdict).toBe(expected);
    expect(judged.findings).toHaveLength(findings.length + assessment.findings.length);
    expect(reportSchema.parse(JSON.parse(JSON.stringify(judged)))).toEqual(judged);
  });

  it('a report shows the last thirty checks of its history', () => {
    const { trend } = assess(nights(Array(45).fill(0)));
    expect(trend.checks).toHaveLength(30);
    expect(trend.checks.at(-1)?.time).toBe(night(44).time);
  });

  it('items that flipped in several of the checks that asked any are listed, those of most checks first', () => {
    const flips = [['a: 1', 'a: 2'], ['a: 2', 'b: 1'], undefined, ['a: 2', 'b: 1', 'b: 1'], []];
    const history = flips.map((own, i) => night(i, own === undefined ? {} : { flips: own }));
    expect(assess(history).trend.flips).toEqual([
      { item: 'a: 2', checks: 3, of: 4 },
      { item: 'b: 1', checks: 2, of: 4 },
    ]);
    expect(assess(history.slice(0, 1)).trend.flips).toBeUndefined();
  });

  it('overrides of the checks that are shown are listed', () => {
    const overrides = [{ login: 'ada', pullRequest: 7, time: night(1).time }];
    expect(assess([night(0), night(1, { overrides })]).trend.overrides).toEqual(overrides);
    expect(assess([night(0, { overrides }), ...nights(Array(30).fill(0))]).trend.overrides).toBeUndefined();
  });

  it('an empty history gives a trend with neither checks nor findings', () => {
    expect(assessTrend([], DEFAULT_POLICY)).toEqual({ trend: { limit: 5, checks: [] }, findings: [] });
  });
});
