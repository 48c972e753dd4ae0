import { gridX, gridY } from '@observablehq/plot';
import { at } from '@shadow-gate/platform';
import { formatInteger, formatLimit } from '../../text/numbers.ts';
import { PROFILE_AXES } from '../../text/spectra.ts';
import { chart } from '../chart.ts';
import type { Html } from '../html.ts';
import type { ProfilePoint } from './profile.ts';

const WIDTH = 480;
const HEIGHT = 320;
const MARGIN = { left: 52, right: 14, top: 26, bottom: 40 };

/** Both axes of every σ-profile on the page, so that one frame serves all of them. */
interface ProfileFrame {
  /** The largest rank. */
  readonly lastRank: number;
  /** The smallest σ ÷ ‖A‖_F that is shown. */
  readonly lowest: number;
}

export interface Curve {
  readonly kind: 'candidate' | 'baseline' | 'random';
  /** Data of an SVG path; empty for none. */
  readonly path: string;
  /** It waits for a matrix that it belongs to. */
  readonly isHidden?: boolean;
}

/** Below this, a curve is noise: the smallest singular values of a square matrix are close to zero by chance. */
const LOWEST = 1e-5;
/**
 * The share of the ranks of a matrix that is drawn. The last ones fall off steeply, and would take up most of the
 * height.
 */
const SHOWN_RANKS = 0.9;

/** A frame up to this rank that has room for these profiles, their last ranks aside. */
export function profileFrame(lastRank: number, profiles: ReadonlyArray<readonly ProfilePoint[]>): ProfileFrame {
  const shown = profiles.flatMap((points) => {
    const end = points.at(-1)?.[0] ?? 0;
    return points.filter(([rank]) => rank <= SHOWN_RANKS * end || rank === 1).map(([, sigma]) => sigma);
  });
  const least = Math.max(
    LOWEST,
    shown.reduce((a, b) => Math.min(a, b), 0.5),
  );
  const decade = 10 ** Math.floor(Math.log10(least));
  return {
    lastRank: Math.max(2, lastRank),
    lowest: [5, 2, 1].map((digit) => digit * decade).find((value) => value <= least) ?? decade,
  };
}

const left = MARGIN.left;
const right = WIDTH - MARGIN.right;
const top = MARGIN.top;
const bottom = HEIGHT - MARGIN.bottom;

/** The curve through these points in pixels of the chart; it ends where it leaves the frame. */
export function curvePath(points: readonly ProfilePoint[], { lastRank, lowest }: ProfileFrame): string {
  const pixels = points.map(([rank, sigma]): [number, number] => [
    Math.round(left + (Math.log(rank) / Math.log(lastRank)) * (right - left)),
    Math.round(top + (Math.log(sigma) / Math.log(lowest)) * (bottom - top)),
  ]);
  const outside = pixels.findIndex(([, y]) => y > bottom);
  const inside = outside < 0 ? pixels : [...pixels.slice(0, outside), ...crossing(pixels, outside)];
  return inside.length === 0 ? '' : `M${inside.map(([x, y]) => `${x},${y}`).join(' ')}`;
}

/** Where the line to the first point outside meets the lower edge. */
function crossing(pixels: ReadonlyArray<readonly [number, number]>, outside: number): Array<[number, number]> {
  if (outside === 0) return [];
  const [[x0, y0], [x1, y1]] = [at(pixels, outside - 1), at(pixels, outside)];
  return [[Math.round(x0 + ((bottom - y0) / (y1 - y0)) * (x1 - x0)), bottom]];
}

/** σ-profiles on logarithmic axes. */
export function profileChart(curves: readonly Curve[], frame: ProfileFrame, label: string): Html {
  return chart({
    label,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    style: { fontSize: '12px' },
    x: {
      type: 'log',
      domain: [1, frame.lastRank],
      range: [left, right],
      label: PROFILE_AXES.x,
      ticks: 6,
      tickFormat: formatInteger,
    },
    y: {
      type: 'log',
      domain: [frame.lowest, 1],
      range: [bottom, top],
      label: PROFILE_AXES.y,
      ticks: 6,
      tickFormat: formatLimit,
    },
    marks: [
      gridX({ stroke: 'var(--line)', strokeOpacity: 1 }),
      gridY({ stroke: 'var(--line)', strokeOpacity: 1 }),
      (_index, _scales, _values, _dimensions, { document }) => {
        const group = document.createElementNS('http://www.w3.org/2000/svg', 'g');
        group.setAttribute('class', 'curves');
        for (const { kind, path, isHidden = false } of curves) {
          const drawn = document.createElementNS('http://www.w3.org/2000/svg', 'path');
          drawn.setAttribute('class', `curve ${kind}`);
          drawn.setAttribute('d', path);
          if (isHidden) drawn.setAttribute('visibility', 'hidden');
          group.appendChild(drawn);
        }
        return group;
      },
    ],
  });
}
