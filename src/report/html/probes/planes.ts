import { areaY, axisX, axisY, dot, line, link, ruleX, ruleY, text } from '@observablehq/plot';
import { groupBy } from '@shadow-gate/platform';
import { type ChangeRow, type Estimate, type KindRow, leastTwinChange } from '../../../compare/probes/index.ts';
import type { ProbeReport, Report } from '../../../compare/report.ts';
import { chart, chartText } from '../../render/html/chart.ts';
import { type Html, html, NOTHING } from '../../render/html/html.ts';
import { phraseHtml } from '../../render/html/phrase.ts';
import { formatCount } from '../../text/numbers.ts';
import {
  type DrawnPolicy,
  PLANE_AXES,
  planeCaption,
  planeLabel,
  planesNote,
  planeTitle,
  pointsTick,
} from '../../text/probe-charts.ts';
import type { PageOptions } from '../section.ts';

/** Planes of suites that decide come first. */
const MAX_PLANES = 6;
const MAX_PARTS = 8;

/** Δ exam against Δ twins for each suite and kind of twin, with the region that the policy accepts. */
export function planes({ changes, comparison }: ProbeReport, report: Report, { docs }: PageOptions): Html {
  const moved = movedKinds(changes, comparison.kinds);
  if (moved.length === 0) return NOTHING;
  const policy = report.applied?.settings ?? null;
  const decides = ({ role }: KindRow) => Number(role === 'decides' || role === 'only-format');
  const shown = moved.toSorted((a, b) => decides(b.kind) - decides(a.kind)).slice(0, MAX_PLANES);
  const drawn = shown.map((own) => ({ ...own, parts: own.parts.slice(0, MAX_PARTS) }));
  const domain = planeDomain(drawn.flatMap(({ whole, parts }) => [whole, ...parts]));
  const charts = drawn.map(({ kind, whole, parts }) => {
    const caption = phraseHtml(planeCaption(kind, policy), docs);
    const title = phraseHtml(planeTitle(whole), docs);
    return html`<div class="plane"><h4>${title}</h4>${planeChart({ whole, parts, policy, domain, caption })}</div>\n`;
  });
  const more = moved.length - shown.length;
  return html`<h3 id="probes-transfer">Did the gain carry over?</h3>
<div class="planes">${charts}<p class="note">${phraseHtml(planesNote(comparison.confidence), docs)}${more > 0 ? ` ${formatCount(more, 'more kind of other form', 'more kinds of other forms')} in the table.` : null}</p></div>`;
}

const keyOf = ({ suite, kind, group }: Pick<ChangeRow, 'suite' | 'kind' | 'group'>): string =>
  JSON.stringify([suite, kind, group]);

function movedKinds(changes: readonly ChangeRow[], kinds: readonly KindRow[]) {
  const rows = groupBy(changes, keyOf);
  return kinds.flatMap((kind) => {
    const [whole, ...parts] = rows.get(keyOf(kind)) ?? [];
    return whole === undefined || whole.capability !== null ? [] : [{ kind, whole, parts }];
  });
}

/** Changes of accuracy, on both axes. */
type PlaneDomain = readonly [low: number, high: number];

interface Plane {
  readonly whole: ChangeRow;
  readonly parts: readonly ChangeRow[];
  /** Null: not known. */
  readonly policy: DrawnPolicy | null;
  readonly domain: PlaneDomain;
  readonly caption: Html;
}

const SIZE = 350;
const MARGIN = { marginLeft: 44, marginRight: 14, marginTop: 26, marginBottom: 40 };

/** Values of the curve from end to end. */
const STEPS = 120;

