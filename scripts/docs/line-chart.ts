/** Numbers of an axis from 0. */
interface Axis {
  readonly label: string;
  readonly most: number;
  readonly step: number;
}

interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: ReadonlyArray<{
    readonly name: string;
    readonly points: ReadonlyArray<{ readonly x: number; readonly y: number }>;
  }>;
}

const WIDTH = 640;
const HEIGHT = 300;
const AREA = { left: 60, right: 20, top: 40, bottom: 50 } as const;
/** Legible on white and on dark, and apart from each other without colors by their dashes. */
const STROKES = [
  { color: '#2f81f7', dash: '' },
  { color: '#db6d28', dash: '6 4' },
] as const;
const TEXT = '#848d97';

/** A chart of lines as SVG, for a page with a light or a dark background. */
export function lineChart({ title, x, y, lines }: Chart): string {
  const [width, height] = [WIDTH - AREA.left - AREA.right, HEIGHT - AREA.top - AREA.bottom];
  const atX = (value: number) => round(AREA.left + (width * Math.min(value, x.most)) / x.most);
  const atY = (value: number) => round(AREA.top + height - (height * value) / y.most);
  const ticks = ({ most, step }: Axis) => Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
  const grid = ticks(y).map(
    (value) =>
      `<path d="M${AREA.left} ${atY(value)}h${width}" stroke="${TEXT}" stroke-opacity="0.3"/><text x="${AREA.left - 8}" y="${atY(value) + 4}" text-anchor="end">${value}</text>`,
  );
  const marks = ticks(x).map(
    (value) => `<text x="${atX(value)}" y="${HEIGHT - AREA.bottom + 18}" text-anchor="middle">${value}</text>`,
  );
  const drawn = lines.map(({ name, points }, i) => {
    const { color, dash } = STROKES[i % STROKES.length] ?? STROKES[0];
    const inside = points.filter((point) => point.x <= x.most);
    const path = inside.map((point, k) => `${k === 0 ? 'M' : 'L'}${atX(point.x)} ${atY(point.y)}`).join('');
    const dots = inside.map((point) => `<circle cx="${atX(point.x)}" cy="${atY(point.y)}" r="3" fill="${color}"/>`);
    const place = AREA.left + 12;
    const line = HEIGHT - AREA.bottom - 12 - 18 * (lines.length - 1 - i);
    const key = `<path d="M${place} ${line - 4}h24" stroke="${color}" stroke-width="2" stroke-dasharray="${dash}"/><text x="${place + 32}" y="${line}">${name}</text>`;
    return `<path d="${path}" fill="none" stroke="${color}" stroke-width="2" stroke-dasharray="${dash}"/>${dots.join('')}${key}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="sans-serif" font-size="13" fill="${TEXT}">`,
    `<title>${title}</title>`,
    `<text x="${AREA.left}" y="22" font-size="15">${title}</text>`,
    ...grid,
    ...marks,
    `<text x="${AREA.left + width / 2}" y="${HEIGHT - 10}" text-anchor="middle">${x.label}</text>`,
    `<text x="16" y="${AREA.top + height / 2}" text-anchor="middle" transform="rotate(-90 16 ${AREA.top + height / 2})">${y.label}</text>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

const round = (value: number): number => Math.round(10 * value) / 10;
