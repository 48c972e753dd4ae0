interface Bars {
  readonly title: string;
  readonly series: readonly [string, string];
  readonly rows: ReadonlyArray<{ readonly label: string; readonly values: readonly number[] }>;
}

const WIDTH = 640;
const LEFT = 240;
const RIGHT = 60;
const TOP = 56;
const BAR = 13;
const ROW = 2 * BAR + 12;
const COLORS = ['#db6d28', '#2f81f7'] as const;
const TEXT = '#848d97';

/** Two bars a row as SVG, each with its number, for a page with a light or a dark background. */
export function barChart({ title, series, rows }: Bars): string {
  const most = Math.max(...rows.flatMap(({ values }) => values));
  const scale = (WIDTH - LEFT - RIGHT) / most;
  const height = TOP + rows.length * ROW;
  const bars = rows.flatMap(({ label, values }, i) => [
    `<text x="${LEFT - 8}" y="${TOP + i * ROW + BAR + 4}" text-anchor="end">${label}</text>`,
    ...values.map((value, k) => {
      const y = TOP + i * ROW + k * BAR;
      const length = Math.max(1, Math.round(value * scale));
      return `<rect x="${LEFT}" y="${y}" width="${length}" height="${BAR - 2}" fill="${COLORS[k] ?? TEXT}"/><text x="${LEFT + length + 6}" y="${y + BAR - 3}" font-size="11">${value.toFixed(value < 10 ? 2 : 1)}</text>`;
    }),
  ]);
  const key = series.map(
    (name, k) =>
      `<rect x="${LEFT + 90 * k}" y="34" width="12" height="${BAR - 2}" fill="${COLORS[k] ?? TEXT}"/><text x="${LEFT + 18 + 90 * k}" y="44">${name}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="sans-serif" font-size="13" fill="${TEXT}">`,
    `<title>${title}</title>`,
    `<text x="12" y="20" font-size="15">${title}</text>`,
    ...key,
    ...bars,
    '</svg>\n',
  ].join('\n');
}
