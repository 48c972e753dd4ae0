import { at } from '@shadow-gate/platform';
import { linearRegression } from 'simple-statistics';
import { arithmeticMean } from './descriptive.ts';

export interface LeaveOneOutLine {
  readonly slope: number;
  readonly intercept: number;
  /** Distance of each point from the line through all others. */
  readonly residuals: readonly number[];
  /** Root mean square of the residuals; `errorOfMean`: the same, from the mean of all others instead of the line. */
  readonly error: number;
  readonly errorOfMean: number;
}

/**
 * A straight line by least squares, and how far off it would have been at each point had it not been seen (PRESS
 * residuals: Allen 1974, Technometrics 16:125).
 * @param x not all alike, also without any one of them; three or more
 */
export function leaveOneOutLine(x: readonly number[], y: readonly number[]): LeaveOneOutLine {
  const points = x.map((value, i): [number, number] => [value, at(y, i)]);
  const { m: slope, b: intercept } = linearRegression(points);
  const others = (index: number) => points.filter((_, i) => i !== index);
  const residuals = points.map(([value, observed], i) => {
    const line = linearRegression(others(i));
    return observed - (line.m * value + line.b);
  });
  const fromMean = points.map(([, observed], i) => observed - arithmeticMean(others(i).map(([, other]) => other)));
  return { slope, intercept, residuals, error: rootMeanSquare(residuals), errorOfMean: rootMeanSquare(fromMean) };
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(arithmeticMean(values.map((value) => value * value)));
}
