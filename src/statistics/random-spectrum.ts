import { at } from '@shadow-gate/platform';
import { bisect } from './bisect.ts';

/** Nodes of the integral over the spectrum. With these, quantiles are right to five digits or more. */
const NODES = 2000;

/**
 * Singular values of a random matrix of shape [m, n] with independent entries of mean 0 and one variance or, with
 * `inner`, of the product of two such matrices, [m, r] and [r, n]. They are large-dimension limits: quantiles of the
 * Marchenko–Pastur law (Marchenko & Pastur 1967) and of its free product (Burda, Jarosz, Livan, Nowak & Swiech 2010,
 * Phys. Rev. E 82, 061114).
 *
 * With N₀ the smallest of the dimensions, and c₁, c₂ its ratios to the others, the squared singular values, scaled to
 * mean 1, are where z = ρ·e^{iφ} makes λ = (1 + z)(1 + c₁z)(1 + c₂z)/z real, and their density is ρ·sin φ/(πλ). The
 * order of the dimensions does not matter. Without a second matrix c₂ is 0 and ρ = c₁^(−½), which is Marchenko and
 * Pastur's result.
 *
 * @param shape [m, n]
 * @param inner r; null: not a product
 * @returns σᵢ ÷ ‖A‖_F as a function of the rank i, from 1 (real numbers between ranks are allowed); 0 above N₀
 */
export function randomSpectrum([m, n]: readonly [number, number], inner: number | null = null) {
  const dimensions = [m, n, ...(inner === null ? [] : [inner])].sort((a, b) => a - b);
  const smallest = at(dimensions, 0);
  const [c1 = 0, c2 = 0] = dimensions.slice(1).map((size) => smallest / size);
  const { values, above } = distribution(c1, c2);
  return (rank: number): number => {
    if (rank > smallest) return 0;
    return Math.sqrt(interpolate((rank - 0.5) / smallest, above, values) / smallest);
  };
}

/** Eigenvalues λ in descending order, and the share of all eigenvalues above each. */
function distribution(c1: number, c2: number) {
  const nodes = Array.from({ length: NODES + 1 }, (_, i) => pointAt((Math.PI * i) / NODES, c1, c2));
  const values = nodes.map(({ lambda }) => lambda);
  const above = [0];
  for (let i = 0; i < NODES; i += 1) {
    const { lambda, imaginary } = pointAt((Math.PI * (i + 0.5)) / NODES, c1, c2);
    const step = at(values, i) - at(values, i + 1);
    above.push(at(above, i) + (imaginary / (Math.PI * lambda)) * step);
  }
  const total = at(above, NODES);
  return { values, above: above.map((mass) => mass / total) };
}

/** The point of the curve at the angle φ: λ is real where 2c₁c₂ cos φ·ρ³ + (c₁ + c₂ + c₁c₂)ρ² = 1. */
function pointAt(angle: number, c1: number, c2: number) {
  const [s1, s2, s3] = [1 + c1 + c2, c1 + c2 + c1 * c2, c1 * c2];
  const cosine = Math.cos(angle);
  const flat = 1 / Math.sqrt(s2);
  // Where the cosine is negative there are two roots, and the smaller one belongs to the curve.
  const end = cosine < 0 && s3 > 0 ? s2 / (3 * s3 * -cosine) : flat;
  const isBelow = (rho: number) => 2 * s3 * cosine * rho ** 3 + s2 * rho ** 2 < 1;
  const rho = s3 === 0 ? flat : bisect(0, end, isBelow);
  const lambda = cosine / rho + s1 + s2 * rho * cosine + s3 * rho ** 2 * Math.cos(2 * angle);
  return { lambda: Math.max(0, lambda), imaginary: rho * Math.sin(angle) };
}

/** y at x, between the nodes (xs ascending). */
function interpolate(x: number, xs: readonly number[], ys: readonly number[]): number {
  let [low, high] = [0, xs.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (at(xs, middle) <= x) low = middle;
    else high = middle;
  }
  const [from, to] = [at(xs, low), at(xs, high)];
  const share = to > from ? (x - from) / (to - from) : 0;
  return at(ys, low) + share * (at(ys, high) - at(ys, low));
}
