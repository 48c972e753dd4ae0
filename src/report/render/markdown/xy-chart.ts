/** Colors of Okabe & Ito (2008), which everyone can tell apart, on white and on black. */
export const BLUE = '#0072B2';
export const GRAY = '#888888';

/**
 * A diagram in the syntax of Mermaid's XY chart. That draws no legend, gives lines no names, and lets the labels of
 * points run into each other, so the points are numbered and a caption has the rest. It contains only numbers and our
 * own words.
 */
export function xyChart({
  title,
  colors,
  x,
  y,
  series,
}: {
  readonly title: string;
  readonly colors: readonly string[];
  /** Axes and series as Mermaid writes them. */
  readonly x: string;
  readonly y: string;
  readonly series: readonly string[];
}): string {
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
