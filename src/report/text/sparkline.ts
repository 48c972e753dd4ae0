const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
/** No direction: below the 10⁻⁶ σ₁ at which `rank` stops counting. */
const NOTHING = '·';
const RANK_TOLERANCE = 1e-6;

/**
 * The shape of a spectrum as text: `values` are σ/σ₁ in descending order, from 1 to perhaps 0.
 *
 * The scale is logarithmic, and one step down is a halving of σ: █ is σ₁, ▇ half of it, … ▁ a 128th or less, · nothing.
 * A spike is a cliff after the first bar (`█▄▄▄▄▃▃▂`), a spread update a plateau (`███▇▇▇▆▅`), a heavy tail an even
 * slope (`█▇▆▅▄▃▂▁`), an adapter of low rank an end (`█▇▆▆····`).
 *
 * @param width at most so many bars; more values are thinned evenly, first and last kept
 */
export const sparkline = (values: readonly number[], width = 16): string => thin(values, width).map(bar).join('');

function bar(value: number): string {
  if (!(value > RANK_TOLERANCE)) return NOTHING;
  const top = BARS.length - 1;
  return BARS[Math.min(top, Math.max(0, Math.round(top + Math.log2(value))))] ?? NOTHING;
}

function thin(values: readonly number[], width: number): readonly number[] {
  if (values.length <= width) return values;
  const step = (values.length - 1) / (width - 1);
  return Array.from({ length: width }, (_, i) => values[Math.round(i * step)] ?? 0);
}
