import { type Bounded, bounded } from '../../statistics/bounded.ts';
import { at } from '../unchecked.ts';
import type { Density, Quadrature } from './spectral-density.ts';

/** −ln of the chance that a trace leaves its bracket on one side. */
const RISK_EXPONENT = 15;

/** Points at which the largest size of a function on an interval is looked up. */
const GRID = 256;

/** Allowance for the norm of the remainder, which comes from the quadrature too. */
const NORM_ALLOWANCE = 1.1;

/** What is known of an operator S ⪰ 0 besides its probes. */
export interface Known {
  /** Tr I. */
  readonly size: number;
  /** Tr S. */
  readonly trace: number;
  /** No eigenvalue is larger. */
  readonly ceiling: number;
}

/** Two products of further probes ω with S. */
export interface ShallowProbes {
  readonly probes: number;
  /** Σ ωᵀ·Sʲ·ω for j = 0 … 4. */
  readonly moments: readonly number[];
}

/** The highest power of S that the shallow probes tell. */
const MOST_DEGREE = 4;

/** All random probes of an operator. */
export interface Probes {
  readonly deep: Density;
  readonly shallow: ShallowProbes;
}

/** A part of the weights of a sum of independent χ²₁ − 1: a function of the eigenvalues, for so many probes. */
interface Part {
  readonly probes: number;
  weight(eigenvalue: number): number;
}

/**
 * How far an estimate by Gaussian probes may be off. For a Gaussian ω, ωᵀ·r(S)·ω − Tr r(S) is a sum of independent
 * χ²₁ − 1 with weights r(λᵢ). With weights a it leaves ±(2‖a‖₂√t + 2‖a‖_∞·t) with a chance of at most e⁻ᵗ on either
 * side (Laurent & Massart 2000, Ann. Statist. 28(5), lemma 1). The probes give an estimate of ‖a‖₂, and the same lemma an
 * upper bound of it.
 */
function deviation(density: Density, parts: readonly Part[], ceiling: number): number {
  let squared = 0;
  let largest = 0;
  for (const { probes, weight } of parts) {
    if (probes === 0) continue;
    squared += (probes * integrate(density.gauss, (x) => weight(x) ** 2)) / density.probes;
    largest = Math.max(largest, largestOn(weight, ceiling));
  }
  const t = RISK_EXPONENT;
  const spread = largest * Math.sqrt(t);
  const norm = spread + Math.sqrt(Math.max(0, squared) * NORM_ALLOWANCE + spread * spread);
  return 2 * norm * Math.sqrt(t) + 2 * largest * t;
}

/** Tr (S² − its best line), which only probes tell. */
function squareRemainder({ deep, shallow }: Probes) {
  const line = fitPolynomial(deep.gauss, (x) => x * x, 1);
  const remainder = (x: number) => x * x - line(x);
  const sum = integrate(deep.gauss, remainder) + (shallow.moments[2] ?? 0) - line.trace(shallow.moments);
  const probes = deep.probes + shallow.probes;
  return { line, remainder, probes, estimate: sum / probes };
}

/** Tr S² of an operator with known Tr I and Tr S. */
export function squareTrace(probes: Probes, { size, trace, ceiling }: Known): Bounded {
  const { line, remainder, estimate, probes: count } = squareRemainder(probes);
  const error = deviation(probes.deep, [{ probes: count, weight: (x) => remainder(x) / count }], ceiling);
  const middle = estimate + line.trace([size, trace]);
  // In any case: by Cauchy–Schwarz, and as no eigenvalue exceeds the ceiling.
  return within(trace ** 2 / size, ceiling * trace, middle - error, middle + error);
}

/** x·ln x. */
export function xLogX(x: number): number {
  return x > 0 ? x * Math.log(x) : 0;
}

/**
 * Tr S·ln S of an operator with known Tr I and Tr S, as the sum of three: its best line, which is known; from there to its
 * best polynomial, from all probes; and the small rest, from the deep probes.
 */
