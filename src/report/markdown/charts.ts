import { CHARTS, type Chart, type Trend, type TrendCheck } from '../../compare/index.ts';
import type { AccuracyRow, Estimate } from '../../compare/probes/index.ts';
import type { Report } from '../../compare/report.ts';
import { leastOf, mostOf } from '../../statistics/index.ts';
import { codeName, shorten } from '../escape.ts';
import { formatLimit, formatRatio, percentDigits } from '../text/numbers.ts';
import { CHART_NAMES, followedCharts } from '../text/trend.ts';
import { formName } from '../text/twin-words.ts';

/** Colors of Okabe & Ito (2008), which everyone can tell apart, on white and on black. */
const BLUE = '#0072B2';
const GRAY = '#888888';

/** A chart of a month is readable; the history has all checks. */
const MOST_CHECKS = 30;

/** A line needs two points. */
const FEWEST_CHECKS = 2;

const COLORS: Readonly<Record<Chart, string>> = { twinAccuracy: BLUE, shadowGap: '#D55E00', concentration: '#009E73' };
const COLOR_NAMES: Readonly<Record<Chart, string>> = {
  twinAccuracy: 'blue',
  shadowGap: 'orange',
  concentration: 'green',
};

/** The charts of a trend; empty with less than two checks. */
export function trendCharts({ limit, checks }: Trend): string {
  const shown = checks.slice(-MOST_CHECKS);
  const charts = [
    ...levels(shown, 'twinAccuracy', 'Accuracy in other forms, %'),
    ...levels(shown, 'shadowGap', 'Shadow gap, points'),
    ...cumulativeSums(shown, limit),
  ];
  return charts.length === 0 ? '' : `### Trend\n\n${charts.join('\n\n')}`;
}

/** `cumulative sums: shadow gap 0.40; limit 5`; empty before there is evidence. */
export function trendLine({ limit, checks }: Trend): string {
  const last = checks.at(-1);
  const sums = CHARTS.flatMap((chart) => {
    const sum = last?.sums[chart] ?? null;
    return sum === null ? [] : [`${CHART_NAMES[chart]} ${formatRatio(sum)}`];
  });
  return sums.length === 0 ? '' : `cumulative sums: ${sums.join(', ')}; limit ${formatLimit(limit)}`;
}

function levels(checks: readonly TrendCheck[], chart: 'twinAccuracy' | 'shadowGap', title: string): string[] {
  const answered = checks.flatMap(({ time, ...check }) => {
    const value = check[chart];
    return value === null || value.baseline === null
      ? []
      : [{ time, baseline: 100 * value.baseline, candidate: 100 * value.candidate }];
  });
  if (answered.length < FEWEST_CHECKS) return [];
  const lines = [
    { color: GRAY, values: answered.map(({ baseline }) => baseline) },
    { color: COLORS[chart], values: answered.map(({ candidate }) => candidate) },
  ];
  return [
    withCaption(
      drawing(title, rangeOf(lines.flatMap(({ values }) => values)), lines),
      answered,
      `${COLOR_NAMES[chart]}: candidate; gray: baseline`,
    ),
  ];
}

/** Room above the limit, so that its line is not the frame. */
const HEADROOM = 1.2;

function cumulativeSums(checks: readonly TrendCheck[], limit: number): string[] {
  const charts = followedCharts({ checks });
  if (charts.length === 0 || checks.length < FEWEST_CHECKS) return [];
  const lines = [
    { color: GRAY, values: checks.map(() => limit) },
    // Before the first evidence a sum is at its start.
    ...charts.map((chart) => ({ color: COLORS[chart], values: checks.map(({ sums }) => sums[chart] ?? 0) })),
  ];
  const top = Math.ceil(HEADROOM * mostOf(lines.flatMap(({ values }) => values)));
  const legend = charts.map((chart) => `${COLOR_NAMES[chart]}: ${CHART_NAMES[chart]}`).join('; ');
  return [
    withCaption(
      drawing('Cumulative sums', [0, top], lines),
      checks,
      `${legend}; gray: the limit ${formatLimit(limit)}, above which a drift is reported`,
    ),
  ];
}

/** Whole fives, so that noise does not fill the picture. */
const STEP = 5;

function rangeOf(values: readonly number[]): [number, number] {
  const least = STEP * Math.floor(leastOf(values) / STEP);
  const most = STEP * Math.ceil(mostOf(values) / STEP);
  return [most > least ? least : least - STEP, most];
}

type Line = Readonly<{ color: string; values: readonly number[] }>;

const drawing = (title: string, [least, most]: readonly [number, number], lines: readonly Line[]): string =>
  xyChart({
    title,
    colors: lines.map(({ color }) => color),
    x: `1 --> ${lines[0]?.values.length ?? 0}`,
    y: `${least} --> ${most}`,
    series: lines.map(({ values }) => `line [${values.map((value) => value.toFixed(2)).join(', ')}]`),
  });

function withCaption(drawn: string, checks: readonly { readonly time: string }[], legend: string): string {
  const day = (check: { readonly time: string } | undefined) => check?.time.slice(0, 'YYYY-MM-DD'.length) ?? '';
  const [from, to] = [day(checks[0]), day(checks.at(-1))];
  return `${drawn}\n\n<sub>${checks.length} checks, ${from === to ? from : `${from} to ${to}`} · ${legend}</sub>`;
}

/** Bars that can be told apart. */
const MOST_BARS = 20;

