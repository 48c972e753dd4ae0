import { ruleY } from '@observablehq/plot';
import type { Chart, Trend, TrendCheck } from '../../compare/index.ts';
import { chart } from '../render/html/chart.ts';
import { checkpointTable } from '../render/html/checkpoint-table.ts';
import { type Html, html } from '../render/html/html.ts';
import { axes, FRAME, legend, lineOf } from '../render/html/line-chart.ts';
import { phraseHtml } from '../render/html/phrase.ts';
import { formatLimit, formatPercentTick, formatTick } from '../text/numbers.ts';
import {
  CHART_NAMES,
  checkTime,
  followedCharts,
  highestCheck,
  SUMS_EXPLAINED,
  trendNotes,
  trendNumbers,
  trendSentence,
} from '../text/trend.ts';
import type { PageSection } from './section.ts';

/** Accuracies of the last checks, and the cumulative sums that show a drift. */
export const TREND_SECTION: PageSection = {
  id: 'trend',
  title: 'Trend',
  render({ trend }, { docs }): Html | null {
    if (trend === null || trend.checks.length === 0) return null;
    const notes = trendNotes(trend).map((note) => html`<p>${phraseHtml(note, docs)}</p>`);
    return html`<p>${trendSentence(trend)}</p>${notes}${charts(trend)}
<p class="note">${SUMS_EXPLAINED} <a href="${docs}/lab-notes/decisions/006-trend.md">How it is computed</a></p>
${checks(trend)}`;
  },
};

function checks(trend: Trend): Html {
  const shown = trend.checks.toReversed();
  const highest = highestCheck(shown);
  const columns = shown.map((check, i) => ({
    name: html`<time>${checkTime(check)}</time>`,
    verdict: check.verdict,
    marks: [...(i === 0 ? ['latest'] : []), ...(check === highest ? ['highest'] : [])],
    isBest: check === highest,
  }));
  return checkpointTable({ label: 'All checks of the trend', columns, numbers: trendNumbers(shown) });
}

/** A line needs two points. */
const FEWEST = 2;

function charts(trend: Trend): Html | null {
  if (trend.checks.length < FEWEST) return null;
  const drawn = [
    levels(trend.checks, 'twinAccuracy', { title: 'Accuracy in other forms', tick: formatPercentTick }),
    levels(trend.checks, 'shadowGap', { title: 'Shadow gap, in points', tick: formatTick }),
    sums(trend),
  ].filter((part) => part !== null);
  return drawn.length === 0 ? null : html`<div class="charts">${drawn}</div>`;
}

const SIDES = {
  baseline: { color: 'var(--series-2)', name: 'baseline' },
  candidate: { color: 'var(--series-1)', name: 'candidate' },
} as const;

const timeChart = (options: Parameters<typeof chart>[0]): Html =>
  chart({ ...FRAME, style: { fontSize: '12px' }, x: { type: 'utc' }, ...options });

function levels(
  checks: readonly TrendCheck[],
  key: 'twinAccuracy' | 'shadowGap',
  { title, tick }: { readonly title: string; readonly tick: (value: number) => string },
): Html | null {
  const points = checks.flatMap(({ time, ...check }) => {
    const value = check[key];
    return value === null
      ? []
      : [{ time: new Date(time), candidate: 100 * value.candidate, baseline: percent(value.baseline) }];
  });
  if (points.length < FEWEST) return null;
  const sides = (['baseline', 'candidate'] as const).filter((side) => points.some((point) => point[side] !== null));
  return timeChart({
    label: `${title} of baseline and candidate over ${points.length} checks`,
    caption: html`<strong>${title}</strong>${sides.map((side) => legend(SIDES[side].color, SIDES[side].name))}`,
    y: { nice: true },
    marks: [...axes(tick), ...sides.flatMap((side) => lineOf(points, { x: 'time', y: side }, SIDES[side].color))],
  });
}

const percent = (share: number | null): number | null => share && 100 * share;

const COLORS: Readonly<Record<Chart, string>> = {
  twinAccuracy: 'var(--series-1)',
  shadowGap: 'var(--series-2)',
  concentration: 'var(--series-3)',
};

/** Room above the limit, so that its line is not the frame. */
const HEADROOM = 1.2;

function sums(trend: Trend): Html | null {
  const followed = followedCharts(trend);
  if (followed.length === 0) return null;
  // Before the first evidence a sum is at its start.
  const points = trend.checks.map(({ time, sums: all }) => ({
    time: new Date(time),
    twinAccuracy: all.twinAccuracy ?? 0,
    shadowGap: all.shadowGap ?? 0,
    concentration: all.concentration ?? 0,
  }));
  const top = HEADROOM * Math.max(trend.limit, ...points.flatMap((point) => followed.map((key) => point[key])));
  return timeChart({
    label: `Cumulative sums over ${points.length} checks, with their limit of ${formatLimit(trend.limit)}`,
    caption: html`<strong>Cumulative sums</strong>${followed.map((key) => legend(COLORS[key], CHART_NAMES[key]))}${legend('var(--fail)', 'limit')}`,
    y: { domain: [0, top] },
    marks: [
      ...axes(formatTick),
      ruleY([trend.limit], { stroke: 'var(--fail)', strokeWidth: 1.5, strokeDasharray: '5 4' }),
      ...followed.flatMap((key) => lineOf(points, { x: 'time', y: key }, COLORS[key])),
    ],
  });
}
