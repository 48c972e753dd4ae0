import { cell } from '@observablehq/plot';
import { capitalize } from '@shadow-gate/platform';

import { formatBounds, formatDifference, formatLimit, formatLimitChange } from '../../text/numbers.ts';
import { concentrationName, heatTitle, OUTSIDE_WORDS } from '../../text/spectra.ts';
import { chart, chartText } from '../chart.ts';
import { type Html, html } from '../html.ts';
import { type HeatCell, type HeatGrid, heatGrid } from './heat-grid.ts';
import { divergingScale, type HeatScale, sequentialScale } from './heat-scale.ts';
import type { SpectraView } from './matrices.ts';

/** `--heat-0` to `--heat-6`, `--change-0` to `--change-8`: see page/spectra.css. */
const HEAT_COLORS = 7;
const CHANGE_SIDE = 4;

/** Pixels; a chart with many layers is wider than its box, which scrolls. */
const CELL = { least: 13, most: 46, height: 24 };
const WIDTH = 720;
const MARGIN = { left: 112, right: 8, top: 8, bottom: 40 };

interface HeatMap {
  readonly title: string;
  readonly label: string;
  readonly value: (cell: HeatCell) => number | null;
  readonly scale: HeatScale;
  /** The color of a bin. */
  readonly color: (bin: number) => string;
  readonly written: (center: number) => string;
}

/** How concentrated each module type is in each layer, how that changed, and both as a table. Null without layers. */
export function heatMaps(view: SpectraView): Html | null {
  const grid = heatGrid(view);
  const name = concentrationName(view.concentration, view.of);
  const shares = grid.cells.flatMap((one) => (one.candidate === null ? [] : [centerOf(one.candidate)]));
  if (shares.length === 0) return null;
  const sequential = sequentialScale(shares, HEAT_COLORS);
  const last = Math.max(1, sequential.centers.length - 1);
  const changes = grid.cells.flatMap(({ change }) => change ?? []);
  const maps: HeatMap[] = [
    {
      title: `${capitalize(name)}, candidate`,
      label: `Heat map of the ${name} by module type and layer; the table below has its numbers`,
      value: ({ candidate }) => (candidate === null ? null : centerOf(candidate)),
      scale: sequential,
      color: (bin) => `var(--heat-${Math.round((bin / last) * (HEAT_COLORS - 1))})`,
      written: formatLimit,
    },
  ];
  if (changes.length > 0) {
    const diverging = divergingScale(changes, CHANGE_SIDE);
    const middle = (diverging.centers.length - 1) / 2;
    maps.push({
      title: `Change of the ${name}: candidate − baseline`,
      label: `Heat map of the change of the ${name} by module type and layer; the table below has its numbers`,
      value: ({ change }) => change,
      scale: diverging,
      color: (bin) => `var(--change-${CHANGE_SIDE + Math.round(((bin - middle) / middle) * CHANGE_SIDE)})`,
      written: formatLimitChange,
    });
  }
  return html`<div class="heat-maps">${maps.map((map) => heatMap(map, grid))}</div>${outsideNote(view)}${gridTable(grid)}`;
}

function outsideNote({ matrices, of }: SpectraView): Html | null {
  const isOutside = matrices.some(({ candidate }) => candidate.of === of && candidate.layer === null);
  return isOutside ? html`<p class="note">${OUTSIDE_WORDS}</p>` : null;
}

const centerOf = (value: NonNullable<HeatCell['candidate']>): number =>
  typeof value === 'number' ? value : value.value;

function heatMap({ title, label, value, scale, color, written }: HeatMap, grid: HeatGrid): Html {
  const { groups, layers, cells } = grid;
  const inner = Math.min(
    CELL.most * layers.length,
    Math.max(CELL.least * layers.length, WIDTH - MARGIN.left - MARGIN.right),
  );
  const fill = (one: HeatCell): string => {
    const known = value(one);
    return known === null ? 'var(--no-value)' : color(scale.binOf(known));
  };
  const every = Math.ceil((layers.length * 22) / inner);
  return html`<div><h4>${title}</h4>${chart({
    label,
    width: inner + MARGIN.left + MARGIN.right,
    height: groups.length * CELL.height + MARGIN.top + MARGIN.bottom,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    style: { fontSize: '12px' },
    padding: 0.08,
    x: {
      type: 'band',
      domain: [...layers],
      label: 'layer',
      tickSize: 0,
      ticks: layers.filter((_, i) => i % every === 0),
      tickFormat: String,
    },
    y: { type: 'band', domain: groups.map((group) => chartText(group)), label: null, tickSize: 0 },
    marks: [
      cell(cells, {
        x: 'layer',
        y: ({ group }: HeatCell) => chartText(group),
        fill: { value: fill, scale: null },
        title: (one: HeatCell) => heatTitle(one, chartText(one.group)),
      }),
    ],
    caption: legend(scale, color, written),
  })}</div>`;
}

function legend(scale: HeatScale, color: (bin: number) => string, written: (center: number) => string): Html {
  const keys = scale.centers.map(
    (center, bin) =>
      html`<span class="heat-key"><span class="swatch" style="background: ${color(bin)}"></span>${written(center)}</span>`,
  );
  return html`<span class="heat-legend">${keys}</span>`;
}

function gridTable({ groups, layers, cells }: HeatGrid): Html {
  const byPlace = new Map(cells.map((one) => [JSON.stringify([one.group, one.layer]), one]));
  const head = groups.map((group) => html`<th scope="col" class="number">${group}</th>`);
  const rows = layers.map((layer) => {
    const values = groups.map((group) => {
      const one = byPlace.get(JSON.stringify([group, layer]));
      const change = one?.change ?? null;
      const moved = change === null ? null : html` <small>${formatDifference(change)}</small>`;
      return html`<td class="number">${formatBounds(one?.candidate)}${moved}</td>`;
    });
    return html`<tr><th scope="row" class="number">${layer}</th>${values}</tr>\n`;
  });
  return html`<details><summary>The numbers of the heat maps</summary><div class="scroll"><table aria-label="The numbers of the heat maps"><thead><tr><th scope="col" class="number">layer</th>${head}</tr></thead><tbody>${rows}</tbody></table></div></details>`;
}
