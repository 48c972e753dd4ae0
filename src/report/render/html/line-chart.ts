import { axisX, axisY, dot, gridY, line } from '@observablehq/plot';
import { formatInteger } from '../../text/numbers.ts';
import { type Html, html } from './html.ts';

/** Three of them stand side by side, and one fits a phone. */
export const FRAME = {
  width: 344,
  height: 222,
  marginLeft: 44,
  marginRight: 10,
  marginTop: 10,
  marginBottom: 38,
} as const;

const TICKS = 4;

/** @param ticks labeled whole numbers on the axis of x; about four values by default */
export const axes = (tick: (value: number) => string, ticks?: readonly number[]) => [
  gridY({ ticks: TICKS, stroke: 'var(--line)', strokeOpacity: 1 }),
  axisY({ ticks: TICKS, tickSize: 0, label: null, tickFormat: tick }),
  axisX({
    ...(ticks === undefined ? { ticks: TICKS } : { ticks: [...ticks], tickFormat: formatInteger }),
    ...{ tickSize: 0, label: null },
  }),
];

export function lineOf<Point>(
  points: readonly Point[],
  { x, y }: { readonly x: keyof Point & string; readonly y: keyof Point & string },
  color: string,
) {
  return [line([...points], { x, y, stroke: color, strokeWidth: 2 }), dot([...points], { x, y, fill: color, r: 2.5 })];
}

export const legend = (color: string, name: string): Html =>
  html` <span class="key"><svg viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="5" fill="${color}"/></svg>${name}</span>`;
