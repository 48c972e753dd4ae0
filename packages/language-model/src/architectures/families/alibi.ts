/** The slopes of ALiBi (arXiv 2108.12409): a geometric sequence; beyond a power of two, every other one of the next. */
export function alibiSlopes(heads: number): number[] {
  const power = 2 ** Math.floor(Math.log2(heads));
  const base = (count: number) => 2 ** -(2 ** -(Math.log2(count) - 3));
  const slopes = Array.from({ length: power }, (_, i) => base(power) ** (i + 1));
  const more = Array.from({ length: heads - power }, (_, i) => base(2 * power) ** (2 * i + 1));
  return [...slopes, ...more];
}
