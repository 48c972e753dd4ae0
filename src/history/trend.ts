import { release } from '@shadow-gate/platform';
import type { Finding } from '../compare/finding.ts';
import { CHARTS, type Chart, completeReport, type Trend, withExceptions } from '../compare/index.ts';
import type { Report } from '../compare/report.ts';
import type { Policy } from '../policy/policy.ts';
import { arithmeticMean, type CusumPoint, cusum } from '../statistics/index.ts';
import type { HistoryEntry, HistoryValue } from './entry.ts';

export interface TrendAssessment {
  readonly trend: Trend;
  readonly findings: readonly Finding[];
}

/** A chart of a month is readable. */
const SHOWN = 30;

/**
 * Follow twin accuracy downward, and shadow gap and concentration upward, over the checks of a history, with one-sided
 * CUSUM charts (docs/lab-notes/decisions/006-trend.md).
 *
 * The charts of the probes start anew when the checkpoint, baseline, reference or minor version of this tool changes.
 * The chart of concentration continues over checkpoints, each of which is one value of it.
 *
 * Only new evidence counts: the same items on the same models, counted again, would turn one coincidence into an alarm.
 * So a check counts once per checkpoint, baseline and seed, or once per checkpoint if the seed draws nothing, and
 * concentration counts once per checkpoint.
 *
 * An alarm does not reset its chart. Otherwise the sum would have to climb again, and the issue about a lasting shift
 * would be closed and reopened every other week.
 * @param history its last entry is the check to judge
 */
export function assessTrend(history: readonly HistoryEntry[], policy: Policy): TrendAssessment {
  const limit = policy.trend['decision-interval'];
  const followed = {
    twinAccuracy: follow(history, 'twinAccuracy'),
    shadowGap: follow(history, 'shadowGap'),
    concentration: follow(history, 'concentration'),
  };
  const checks = history.map(({ time, verdict, checkpoint, twinAccuracy, shadowGap, concentration, transfer }, i) => ({
    ...{ time, verdict, checkpoint },
    twinAccuracy: bothOf(twinAccuracy),
    shadowGap: bothOf(shadowGap),
    concentration: bothOf(concentration),
    ...(transfer === undefined ? {} : { transfer }),
    sums: {
      twinAccuracy: followed.twinAccuracy.sums[i] ?? null,
      shadowGap: followed.shadowGap.sums[i] ?? null,
      concentration: followed.concentration.sums[i] ?? null,
    },
  }));
  return {
    trend: { limit, checks: checks.slice(-SHOWN), ...mostFlipped(history), ...overridesIn(history) },
    findings: withExceptions(
      CHARTS.flatMap((chart) => alarmOf(chart, followed[chart], policy)),
      policy,
      new Date(history.at(-1)?.time ?? 0),
    ),
  };
}

/** Items to list, and checks in which each flipped at least. */
const LISTED_FLIPS = 5;
const FEWEST_FLIPS = 2;

/** An item that flips again and again is hard or wrong: it says little about a checkpoint. */
function mostFlipped(history: readonly HistoryEntry[]): Pick<Trend, 'flips'> {
  const asked = history.slice(-SHOWN).flatMap(({ flips }) => (flips === undefined ? [] : [new Set(flips)]));
  const items = [...new Set(asked.flatMap((flips) => [...flips]))];
  const flips = items
    .map((item) => ({ item, checks: asked.filter((of) => of.has(item)).length, of: asked.length }))
    .filter(({ checks }) => checks >= FEWEST_FLIPS)
    .sort((a, b) => b.checks - a.checks || a.item.localeCompare(b.item));
  return flips.length === 0 ? {} : { flips: flips.slice(0, LISTED_FLIPS) };
}

function overridesIn(history: readonly HistoryEntry[]): Pick<Trend, 'overrides'> {
  const overrides = history.slice(-SHOWN).flatMap((entry) => entry.overrides ?? []);
  return overrides.length === 0 ? {} : { overrides };
}

/** The report with the trend added. More findings never make a verdict milder. */
export function withTrend(report: Report, { trend, findings: alarms }: TrendAssessment): Report {
  return completeReport({ ...report, trend }, [...report.findings, ...alarms]);
}

function bothOf(value: HistoryValue | null): Pick<HistoryValue, 'baseline' | 'candidate'> | null {
  return value && { baseline: value.baseline, candidate: value.candidate };
}

interface Followed {
  /** After each check; null before the first evidence since the chart began. */
  readonly sums: ReadonlyArray<number | null>;
  /** The current chart: the evidence that counted, and its points. */
  readonly evidence: readonly HistoryValue[];
  readonly points: readonly CusumPoint[];
}

function follow(history: readonly HistoryEntry[], chart: Chart): Followed {
  const segments = segmentsOf(history, chart).map((segment) => followSegment(segment, chart));
  const { evidence, points } = segments.at(-1) ?? { evidence: [], points: [] };
  return { sums: segments.flatMap(({ sums }) => sums), evidence, points };
}

/** Checks in a row that are points of one chart. */
function segmentsOf(history: readonly HistoryEntry[], chart: Chart): HistoryEntry[][] {
  const keyOf = ({ checkpoint, baseline, reference, version }: HistoryEntry) =>
    JSON.stringify([baseline, reference, release(version), ...(chart === 'concentration' ? [] : [checkpoint])]);
  const segments: HistoryEntry[][] = [];
  for (const [i, entry] of history.entries()) {
    const before = history[i - 1];
    if (before && keyOf(before) === keyOf(entry)) segments.at(-1)?.push(entry);
    else segments.push([entry]);
  }
  return segments;
}

function followSegment(segment: readonly HistoryEntry[], chart: Chart): Followed {
  const seen = new Set<string>();
  const evidence: HistoryValue[] = [];
  const counts = segment.map((entry) => {
    const value = entry[chart];
    const key = JSON.stringify([entry.checkpoint, ...(chart === 'concentration' ? [] : [entry.seed])]);
    if (value !== null && value.z !== null && !seen.has(key)) {
      seen.add(key);
      evidence.push(value);
    }
    return evidence.length;
  });
  const points = cusum(evidence.map(({ z }) => harmOf(z ?? 0, chart)));
  return { sums: counts.map((count) => points[count - 1]?.sum ?? null), evidence, points };
}

/**
 * The most that one check can add, less k (winsorized CUSUM: Hawkins 1993, Journal of Quality Technology 25:248).
 * Unlimited, one night of nonsense from a server would keep the chart in alarm for weeks.
 */
const MAX_STEP = 3;

function harmOf(z: number, chart: Chart): number {
  return Math.min(MAX_STEP, chart === 'twinAccuracy' ? -z : z);
}

const POLICY_KEYS = {
  twinAccuracy: 'twin-accuracy',
  shadowGap: 'shadow-gap',
  concentration: 'concentration',
} as const satisfies Record<Chart, keyof Policy['trend']>;

function alarmOf(chart: Chart, { points, evidence }: Followed, policy: Policy): Finding[] {
  const limit = policy.trend['decision-interval'];
  const last = points.at(-1);
  if (!last || last.sum <= limit) return [];
  const changes = evidence.slice(-last.run).flatMap(({ change }) => (change === null ? [] : [change]));
  const meanChange = changes.length === 0 ? null : arithmeticMean(changes);
  return [
    { kind: 'trend', level: policy.trend[POLICY_KEYS[chart]], chart, run: last.run, sum: last.sum, limit, meanChange },
  ];
}
