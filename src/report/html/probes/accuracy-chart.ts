import { axisX, axisY, dot, gridX, ruleY, text } from '@observablehq/plot';
import type { Estimate } from '../../../compare/probes/index.ts';
import { chart, chartText } from '../../render/html/chart.ts';
import { type Html, html } from '../../render/html/html.ts';

/** Lines of a suite, a capability, a benchmark, or everything. */
export interface ChartScope {
  readonly title: string;
  readonly lines: readonly ChartLine[];
}

interface ChartLine {
  /** Not foreign. */
  readonly label: string;
  readonly baseline: Estimate | null;
  readonly candidate: Estimate;
}

interface AccuracyChart {
  readonly scopes: readonly ChartScope[];
  readonly label: string;
  readonly caption: Html;
}

/** More than there are forms. */
const MAX_LINES = 12;

/** Fits a phone; wider, it stands next to its table. */
const WIDTH = 360;
/** Room for `robustness form` and the like. */
const LABELS = 122;
const NO_LABELS = 14;
const ROW = 24;
const TITLE = 34;

/** Baseline and candidate stand one above the other. */
const APART = 4;

type Whisker = Readonly<Record<'y' | 'value' | 'lower' | 'upper', number>>;

/** Accuracies as dots with whiskers, in %. */
export function accuracyChart({ scopes, label, caption }: AccuracyChart): Html {
  let height = 6;
  const titles: { readonly y: number; readonly title: string }[] = [];
  const lines: (ChartLine & { readonly y: number })[] = [];
  for (const scope of scopes) {
    titles.push({ y: height + TITLE - 14, title: chartText(scope.title, 44) });
    height += TITLE;
    for (const line of scope.lines.slice(0, MAX_LINES)) {
      lines.push({ ...line, y: height + ROW / 2 - 6 });
      height += ROW;
    }
  }
  const left = lines.some((line) => line.label !== '') ? LABELS : NO_LABELS;
  const whiskers = (side: 'baseline' | 'candidate'): Whisker[] =>
    lines.flatMap(({ y, ...line }) => whisker(line[side], y + (side === 'baseline' ? -APART : APART)));
  const side = (key: 'baseline' | 'candidate') => [
    ruleY(whiskers(key), { y: 'y', x1: 'lower', x2: 'upper', stroke: SIDE_COLORS[key], strokeWidth: 2 }),
    dot(whiskers(key), { y: 'y', x: 'value', fill: SIDE_COLORS[key], r: 4 }),
  ];
  const labels = new Map(lines.map(({ y, label: own }) => [y, own]));
  return chart({
    label,
    caption,
    width: WIDTH,
    height: height + 36,
    marginLeft: left,
    marginRight: 20,
    marginTop: 4,
    marginBottom: 32,
    style: { fontSize: '12px' },
    x: { domain: [0, 100], label: null },
    y: { domain: [0, height], range: [4, height + 4], axis: null },
    marks: [
      gridX({ ticks: 5, stroke: 'var(--line)', strokeOpacity: 1 }),
      axisX({ ticks: 5, tickFormat: (value: number) => `${value}%`, tickSize: 0 }),
      axisY([...labels.keys()], { label: null, tickFormat: (y: number) => labels.get(y) ?? '', tickSize: 0 }),
      text(titles, { y: 'y', text: 'title', frameAnchor: 'left', dx: -left, textAnchor: 'start', fontWeight: 'bold' }),
      ...side('baseline'),
      ...side('candidate'),
    ],
  });
}

function whisker(estimate: Estimate | null, y: number): Whisker[] {
  if (estimate === null) return [];
  const { value, lower, upper } = estimate;
  const percent = (share: number) => 100 * Math.min(1, Math.max(0, share));
  return [{ y, value: percent(value), lower: percent(lower ?? 0), upper: percent(upper ?? 1) }];
}

const SIDE_COLORS = { baseline: 'var(--series-2)', candidate: 'var(--series-1)' } as const;

export const SIDES_LEGEND: Html = html`<p class="legend"><span class="dot baseline"></span> baseline <span class="dot candidate"></span> candidate</p>`;

export const CANDIDATE_LEGEND: Html = html`<p class="legend"><span class="dot candidate"></span> candidate; there is no baseline</p>`;
