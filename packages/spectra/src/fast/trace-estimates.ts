import { at } from '@shadow-gate/platform';
import { type Bounded, bounded, exactly } from '../bounded.ts';
import { unchecked } from '../unchecked.ts';
import type { Quadrature, SpectralDensity } from './spectral-density.ts';

/** −ln of the probability that a trace is outside its bounds on one side. */
const RISK_EXPONENT = 15;

/** Points of an interval at which the largest absolute value of a function is searched. */
const GRID = 256;

/** Allowance for the norm of the remainder, itself estimated by the quadrature. */
const NORM_ALLOWANCE = 1.1;

/** Facts about an operator S ⪰ 0 without probe vectors. */
interface KnownTraces {
  /** Tr I. */
  readonly size: number;
  /** Tr S. */
  readonly trace: number;
  /** No eigenvalue is larger. */
  readonly upperBound: number;
  /** Tr S²; null if unknown. */
  readonly square: Bounded | null;
}

/** Gaussian probe vectors ω that were multiplied by S only twice. */
export interface ProbeMoments {
  readonly vectors: number;
  /** Σ ωᵀ·Sʲ·ω for j = 0 … 4. */
  readonly moments: readonly number[];
}

/** The highest power of S in the moments of probe vectors that were multiplied twice. */
const MOST_DEGREE = 4;

/** All probe vectors of an operator: a few from block Lanczos, and many that were multiplied twice. */
interface TraceProbes {
  readonly deep: SpectralDensity;
  readonly shallow: ProbeMoments;
}

/** Part of the weights of a sum of independent χ²₁ − 1: a function of the eigenvalues, for some probe vectors. */
interface Part {
  readonly vectors: number;
  weight(eigenvalue: number): number;
}

/**
 * Bound of the error of an estimate by Gaussian probe vectors. For a Gaussian ω, ωᵀ·r(S)·ω − Tr r(S) is a sum of
 * independent χ²₁ − 1 with weights r(λᵢ). With weights a it is outside ±(2‖a‖₂√t + 2‖a‖_∞·t) with a probability of at
 * most e⁻ᵗ on either side (Laurent & Massart 2000, Ann. Statist. 28(5), lemma 1). The probe vectors estimate ‖a‖₂, and
 * the same lemma bounds it.
 */
function deviation(density: SpectralDensity, parts: readonly Part[], upperBound: number): number {
  let squared = 0;
  let largest = 0;
  for (const { vectors, weight } of parts) {
    if (vectors === 0) continue;
    squared += (vectors * integrate(density.gauss, (x) => weight(x) ** 2)) / density.vectors;
    largest = Math.max(largest, largestOn(weight, upperBound));
  }
  const t = RISK_EXPONENT;
  const spread = largest * Math.sqrt(t);
  const norm = spread + Math.sqrt(Math.max(0, squared) * NORM_ALLOWANCE + spread * spread);
  return 2 * norm * Math.sqrt(t) + 2 * largest * t;
}

/** Tr S² minus the trace of its best line: only probe vectors reveal it. */
function squareRemainder({ deep, shallow }: TraceProbes) {
  const line = fitPolynomial(deep.gauss, (x) => x * x, 1);
  const remainder = (x: number) => x * x - line(x);
  const sum = integrate(deep.gauss, remainder) + at(shallow.moments, 2) - line.trace(shallow.moments);
  const vectors = deep.vectors + shallow.vectors;
  return { line, remainder, vectors, estimate: sum / vectors };
}

/** Tr S² of an operator with known Tr I and Tr S. */
export function squareTrace(probes: TraceProbes, { size, trace, upperBound }: KnownTraces): Bounded {
  const { line, remainder, estimate, vectors } = squareRemainder(probes);
  const error = deviation(probes.deep, [{ vectors, weight: (x) => remainder(x) / vectors }], upperBound);
  const middle = estimate + line.trace([size, trace]);
  // Certain in any case: by Cauchy–Schwarz, and because no eigenvalue exceeds the upper bound.
  return within(trace ** 2 / size, upperBound * trace, middle - error, middle + error);
}

export function xLogX(x: number): number {
  return x > 0 ? x * Math.log(x) : 0;
}