/** Movement of one suite and kind of twin, in points: exam to the right, twins upwards. */
function planeChart({ whole, parts, policy, domain, caption }: Plane): Html {
  const [low, high] = domain;
  const points = (share: number) => 100 * Math.min(high, Math.max(low, share));
  const accepted = policy === null ? [] : boundary(whole, policy, domain);
  const whiskers = (row: ChangeRow, isWhole: boolean) => whiskerMarks(row, points, isWhole);
  const named = parts.map(({ capability, benchmark, twin }) => {
    return { x: points(benchmark.value), y: points(twin.value), name: chartText(capability ?? '', 24) };
  });
  const [x1, x2] = [100 * low, 100 * high];
  const scale = { domain: [x1, x2], label: null };
  const ticks = { ticks: 6, tickSize: 3, tickFormat: pointsTick };
  return chart({
    label: planeLabel(whole),
    caption,
    ...{ width: SIZE, height: SIZE - MARGIN.marginLeft - MARGIN.marginRight + MARGIN.marginTop + MARGIN.marginBottom },
    ...MARGIN,
    style: { fontSize: '12px' },
    x: scale,
    y: scale,
    marks: [
      areaY(accepted, { x: 'x', y1: 'y', y2: 'top', fill: 'var(--region)' }),
      line(accepted, { x: 'x', y: 'edge', stroke: 'var(--series-1)', strokeOpacity: 0.5 }),
      ruleX([0], { stroke: 'var(--line)' }),
      ruleY([0], { stroke: 'var(--line)' }),
      link([0], { x1, y1: x1, x2, y2: x2, stroke: 'var(--muted)', strokeDasharray: '4,4' }),
      axisX({ ...ticks, label: PLANE_AXES.benchmark, labelAnchor: 'center', labelArrow: 'none' }),
      axisY({ ...ticks, label: null }),
      text([PLANE_AXES.twin], { frameAnchor: 'top-left', dx: -40, dy: -24, textAnchor: 'start' }),
      ...parts.flatMap((row) => whiskers(row, false)),
      text(named, { x: 'x', y: 'y', text: 'name', dx: 6, dy: -8, textAnchor: 'start', fill: 'var(--muted)' }),
      ...whiskers(whole, true),
    ],
  });
}

/** The lower edge of the region, in points, with both sides of its steps. */
function boundary(row: ChangeRow, policy: DrawnPolicy, [low, high]: PlaneDomain) {
  const most = Math.min(high, mostChange(row.benchmark));
  const top = Math.min(high, mostChange(row.twin));
  const even = Array.from({ length: STEPS + 1 }, (_, i) => low + ((most - low) * i) / STEPS);
  const ends = [-policy['twin-accuracy'].drop, policy['shadow-delta']['minimum-gain']];
  const sides = ends.flatMap((end) => [end - BESIDE, end, end + BESIDE]).filter((x) => x > low && x < most);
  return [...even, ...sides]
    .sort((a, b) => a - b)
    .map((x) => {
      const least = Math.max(low, leastTwinChange(row, policy, x));
      const edge = least < top ? 100 * least : Number.NaN;
      return { x: 100 * x, y: 100 * Math.min(top, least), top: 100 * top, edge };
    });
}

/** The change at which all answers are right. */
const mostChange = ({ start: { share, scale } }: ChangeRow['benchmark']): number => (1 - share) / scale;

/** Too little to be seen. */
const BESIDE = 1e-6;

function whiskerMarks({ benchmark, twin }: ChangeRow, points: (share: number) => number, isWhole: boolean) {
  const [x, y] = [points(benchmark.value), points(twin.value)];
  const ends = ({ lower, upper }: Estimate) => [points(lower ?? -1), points(upper ?? 1)] as const;
  const [[left, right], [bottom, top]] = [ends(benchmark), ends(twin)];
  const color = isWhole ? 'var(--series-2)' : 'var(--muted)';
  const stroke = { stroke: color, strokeWidth: isWhole ? 2 : 1, strokeOpacity: isWhole ? 1 : 0.6 };
  return [
    link([0], { x1: left, x2: right, y1: y, y2: y, ...stroke }),
    link([0], { x1: x, x2: x, y1: bottom, y2: top, ...stroke }),
    dot([0], { x, y, r: isWhole ? 6 : 3, fill: color }),
  ];
}

/** One domain for all planes of a report, with zero and a margin. */
function planeDomain(rows: readonly ChangeRow[]): PlaneDomain {
  const estimates = rows.flatMap(({ benchmark, twin }) => [benchmark, twin]);
  const ends = estimates.flatMap(({ value, lower, upper }) => [value, lower ?? value, upper ?? value]);
  const bounded = ends.map((end) => Math.min(1, Math.max(-1, end)));
  const ceil = (x: number) => Math.ceil(x * STEP) / STEP;
  return [-ceil(-Math.min(-LEAST, ...bounded)), ceil(Math.max(LEAST, ...bounded) + MARGIN_SHARE)];
}

/** Ends at multiples of 10 points, and no less than so far from zero. */
const STEP = 10;
const LEAST = 0.1;
const MARGIN_SHARE = 0.02;
