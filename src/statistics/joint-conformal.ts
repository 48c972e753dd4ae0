import { at } from '@shadow-gate/platform';
import { arithmeticMean, sampleDeviation } from './descriptive.ts';

/** Which deviations of a coordinate count: those above, those below, or both. */
export type ConformalSide = 'up' | 'down' | 'both';

interface JointConformal {
  /** Share of the runs, the candidate among them, whose score is at least the candidate's. */
  readonly p: number;
  /** The candidate's score must be above this for p ≤ α. */
  readonly threshold: number;
  /** The candidate's deviation in each coordinate, in standard deviations of the runs, toward the side that counts. */
  readonly deviations: readonly number[];
}

/** A spread below this share of the values is rounding: measurements have ten digits. */
const LEAST_SPREAD = 1e-8;

/** The fewest exchangeable runs whose largest score can be compared with at a level: 1/α − 1, so 19 at 5%. */
export function fewestRuns(alpha: number): number {
  return Math.ceil(1 / alpha - 1 - 1e-9);
}

/**
 * Does a candidate belong to a set of runs? One test of all coordinates together, exact at level α whatever their
 * number and however they depend on each other, if candidate and runs are exchangeable: full conformal prediction
 * (Vovk, Gammerman & Shafer 2005, §2.2; Angelopoulos & Bates 2023, §2) with the score "largest deviation from all
 * others". Each of the K + 1 is compared with the other K in the same way, in their means and standard deviations, so
 * the score is symmetric, and the rank of the candidate's among the K + 1 is uniform (or conservative, with ties). With
 * one coordinate and one side, p ≤ α means: beyond the ⌈(1 − α)(K + 1)⌉-th order statistic of the runs.
 *
 * Simulated with 20,000 draws each at α = 0.05, K = 19, one side: p ≤ α for 5.0% of candidates with one normal
 * coordinate, 5.2% with 40 independent ones, 5.0% with 40 that correlate at 0.9, 5.0% with 40 of a t distribution with
 * two degrees of freedom (standard error 0.15 points).
 * @param runs K ≥ {@link fewestRuns} rows of n coordinates each
 * @param candidate n coordinates
 * @param sides n sides
 */
export function jointConformal(
  runs: ReadonlyArray<readonly number[]>,
  candidate: readonly number[],
  sides: readonly ConformalSide[],
  alpha: number,
): JointConformal {
  if (runs.length < fewestRuns(alpha)) throw new Error(`${runs.length} runs say nothing at a level of ${alpha}`);
  const all = [...runs, candidate];
  const columns = sides.map((side, j) =>
    deviationsOf(
      all.map((row) => at(row, j)),
      side,
    ),
  );
  const deviations = columns.map((column) => at(column, runs.length));
  const score = Math.max(...deviations);
  const scores = runs.map((_, i) => Math.max(...columns.map((column) => at(column, i)))).sort((a, b) => b - a);
  const exceeding = scores.filter((other) => other >= score).length;
  const allowed = Math.floor(alpha * all.length + 1e-9);
  return { p: (1 + exceeding) / all.length, threshold: at(scores, allowed - 1), deviations };
}

/** Deviation of each value from all others, in their standard deviations. */
function deviationsOf(values: readonly number[], side: ConformalSide): number[] {
  return values.map((value, i) => {
    const others = [...values.slice(0, i), ...values.slice(i + 1)];
    const moved = (value - arithmeticMean(others)) / conformalSpread(others);
    return side === 'up' ? moved : side === 'down' ? -moved : Math.abs(moved);
  });
}

/** The standard deviation of a sample; for values equal in all digits of a measurement, the one these may hide. */
export function conformalSpread(values: readonly number[]): number {
  const rounding = LEAST_SPREAD * Math.max(...values.map(Math.abs));
  return Math.max(sampleDeviation(values), rounding, Number.MIN_VALUE);
}
