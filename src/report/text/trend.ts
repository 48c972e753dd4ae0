import { CHARTS, type Chart, type Trend, type TrendCheck } from '../../compare/index.ts';
import { formatCount, formatLimit, formatPercent, formatPointsChange, formatRatio, NO_NUMBER } from './numbers.ts';
import { listed, name, type Phrase, phrase } from './phrase.ts';

/** What is followed, as the name of a line. */
export const CHART_NAMES: Readonly<Record<Chart, string>> = {
  twinAccuracy: 'accuracy in other forms',
  shadowGap: 'shadow gap',
  concentration: 'concentration',
};

/** The charts that have evidence, in the order of their colors. */
export function followedCharts({ checks }: Trend): Chart[] {
  return CHARTS.filter((chart) => checks.some(({ sums }) => sums[chart] !== null));
}

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

/** What the history says beside its charts: items that flip most, and who overrode a failed check. */
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
      : [phrase`Items that flipped most: ${listed(flipped, flipped.length)}. Look whether their answers are right.`]),
    ...(overrode.length === 0 ? [] : [phrase`A label overrode a failed check: ${listed(overrode, overrode.length)}.`]),
  ];
}

/** What a cumulative sum is, for somebody who sees one for the first time. */
export const SUMS_EXPLAINED =
  'A cumulative sum grows while checks are worse than the baseline by more than half a standard error each, and returns to 0 when they are not: it shows a drift that no single check can.';

const DAY = 'YYYY-MM-DD'.length;

const dayOf = (check: TrendCheck | undefined): string => check?.time.slice(0, DAY) ?? '';

export const TREND_COLUMNS = [
  'check',
  'accuracy in other forms',
  'shadow gap',
  ...CHARTS.map((chart) => `sum: ${CHART_NAMES[chart]}`),
];

/** The cells of one check, in the order of {@link TREND_COLUMNS}. */
export function trendCells({ time, twinAccuracy, shadowGap, sums }: TrendCheck): string[] {
  return [
    `${time.slice(0, 16).replace('T', ' ')}`,
    both(twinAccuracy, formatPercent),
    both(shadowGap, formatPointsChange),
    ...CHARTS.map((chart) => sumText(sums[chart])),
  ];
}

const sumText = (sum: number | null): string => (sum === null ? NO_NUMBER : formatRatio(sum));

function both(value: TrendCheck['twinAccuracy'], show: (share: number) => string): string {
  if (value === null) return NO_NUMBER;
  return value.baseline === null ? show(value.candidate) : `${show(value.baseline)} → ${show(value.candidate)}`;
}