export function entropyTrace({ deep, shallow }: Probes, { size, trace, ceiling }: Known): Bounded {
  if (!(trace > 0)) return bounded(0, 0);
  const line = fitPolynomial(deep.gauss, xLogX, 1);
  // A Gauss–Radau rule of s blocks is exact up to degree 2s − 2, and above x·ln x less a polynomial up to there.
  const best = fitPolynomial(deep.gauss, xLogX, Math.min(MOST_DEGREE, 2 * deep.blocks - 2));
  const count = deep.probes + shallow.probes;
  const bend = (x: number) => best(x) - line(x);
  const rest = (x: number) => xLogX(x) - best(x);
  const bends = integrate(deep.gauss, bend) + best.trace(shallow.moments) - line.trace(shallow.moments);
  const error = deviation(
    deep,
    [
      { probes: deep.probes, weight: (x) => rest(x) / deep.probes + bend(x) / count },
      { probes: shallow.probes, weight: (x) => bend(x) / count },
    ],
    ceiling,
  );
  const middle = line.trace([size, trace]) + bends / count;
  // x·ln x is convex: least where all eigenvalues are equal, most where they are 0 or at the ceiling.
  return within(
    trace * Math.log(trace / size),
    trace * Math.log(ceiling),
    middle + integrate(deep.gauss, rest) / deep.probes - error,
    middle + integrate(deep.radau, rest) / deep.probes + error,
  );
}

/** How far the two quadratures of Tr S·ln S are apart. */
export function quadratureGap({ probes, gauss, radau }: Density): number {
  return (integrate(radau, xLogX) - integrate(gauss, xLogX)) / probes;
}

function within(least: number, most: number, low: number, high: number): Bounded {
  return bounded(Math.min(most, Math.max(least, low)), Math.max(least, Math.min(most, high)));
}

function integrate({ nodes, weights }: Quadrature, f: (x: number) => number): number {
  let sum = 0;
  for (let i = 0; i < nodes.length; i += 1) sum += at(weights, i) * f(at(nodes, i));
  return sum;
}

function largestOn(f: (x: number) => number, end: number): number {
  let largest = 0;
  for (let i = 0; i <= GRID; i += 1) largest = Math.max(largest, Math.abs(f((end * i) / GRID)));
  return largest;
}

interface Polynomial {
  (x: number): number;
  readonly coefficients: readonly number[];
  /** Its trace, from Tr I, Tr S, Tr S² … */
  trace(powers: readonly number[]): number;
}

/** Least squares under the weights of a quadrature, by orthogonal polynomials. */
function fitPolynomial(quadrature: Quadrature, f: (x: number) => number, degree: number): Polynomial {
  const scale = Math.max(...quadrature.nodes, Number.MIN_VALUE);
  const inner = (a: (x: number) => number, b: (x: number) => number) => integrate(quadrature, (x) => a(x) * b(x));
  /** Orthogonal polynomials of x/scale, as coefficients. */
  const basis: number[][] = [];
  const coefficients = new Array<number>(degree + 1).fill(0);
  const mass = inner(
    () => 1,
    () => 1,
  );
  for (let power = 0; power <= degree; power += 1) {
    const next = new Array<number>(degree + 1).fill(0);
    next[power] = 1;
    for (const other of basis) {
      const share =
        inner(evaluator(next, scale), evaluator(other, scale)) /
        inner(evaluator(other, scale), evaluator(other, scale));
      other.forEach((value, i) => {
        next[i] = (next[i] ?? 0) - share * value;
      });
    }
    const norm = inner(evaluator(next, scale), evaluator(next, scale));
    // Few nodes: what is left of a higher power is rounding.
    if (!(norm > 1e-12 * mass)) break;
    const share = inner(f, evaluator(next, scale)) / norm;
    next.forEach((value, i) => {
      coefficients[i] = (coefficients[i] ?? 0) + (share * value) / scale ** i;
    });
    basis.push(next);
  }
  return Object.assign(evaluator(coefficients, 1), {
    coefficients,
    trace: (powers: readonly number[]) => coefficients.reduce((sum, c, i) => sum + c * (powers[i] ?? 0), 0),
  });
}

function evaluator(coefficients: readonly number[], scale: number) {
  return (x: number) => coefficients.reduceRight((sum, c) => sum * (x / scale) + c, 0);
}