/** Tr S·ln S of an operator with known Tr I and Tr S, and perhaps Tr S². */
export function entropyTrace(probes: TraceProbes, known: KnownTraces): Bounded {
  const { size, trace, upperBound, square } = known;
  if (!(trace > 0)) return bounded(0, 0);
  const byLine = entropyEstimate(probes, upperBound, [exactly(size), exactly(trace)]);
  // Rounding may leave little of the square.
  const bySquare = square ? entropyEstimate(probes, upperBound, [exactly(size), exactly(trace), square]) : byLine;
  const { low, high } = bySquare.high - bySquare.low < byLine.high - byLine.low ? bySquare : byLine;
  // x·ln x is convex: smallest if all eigenvalues are equal, largest if each is 0 or the upper bound.
  return within(trace * Math.log(trace / size), trace * Math.log(upperBound), low, high);
}

/**
 * Tr S·ln S as a sum of three terms: its best polynomial in the powers with `known` traces (Tr I, Tr S, …); the step to
 * its best polynomial, from all probe vectors; and the small rest, from the deep ones.
 */
function entropyEstimate({ deep, shallow }: TraceProbes, upperBound: number, known: readonly Bounded[]) {
  const line = fitPolynomial(deep.gauss, xLogX, known.length - 1);
  // A Gauss–Radau rule of s blocks is exact up to degree 2s − 2, and an upper bound for x·ln x minus such a polynomial.
  const best = fitPolynomial(deep.gauss, xLogX, Math.min(MOST_DEGREE, 2 * deep.blocks - 2));
  const count = deep.vectors + shallow.vectors;
  const bend = (x: number) => best(x) - line(x);
  const rest = (x: number) => xLogX(x) - best(x);
  const bends = integrate(deep.gauss, bend) + best.trace(shallow.moments) - line.trace(shallow.moments);
  const parts = [
    { vectors: deep.vectors, weight: (x: number) => rest(x) / deep.vectors + bend(x) / count },
    { vectors: shallow.vectors, weight: (x: number) => bend(x) / count },
  ];
  const error = deviation(deep, parts, upperBound);
  const middle = line.trace(known.map(({ value }) => value)) + bends / count;
  const widths = known.map(({ low, high }, i) => (Math.abs(at(line.coefficients, i)) * (high - low)) / 2);
  const uncertain = widths.reduce((sum, width) => sum + width, 0);
  return {
    low: middle + integrate(deep.gauss, rest) / deep.vectors - error - uncertain,
    high: middle + integrate(deep.radau, rest) / deep.vectors + error + uncertain,
  };
}

/** Gap between the two quadratures of Tr S·ln S. */
export function quadratureGap({ vectors, gauss, radau }: SpectralDensity): number {
  return (integrate(radau, xLogX) - integrate(gauss, xLogX)) / vectors;
}

function within(least: number, most: number, low: number, high: number): Bounded {
  return bounded(Math.min(most, Math.max(least, low)), Math.max(least, Math.min(most, high)));
}

function integrate({ nodes, weights }: Quadrature, f: (x: number) => number): number {
  let sum = 0;
  for (let i = 0; i < nodes.length; i += 1) sum += unchecked(weights, i) * f(unchecked(nodes, i));
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
  const one = () => 1;
  const mass = inner(one, one);
  for (let power = 0; power <= degree; power += 1) {
    const next = new Array<number>(degree + 1).fill(0);
    next[power] = 1;
    for (const other of basis) {
      const share =
        inner(evaluator(next, scale), evaluator(other, scale)) /
        inner(evaluator(other, scale), evaluator(other, scale));
      other.forEach((value, i) => {
        next[i] = at(next, i) - share * value;
      });
    }
    const norm = inner(evaluator(next, scale), evaluator(next, scale));
    // With few nodes, the rest of a higher power is rounding.
    if (!(norm > 1e-12 * mass)) break;
    const share = inner(f, evaluator(next, scale)) / norm;
    next.forEach((value, i) => {
      coefficients[i] = at(coefficients, i) + (share * value) / scale ** i;
    });
    basis.push(next);
  }
  return Object.assign(evaluator(coefficients, 1), {
    coefficients,
    trace: (powers: readonly number[]) => coefficients.reduce((sum, c, i) => sum + c * at(powers, i), 0),
  });
}

function evaluator(coefficients: readonly number[], scale: number) {
  return (x: number) => coefficients.reduceRight((sum, c) => sum * (x / scale) + c, 0);
}
