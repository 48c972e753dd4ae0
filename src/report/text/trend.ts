import { CHARTS, type Chart, type Trend, type TrendCheck } from '../../compare/index.ts';
import type { Both } from '../../compare/probes/index.ts';
import { baselineOver, type CheckpointNumber, checkpointNumber, transferCell } from './checkpoint-numbers.ts';
import { metricName } from './metric-names.ts';
import {
  formatCount,
  formatLimit,
  formatNumber,
  formatPercent,
  formatRatio,
  formatRelative,
  pointsDigits,
} from './numbers.ts';
import { listed, name, type Phrase, phrase } from './phrase.ts';

export const CHART_NAMES: Readonly<Record<Chart, string>> = {
  twinAccuracy: 'accuracy in other forms',
  shadowGap: 'shadow gap',
  concentration: 'concentration',
};

/** The charts that have evidence, in the order of their colors. */
export const followedCharts = ({ checks }: { readonly checks: readonly TrendCheck[] }): Chart[] =>
  CHARTS.filter((chart) => checks.some(({ sums }) => sums[chart] !== null));

/** `14 checks from 2026-02-01 to 2026-02-14. No cumulative sum is above the limit of 5.` */
export function trendSentence(trend: Trend): string {
  const { checks, limit } = trend;
  const [from, to] = [dayOf(checks[0]), dayOf(checks.at(-1))];
  const when = from === to ? `on ${from}` : `from ${from} to ${to}`;
  const last = checks.at(-1);
  const alarms = CHARTS.filter((chart) => (last?.sums[chart] ?? 0) > limit).map((chart) => CHART_NAMES[chart]);
  const state =
    alarms.length === 0
      ? `No cumulative sum is above the limit of ${formatLimit(limit)}.`
      : `Above the limit of ${formatLimit(limit)}: ${alarms.join(', ')}.`;
  return `${formatCount(checks.length, 'check')} ${when}. ${state}`;
}

export function trendNotes({ flips = [], overrides = [] }: Trend): Phrase[] {
  const flipped = flips.map(
    ({ item, checks, of }) => phrase`${name(item)} in ${checks.toString()} of ${formatCount(of, 'check')}`,
  );
  const overrode = overrides.map(
    ({ login, pullRequest, time }) =>
      phrase`${name(login)} in pull request ${pullRequest.toString()} on ${time.slice(0, DAY)}`,
  );
  return [
    ...(flipped.length === 0
      ? []
      : [phrase`Items that flipped most: ${listed(flipped)}. Look whether their answers are right.`]),
    ...(overrode.length === 0 ? [] : [phrase`A label overrode a failed check: ${listed(overrode)}.`]),
  ];
}

export const SUMS_EXPLAINED =
  'A cumulative sum grows while checks are worse than the baseline by more than half a standard error each, and returns to 0 when they are not: it shows a drift that no single check can.';

const DAY = 'YYYY-MM-DD'.length;

const dayOf = (check: TrendCheck | undefined): string => check?.time.slice(0, DAY) ?? '';

const MINUTE = 'YYYY-MM-DD hh:mm'.length;

/** `2026-02-14 03:17`: the name of a check. */
export const checkTime = ({ time }: TrendCheck): string => time.slice(0, MINUTE).replace('T', ' ');

/** The numbers that some check has. */
export function trendNumbers(checks: readonly TrendCheck[]): CheckpointNumber[] {
  const both = (head: string, of: (check: TrendCheck) => Both | null, { show, change }: Shown) => {
    const values = checks.map(of);
    return checkpointNumber(
      head,
      values.map((value) => value && bothCell(value, { show, change })),
      baselineOver(
        values.map((value) => value?.baseline ?? null),
        show,
      ),
    );
  };
  const ratio = ({ baseline, candidate }: Both) =>
    baseline ? formatRelative((candidate - baseline) / Math.abs(baseline)) : null;
  return [
    ...both('exam', examOf, ACCURACY),
    ...both('other forms', ({ twinAccuracy }) => twinAccuracy, ACCURACY),
    ...both('shadow gap, points', ({ shadowGap }) => shadowGap, { ...ACCURACY, show: pointsDigits }),
    ...checkpointNumber(
      'transfer',
      checks.map(({ transfer }) => transferCell(transfer)),
    ),
    ...both(metricName('mlpAttentionRatio'), ({ concentration }) => concentration ?? null, {
      show: formatNumber,
      change: ratio,
    }),
    ...CHARTS.flatMap((chart) =>
      checkpointNumber(
        `sum: ${CHART_NAMES[chart]}`,
        checks.map(({ sums }) => (sums[chart] === null ? null : [formatRatio(sums[chart])])),
      ),
    ),
  ];
}

interface Shown {
  readonly show: (value: number) => string;
  readonly change: (both: Both) => string | null;
}

const ACCURACY: Shown = {
  show: formatPercent,
  change: ({ baseline, candidate }) => (baseline === null ? null : pointsDigits(candidate - baseline)),
};

const bothCell = (both: Both, { show, change }: Shown): string[] => [
  show(both.candidate),
  ...[change(both)].filter((text) => text !== null),
];

/** The sum of gap and other forms. */
function examOf({ twinAccuracy, shadowGap }: TrendCheck): Both | null {
  if (twinAccuracy === null || shadowGap === null) return null;
  const [before, gapBefore] = [twinAccuracy.baseline, shadowGap.baseline];
  const baseline = before === null || gapBefore === null ? null : before + gapBefore;
  return { baseline, candidate: twinAccuracy.candidate + shadowGap.candidate };
}

/** Null if all checks are of one checkpoint, which is no better on another night, or if a report does not say. */
export function highestCheck(checks: readonly TrendCheck[]): TrendCheck | null {
  const models = new Set(checks.map(({ checkpoint }) => checkpoint));
  if (models.size < 2 || models.has(undefined)) return null;
  const share = ({ twinAccuracy }: TrendCheck) => twinAccuracy?.candidate ?? Number.NEGATIVE_INFINITY;
  const highest = checks.reduce((best, check) => (share(check) > share(best) ? check : best));
  return Number.isFinite(share(highest)) ? highest : null;
}
