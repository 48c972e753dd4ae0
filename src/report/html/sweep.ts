import { ruleX, ruleY } from '@observablehq/plot';
import { DOCS_URL } from '@shadow-gate/platform';
import type { CheckedRow, Sweep, SweepRow } from '../../compare/sweep/index.ts';
import { chart } from '../render/html/chart.ts';
import { checkpointTable } from '../render/html/checkpoint-table.ts';
import { pageDocument } from '../render/html/document.ts';
import { type Html, html } from '../render/html/html.ts';
import { icon } from '../render/html/icon.ts';
import { axes, FRAME, legend, lineOf } from '../render/html/line-chart.ts';
import { phraseHtml } from '../render/html/phrase.ts';
import { formatNumber, formatPercentTick, formatTick } from '../text/numbers.ts';
import { bestSentence, countsSentence, spectrumHeads, sweepNotes, sweepNumbers, sweepUnits } from '../text/sweep.ts';
import methodStyle from './page/method.css' with { type: 'text' };
import overviewStyle from './page/overview.css' with { type: 'text' };
import reportStyle from './page/report.css' with { type: 'text' };
import sweepStyle from './page/sweep.css' with { type: 'text' };
import trendStyle from './page/trend.css' with { type: 'text' };

/** All checkpoints on one page, which links to their reports in the folders next to it. */
export function renderSweepHtml(sweep: Sweep, { docs = DOCS_URL }: { readonly docs?: string } = {}): string {
  const trend = charts(sweep);
  return pageDocument({
    verdict: sweep.verdict,
    heading: 'Shadow Gate sweep',
    parts: [
      { id: 'checkpoints', title: 'Checkpoints', body: overview(sweep, docs) },
      ...(trend === null ? [] : [{ id: 'trend', title: 'Trend', body: trend }]),
    ],
    style: [reportStyle, overviewStyle, methodStyle, trendStyle, sweepStyle].join('\n'),
    script: '',
  });
}

function overview(sweep: Sweep, docs: string): Html {
  const best = bestSentence(sweep);
  const notes = sweepNotes(sweep).map((note) => html`<li>${phraseHtml(note, docs)}</li>\n`);
  const top = sweep.best?.name ?? sweep.best?.top;
  const mark = sweep.best?.name == null ? 'highest' : 'best';
  const columns = sweep.checkpoints.map((row) => ({
    name: linked(row),
    verdict: row.verdict,
    marks: row.name === top ? [mark] : [],
    isBest: row.name === top,
  }));
  const numbers = sweepNumbers(sweep, { hasRoom: true });
  const reasons = sweep.checkpoints.map(
    (row) => html`<li>${icon(row.verdict)}<span><b>${row.name}</b> ${row.message}</span></li>\n`,
  );
  return html`<div class="verdict ${sweep.verdict}"><div><p class="sentence">${countsSentence(sweep)}</p>${best === null ? null : html`<p>${phraseHtml(best, docs)}</p>`}</div></div>
${notes.length === 0 ? null : html`<ul>${notes}</ul>`}
${checkpointTable({ label: 'All checkpoints', columns, numbers })}
<p class="note">${sweepUnits(sweep)} Each verdict is that of the checkpoint alone. <a href="${docs}/reference/cli.md#sweep">What the numbers are</a></p>
<h3>Why</h3><ul class="findings">${reasons}</ul>`;
}

const linked = ({ name, status }: SweepRow): Html =>
  status === 'checked' ? html`<a href="${encodeURIComponent(name)}/report.html">${name}</a>` : html`${name}`;

/** A line needs two points. */
const FEWEST = 2;

type Point = Readonly<{ x: number; row: CheckedRow }>;

/** Over steps or, without them, places in the table. */
function charts({ checkpoints }: Sweep): Html | null {
  const areSteps = checkpoints.every(({ step }) => step !== null);
  const points = checkpoints.flatMap((row, i) =>
    row.status === 'checked' ? [{ x: areSteps ? (row.step ?? 0) : i + 1, row }] : [],
  );
  const over = areSteps ? 'steps' : 'checkpoints, in the order of the table';
  const drawn = [accuracies(points, over), shadowDeltas(points, over), spectra(points, over)].filter(
    (part) => part !== null,
  );
  if (drawn.length === 0) return null;
  return html`<p class="note">Over ${over}. A bar is the interval of a change, a dashed line the baseline.</p><div class="charts">${drawn}</div>`;
}

