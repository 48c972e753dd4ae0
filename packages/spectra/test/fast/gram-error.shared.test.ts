import { expect, it } from 'vitest';
import { errorBounds, errorProbes, PROBE_VECTORS, shiftOfEntropy, shiftOfSum } from '../../src/fast/gram-error.ts';
import { Numbers } from './matrices.ts';

/** E·Ω for E = Σ eᵢ·vᵢ·vᵢᵀ with the columns of the identity, permuted, as vᵢ. */
function productsOf(eigenvalues: readonly number[]): Float64Array {
  const n = eigenvalues.length;
  return errorProbes(n).map((value, i) => value * (eigenvalues[Math.floor(i / PROBE_VECTORS)] ?? 0));
}

const numbers = new Numbers(5);
const n = 300;

it.each([
  ['one direction', Array.from({ length: n }, (_, i) => (i === 7 ? -3e-6 : 0))],
  ['all alike', new Array<number>(n).fill(1e-7)],
  ['random', Array.from({ length: n }, () => 1e-7 * numbers.gaussian())],
])('bounds the norms of an error, and not far above them: %s', (_, eigenvalues) => {
  const { spectral, frobenius } = errorBounds(productsOf(eigenvalues));
  const trueSpectral = Math.max(...eigenvalues.map(Math.abs));
  const trueFrobenius = Math.hypot(...eigenvalues);
  expect(spectral).toBeGreaterThan(trueSpectral);
  expect(frobenius).toBeGreaterThan(trueFrobenius);
  expect(frobenius).toBeLessThan(12 * trueFrobenius);
  expect(spectral).toBeLessThan(8 * trueFrobenius);
});

it('moves sums and traces of eigenvalues by at least what such an error did', () => {
  const before = Array.from({ length: n }, (_, i) => 3 / (i + 1) ** 2);
  const moves = before.map((_, i) => (i % 2 === 0 ? 1e-3 : 2e-4));
  const after = before.map((value, i) => value + (moves[i] ?? 0));
  const error = { spectral: 1e-3, frobenius: Math.hypot(...moves) };
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const top = (values: readonly number[], k: number) => sum([...values].sort((a, b) => b - a).slice(0, k));
  for (const k of [1, 8, 50]) expect(top(after, k) - top(before, k)).toBeLessThanOrEqual(shiftOfSum(error, k) + 1e-12);
  const entropy = (values: readonly number[]) => sum(values.map((x) => x * Math.log(x)));
  expect(Math.abs(entropy(after) - entropy(before))).toBeLessThan(shiftOfEntropy(error, n, 3.1));
});

it('is infinite where numbers have left the range of float32', () => {
  const products = productsOf(new Array<number>(n).fill(1e-7));
  products[100] = Number.NaN;
  expect(errorBounds(products).spectral).toBe(Number.POSITIVE_INFINITY);
});
