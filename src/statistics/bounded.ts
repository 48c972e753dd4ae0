/** A number that is not known exactly, and between which two it lies: low ≤ value ≤ high. */
export interface Bounded {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Known exactly (but for rounding), or between two bounds. */
export type MaybeBounded = number | Bounded;

export function numberOf(measured: MaybeBounded): number {
  return typeof measured === 'number' ? measured : measured.value;
}

export function lowOf(measured: MaybeBounded): number {
  return typeof measured === 'number' ? measured : measured.low;
}

export function highOf(measured: MaybeBounded): number {
  return typeof measured === 'number' ? measured : measured.high;
}

/**
 * A function that rises with each of its arguments, of numbers that may have bounds: a median, a weighted mean.
 * @returns a plain number if all arguments are; null where the function gives that
 */
export function increasing(
  measured: readonly MaybeBounded[],
  summary: (values: number[]) => number | null,
): MaybeBounded | null {
  const value = summary(measured.map(numberOf));
  if (value === null || measured.every((item) => typeof item === 'number')) return value;
  const [low, high] = [summary(measured.map(lowOf)), summary(measured.map(highOf))];
  return { value, low: low ?? value, high: high ?? value };
}

/** a ÷ b of positive numbers. */
export function quotient(a: MaybeBounded, b: MaybeBounded): MaybeBounded {
  const value = numberOf(a) / numberOf(b);
  if (typeof a === 'number' && typeof b === 'number') return value;
  return { value, low: lowOf(a) / highOf(b), high: highOf(a) / lowOf(b) };
}

/** a − b as far as it is certain: the one of the possible differences that is nearest to 0. */
export function certainDifference(a: MaybeBounded, b: MaybeBounded): number {
  const [rise, fall] = [lowOf(a) - highOf(b), lowOf(b) - highOf(a)];
  return rise > 0 ? rise : fall > 0 ? -fall : 0;
}

/** a − b of the values; 0 where the bounds overlap, since that is no difference. */
export function difference(a: MaybeBounded, b: MaybeBounded): number {
  return certainDifference(a, b) === 0 ? 0 : numberOf(a) - numberOf(b);
}
