import { release } from '../compare/comparability.ts';
import type { Reason } from '../compare/finding.ts';
import { points } from '../compare/probes/words.ts';
import type { Report } from '../compare/report.ts';
import { CHARTS, type Chart, type Trend } from '../compare/trend-schema.ts';
import { sortReasons, verdictOf, worseOf } from '../compare/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import { type CusumPoint, cusum } from '../statistics/cusum.ts';
import type { HistoryEntry, HistoryValue } from './entry.ts';

export interface TrendFindings {
  readonly trend: Trend;
  /** The charts that are in alarm. */
  readonly reasons: readonly Reason[];
}

/** A reader takes in a month. */
const SHOWN = 30;

/**
 * Follow twin accuracy downwards, the shadow gap and the concentration upwards, over the checks of a history, by one-sided
 * CUSUM charts (docs/decisions/006-trend.md).
 *
 * The charts of the probes begin anew where checkpoint, baseline, reference or minor version of this tool change; that of
 * concentration goes on over checkpoints, since each of them is one value of it.
 *
 * Only new evidence counts. The same questions to the same models have the same answers, and counted again they would turn one
 * coincidence into an alarm: so a check counts once per checkpoint, baseline and seed, where nothing is drawn from a seed
 * once per checkpoint, and concentration once per checkpoint.
 *
 * A chart is not reset by its alarm. One that was would have to climb again, and the issue of a lasting shift would be closed
 * and opened every other week.
 * @param history with the check that is judged, which is the last
 */
export function assessTrend(history: readonly HistoryEntry[], policy: Policy): TrendFindings {
  const limit = policy.trend['decision-interval'];
  const followed = {
    twinAccuracy: follow(history, 'twinAccuracy'),
    shadowGap: follow(history, 'shadowGap'),
    concentration: follow(history, 'concentration'),
  };
  const checks = history.map(({ time, twinAccuracy, shadowGap }, i) => ({
    time,
    twinAccuracy: bothOf(twinAccuracy),
    shadowGap: bothOf(shadowGap),
    sums: {
      twinAccuracy: followed.twinAccuracy.sums[i] ?? null,
      shadowGap: followed.shadowGap.sums[i] ?? null,
      concentration: followed.concentration.sums[i] ?? null,
    },
  }));
  return {
    trend: { limit, checks: checks.slice(-SHOWN) },
    reasons: CHARTS.flatMap((chart) => alarmOf(chart, followed[chart], policy)),
  };
}

/** The report with what the trend adds. The verdict is never milder than that of the check alone. */
export function withTrend(report: Report, { trend, reasons: alarms }: TrendFindings): Report {
  const reasons = sortReasons([...report.reasons, ...alarms]);
  return { ...report, reasons, verdict: worseOf(report.verdict, verdictOf(reasons)), trend };
}

function bothOf(value: HistoryValue | null): Pick<HistoryValue, 'baseline' | 'candidate'> | null {
  return value && { baseline: value.baseline, candidate: value.candidate };
}

interface Followed {
  /** After each check; null before the first evidence since the chart began. */
  readonly sums: ReadonlyArray<number | null>;
  /** Of the chart as it is now: what counted, and its points. */
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
 * What one check can add at most, less k (Hawkins 1993, Journal of Quality Technology 25:248). A night on which a server
 * answered nonsense, or one odd checkpoint, is judged by its own check; it would hold the chart in alarm for weeks after that.
 */
const MOST_OF_ONE = 3;

function harmOf(z: number, chart: Chart): number {
  return Math.min(MOST_OF_ONE, chart === 'twinAccuracy' ? -z : z);
}

const SETTINGS = {
  twinAccuracy: { key: 'twin-accuracy', metric: 'twinAccuracy', of: null, moved: 'twin accuracy has drifted down' },
  shadowGap: { key: 'shadow-gap', metric: 'shadowGap', of: null, moved: 'the shadow gap has drifted up' },
  concentration: {
    key: 'concentration',
    metric: 'mlpAttentionRatio',
    of: 'delta',
    moved: 'the MLP ÷ attention ratio of ΔW has drifted up',
  },
} as const;

function alarmOf(chart: Chart, followed: Followed, policy: Policy): Reason[] {
  const limit = policy.trend['decision-interval'];
  const last = followed.points.at(-1);
  if (!last || last.sum <= limit) return [];
  const { key, metric, of, moved } = SETTINGS[chart];
  const changes = followed.evidence.slice(-last.run).flatMap(({ change }) => (change === null ? [] : [change]));
  const mean = changes.reduce((sum, change) => sum + change, 0) / changes.length;
  const unit = chart === 'concentration' ? 'checkpoint' : 'check';
  const when = last.run === 1 ? `the last ${unit}` : `the last ${last.run} ${unit}s`;
  return [
    {
      level: policy.trend[key],
      rule: 'trend',
      metric,
      of,
      place: 'model',
      candidate: last.sum,
      baseline: null,
      tolerance: { cumulativeSum: limit },
      message: `${moved} over ${when}: cumulative sum ${last.sum.toFixed(2)}, limit ${limit}; mean change ${changeWords(mean, chart)}`,
    },
  ];
}

function changeWords(change: number, chart: Chart): string {
  const size = Math.abs(change);
  const sign = change < 0 ? '−' : '+';
  return `${sign}${chart === 'concentration' ? `${(100 * size).toFixed(1)} %` : points(size)}`;
}
