import { leastOf, mostOf } from '../../../statistics/index.ts';
import { Html, html } from '../html.ts';

/** A value of a known-good checkpoint. */
interface KnownDot {
  readonly value: number;
  /** Foreign: escaped here. */
  readonly title: string;
}

export interface StripData {
  /** In order. */
  readonly known: readonly KnownDot[];
  /** Their order is one in time, and is drawn. */
  readonly isSeries: boolean;
  readonly candidate: number;
  readonly candidateTitle: string;
  /** Color of the candidate: a level, `pass`, or `idle` where it is not judged. */
  readonly mark: string;
  /** What lies beyond either is shaded; null for no limit on that side. */
  readonly low: number | null;
  readonly high: number | null;
  /** What is beyond a limit is not calibrated, and no worse for that. */
  readonly isAside: boolean;
}

/** In units of the picture, which is scaled to its cell. */
const WIDTH = 300;
const HEIGHT = 24;
const MIDDLE = HEIGHT / 2;
/**
 * Where the limits are, in every row: what is seen lies between, and beyond a limit there is room for the candidate.
 */
const ENDS = { up: [40, 190], down: [110, 260], both: [80, 220] } as const;
/** What is further out than this is an arrow. */
const EDGE = 9;
/** Rows of a series in time, from the top. */
const FIRST = 4;
const LAST = HEIGHT - 4;
/** With more, the dots have no titles: they would be most of the page. */
const MAX_TITLED = 60;
/** Only the newest checkpoints of a longer series are drawn. */
const MAX_IN_ORDER = 300;

/**
 * Known-good checkpoints as dots and the candidate as a diamond on a line, for a cell of a table that has the numbers.
 * It is drawn without the library of the charts, whose smallest chart takes ten times as much of the page.
 * @param isTitled whether each dot says whose it is
 */
export function stripChart(data: StripData, { isTitled }: { readonly isTitled: boolean }): Html {
  const x = scaleOf(data);
  const side = data.isAside ? 'strip aside' : 'strip';
  const drawn = isTitled && data.known.length <= MAX_TITLED ? circles(data, x) : dots(data, x);
  return html`<svg class="${side}" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">${limit(data.low, x, 0)}${limit(data.high, x, WIDTH)}${drawn}${candidate(data, x)}</svg>`;
}

type Scale = (value: number) => number;

/**
 * Linear, the same for all rows with a limit on one side: the far end of what was seen at one of the ends, the limit at
 * the other.
 */
function scaleOf({ known, low, high }: StripData): Scale {
  const values = known.map(({ value }) => value);
  const [start, end] = [low ?? leastOf(values), high ?? mostOf(values)];
  const isBoth = (low === null) === (high === null);
  const [left, right] = ENDS[isBoth ? 'both' : low === null ? 'up' : 'down'];
  // All alike: a scale on which a candidate that is not stands apart.
  const width = end > start ? end - start : Math.abs(start) || 1;
  const middle = (start + end) / 2;
  return (value) => {
    const place = (left + right) / 2 + ((value - middle) / width) * (right - left);
    return Math.round(Math.min(WIDTH - EDGE, Math.max(EDGE, place)));
  };
}

function limit(value: number | null, x: Scale, edge: number): Html | null {
  if (value === null) return null;
  const place = x(value);
  return html`<path class="beyond" d="M${place} 0H${edge}V${HEIGHT}H${place}"/><path class="limit" d="M${place} 0V${HEIGHT}"/>`;
}

function heightOf({ known, isSeries }: StripData, i: number): number {
  if (!isSeries || known.length < 2) return MIDDLE;
  return Math.round(10 * (FIRST + (i / (known.length - 1)) * (LAST - FIRST))) / 10;
}

/** The oldest of a series is pale. */
function circles(data: StripData, x: Scale): Html {
  const { known, isSeries } = data;
  const marks = known.map(({ value, title }, i) => {
    const shade = isSeries
      ? html` fill-opacity="${Math.round(3 + (7 * i) / Math.max(1, known.length - 1)) / 10}"`
      : null;
    // Those of runs are in the middle, where the style puts them.
    const y = isSeries ? html` cy="${heightOf(data, i)}"` : null;
    return html`<circle cx="${x(value)}"${y}${shade}><title>${title}</title></circle>`;
  });
  const values = known.map(({ value }) => value);
  const range = `M${x(leastOf(values))} ${MIDDLE}H${x(mostOf(values))}`;
  const path = known.map(({ value }, i) => `${i === 0 ? 'M' : 'L'}${x(value)} ${heightOf(data, i)}`).join('');
  return html`<path class="${isSeries ? 'order' : 'seen'}" d="${isSeries ? path : range}"/>${marks}`;
}

/** The same as one path, a tenth as long: round ends of lines of no length. */
function dots(data: StripData, x: Scale): Html {
  const marks = data.isSeries
    ? data.known.map(({ value }, i) => `M${x(value)} ${heightOf(data, i)}z`).slice(-MAX_IN_ORDER)
    : // Steps are shorter than places.
      stepsOf(data.known.map(({ value }) => x(value))).map(
        (step, i) => `${i === 0 ? `M${step} ${MIDDLE}` : `m${step} 0`}z`,
      );
  return html`<path class="dots" d="${Html.trusted(marks.join(''))}"/>`;
}

/** The least, and from each to the next. */
function stepsOf(places: readonly number[]): number[] {
  const sorted = [...new Set(places)].sort((a, b) => a - b);
  return sorted.map((place, i) => place - (sorted[i - 1] ?? 0));
}

function candidate({ candidate: value, candidateTitle, mark }: StripData, x: Scale): Html {
  const place = x(value);
  const shape = place <= EDGE ? 'l9-8v16z' : place >= WIDTH - EDGE ? 'l-9-8v16z' : 'm0-8l8 8-8 8-8-8z';
  const start = place <= EDGE ? 1 : place >= WIDTH - EDGE ? WIDTH - 1 : place;
  const title = candidateTitle === '' ? html`/>` : html`><title>${candidateTitle}</title></path>`;
  const color = mark === 'idle' ? null : ` ${mark}`;
  return html`<path class="candidate${color}" d="M${start} ${MIDDLE}${shape}"${title}`;
}
