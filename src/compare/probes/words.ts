import type { Estimate } from './comparison.ts';

/** A share as percentage points: 0.083 → `8.3 points`. */
export function points(share: number): string {
  return `${(100 * share).toFixed(1)} points`;
}

/** A share as per cent: 0.869 → `86.9 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** `p = 0.012`, `p < 0.0001`. */
export function probability(p: number): string {
  return p < 0.0001 ? 'p < 0.0001' : `p = ${p < 0.001 ? p.toFixed(4) : p.toFixed(3)}`;
}

/** `0.32 (0.24 to 0.41)`; a bound of null is open. */
export function withInterval({ value, lower, upper }: Estimate, show: (value: number) => string, unit = ''): string {
  const ends = `${lower === null ? '−∞' : show(lower)} to ${upper === null ? '∞' : show(upper)}`;
  return `${show(value)}${unit} (${ends})`;
}