/** Accuracy by form, and in other forms by capability. Names of capabilities stand below the pictures. */
export function accuracyCharts({ probes }: Report): string[] {
  const rows = (probes?.accuracies ?? []).filter(({ form }) => form === 'benchmark' || form === 'twin');
  const whole = rows.filter(({ suite, capability }) => suite === null && capability === null);
  const parts = rows.filter(({ suite, capability, form }) => suite === null && capability !== null && form === 'twin');
  const forms = whole.map(({ form, kind }) => formName(form, kind));
  const numbers = parts.map((_, i) => String(i + 1));
  return [
    ...(whole.length < 2 ? [] : [bars('Accuracy by form, %', whole, forms, '')]),
    ...(parts.length < 2 ? [] : [bars('Accuracy in other forms by capability, %', parts, numbers, captionOf(parts))]),
  ];
}

function captionOf(rows: readonly AccuracyRow[]): string {
  const named = rows
    .slice(0, MOST_BARS)
    .map(({ capability, kind }, i) => `${i + 1}: ${codeName(capability ?? '')} (${formName('twin', kind)})`);
  return `${named.join(', ')} · `;
}

function bars(title: string, all: readonly AccuracyRow[], labels: readonly string[], caption: string): string {
  const rows = all.slice(0, MOST_BARS);
  const percent = (share: number) => (100 * share).toFixed(1);
  const baselines = rows.flatMap(({ baseline }) => (baseline === null ? [] : [percent(baseline.value)]));
  const hasBaseline = baselines.length === rows.length;
  const names = labels.slice(0, MOST_BARS).map((label) => `"${label}"`);
  const drawing = xyChart({
    title,
    colors: [BLUE, GRAY],
    x: `[${names.join(', ')}]`,
    y: '0 --> 100',
    series: [
      `bar [${rows.map(({ candidate }) => percent(candidate.value)).join(', ')}]`,
      ...(hasBaseline ? [`line [${baselines.join(', ')}]`] : []),
    ],
  });
  return `${drawing}\n\n<sub>${caption}blue: candidate${hasBaseline ? '; gray line: baseline' : ''}</sub>`;
}

/** Axes and series as Mermaid writes them. */
type XyChart = Readonly<Record<'title' | 'x' | 'y', string> & Record<'colors' | 'series', readonly string[]>>;

/**
 * A diagram in the syntax of Mermaid's XY chart, which GitHub draws. It has neither legend nor names of lines, and
 * labels of points run into each other, so points are numbered and a caption has the rest. It has only numbers and our
 * own words.
 */
function xyChart({ title, colors, x, y, series }: XyChart): string {
  return [
    '```mermaid',
    '---',
    'config:',
    '  xyChart:',
    '    height: 300',
    '  themeVariables:',
    '    xyChart:',
    `      plotColorPalette: "${colors.join(', ')}"`,
    '---',
    'xychart-beta',
    `  title "${title}"`,
    `  x-axis ${x}`,
    `  y-axis ${y}`,
    ...series.map((line) => `  ${line}`),
    '```',
  ].join('\n');
}

/** Characters of the scale from 0 to 100%: a line of a phone has about 40, with a label and a number next to it. */
const SCALE = 24;
const LABEL = 10;
/** Characters of a name, which has a line of its own. */
const LONGEST_NAME = 36;
const MOST_GROUPS = 12;

/**
 * Accuracies with their intervals as text, two lines for each form:
 *
 *     exam
 *       baseline ················├──█─┤···  73.1
 *
 * It uses only characters that fonts of one width have. It has foreign names: escape it as a block of code. Empty
 * without accuracies.
 */
export function intervalChart({ probes }: Report): string {
  const rows = (probes?.accuracies ?? []).filter(({ form }) => form === 'benchmark' || form === 'twin');
  const scopes = [...new Set(rows.map(scopeOf))];
  const lines = scopes.slice(0, MOST_GROUPS).flatMap((scope) => {
    const own = rows.filter((row) => scopeOf(row) === scope);
    return [nameOf(own[0]), ...own.flatMap(linesOf), ''];
  });
  const more = scopes.length - MOST_GROUPS;
  if (more > 0) lines.push(`and ${more} more in report.json`);
  return lines.length === 0 ? '' : [axis(), ...lines].join('\n').trimEnd();
}

const scopeOf = ({ suite, capability }: AccuracyRow): string => JSON.stringify([suite, capability]);

function nameOf(row: AccuracyRow | undefined): string {
  const parts = [row?.suite, row?.capability].filter((part) => part !== null && part !== undefined);
  return shorten(parts.length === 0 ? 'all' : parts.join(' · ').replace(/\s+/g, ' '), LONGEST_NAME);
}

function linesOf({ form, kind, baseline, candidate }: AccuracyRow): string[] {
  return [
    `  ${formName(form, kind)}`,
    ...(baseline === null ? [] : [`  ${'baseline'.padEnd(LABEL)}${dotAndWhisker(baseline)}`]),
    `  ${'candidate'.padEnd(LABEL)}${dotAndWhisker(candidate)}`,
  ];
}

const axis = (): string => `${' '.repeat(2 + LABEL)}0${'100%'.padStart(SCALE - 1)}`;

/** A value between the ends of its interval, all shares of 1. */
function dotAndWhisker({ value, lower, upper }: Estimate): string {
  const place = (share: number) => Math.min(SCALE - 1, Math.max(0, Math.floor(share * SCALE)));
  const [from, at, to] = [place(lower ?? 0), place(value), place(upper ?? 1)];
  const cells = Array.from({ length: SCALE }, (_, i) => {
    if (i === at) return '█';
    if (i < from || i > to) return '·';
    if (i === from) return '├';
    return i === to ? '┤' : '─';
  });
  return `${cells.join('')} ${percentDigits(value).padStart(5)}`;
}
