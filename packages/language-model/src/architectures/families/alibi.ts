/**
 * The slopes of ALiBi, one per head (Press et al. 2022, arXiv 2108.12409): in a geometric sequence; for a number of
 * heads that is not a power of two, the others are every other one of the next.
 */
export function alibiSlopes(heads: number): number[] {
  const power = 2 ** Math.floor(Math.log2(heads));
  const base = (count: number) => 2 ** -(2 ** -(Math.log2(count) - 3));
  const slopes = Array.from({ length: power }, (_, i) => base(power) ** (i + 1));
  const more = Array.from({ length: heads - power }, (_, i) => base(2 * power) ** (2 * i + 1));
  return [...slopes, ...more];
}