interface Series {
  readonly name: string;
  readonly color: string;
  readonly points: ReadonlyArray<{ x: number; y: number; lower: number | null; upper: number | null }>;
  readonly baseline: number | null;
}

interface Axes {
  readonly title: string;
  readonly over: string;
  readonly tick: (value: number) => string;
}

function drawLines(series: readonly Series[], { title, over, tick }: Axes): Html | null {
  const shown = series.filter(({ points }) => points.length >= FEWEST);
  if (shown.length === 0) return null;
  const xs = [...new Set(shown.flatMap(({ points }) => points.map(({ x }) => x)))];
  return chart({
    ...FRAME,
    marginRight: MARGIN_RIGHT,
    label: `${title} over ${xs.length} ${over}`,
    caption: html`<strong>${title}</strong>${shown.length > 1 ? shown.map(({ color, name }) => legend(color, name)) : null}`,
    style: { fontSize: '12px' },
    y: { nice: true },
    marks: [
      ...axes(tick, xs.length > MOST_TICKS ? undefined : xs),
      ...shown.flatMap(({ points, baseline, color }) => [
        ...(baseline === null ? [] : [ruleY([baseline], { stroke: color, strokeDasharray: '5 4' })]),
        ruleX(
          points.filter(({ lower, upper }) => lower !== null && upper !== null),
          { x: 'x', y1: 'lower', y2: 'upper', stroke: color, strokeOpacity: 0.5, strokeWidth: 2 },
        ),
        ...lineOf(points, { x: 'x', y: 'y' }, color),
      ]),
    ],
  });
}

/** Half of the label of the last step. */
const MARGIN_RIGHT = 22;

/** More labels would touch. */
const MOST_TICKS = 6;

function accuracies(points: readonly Point[], over: string): Html | null {
  const of = (key: 'benchmark' | 'twin', name: string, color: string) => {
    const having = points.flatMap(({ x, row }) => (row[key] === null ? [] : [{ x, accuracy: row[key] }]));
    return {
      name,
      color,
      baseline: having[0] === undefined ? null : 100 * having[0].accuracy.baseline,
      points: having.map(({ x, accuracy: { baseline, candidate, change } }) => ({
        x,
        y: 100 * candidate,
        lower: change.lower === null ? null : 100 * Math.max(0, baseline + change.lower),
        upper: change.upper === null ? null : 100 * Math.min(1, baseline + change.upper),
      })),
    };
  };
  const both = [of('benchmark', 'exam', 'var(--series-2)'), of('twin', 'other forms', 'var(--series-1)')];
  return drawLines(both, { title: 'Accuracy', over, tick: formatPercentTick });
}

function shadowDeltas(points: readonly Point[], over: string): Html | null {
  const share = (value: number | null) => value && 100 * value;
  const measured = points.flatMap(({ x, row: { shadowDelta } }) =>
    shadowDelta === null
      ? []
      : [{ x, y: 100 * shadowDelta.value, lower: share(shadowDelta.lower), upper: share(shadowDelta.upper) }],
  );
  const series = { name: 'shadow delta', color: 'var(--series-4)', points: measured, baseline: 0 };
  return drawLines([series], { title: 'Shadow delta, in points', over, tick: formatTick });
}

/** The headline that most checkpoints have. */
function spectra(points: readonly Point[], over: string): Html | null {
  const all = spectrumHeads({ checkpoints: points.map(({ row }) => row) }).map(({ metric, of, head }) => ({
    head,
    own: points.flatMap(({ x, row: { spectrum } }) =>
      spectrum?.metric === metric && spectrum.of === of ? [{ x, spectrum }] : [],
    ),
  }));
  const [most] = all.sort((a, b) => b.own.length - a.own.length);
  if (most === undefined) return null;
  const measured = most.own.map(({ x, spectrum: { candidate } }) => ({ x, y: candidate, lower: null, upper: null }));
  const baseline = most.own[0]?.spectrum.baseline ?? null;
  const series = { name: most.head, color: 'var(--series-3)', points: measured, baseline };
  return drawLines([series], { title: most.head, over, tick: formatNumber });
}
