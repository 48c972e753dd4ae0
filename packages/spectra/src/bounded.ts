/** An estimate with bounds: low ≤ value ≤ high. */
export interface Bounded {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A number known exactly (up to rounding), or only between bounds. */
export type MaybeBounded = number | Bounded;

/** The middle of two bounds, which rounding may have swapped, with the bounds. */
export function bounded(low: number, high: number): Bounded {
  const [least, most] = low <= high ? [low, high] : [high, low];
  return { value: least + (most - least) / 2, low: least, high: most };
}

export function exactly(value: number): Bounded {
  return { value, low: value, high: value };
}

/** Bounds wider than this, relative to the value, are shown as bounds: one number would pretend to a precision. */
const VAGUE = 0.05;

export function isVague(measured: MaybeBounded): measured is Bounded {
  return typeof measured !== 'number' && relativeWidth(measured) > VAGUE;
}

/** (high − low) ÷ value; high − low if the value is 0. */
export function relativeWidth({ value, low, high }: Bounded): number {
  return value === 0 ? high - low : (high - low) / value;
}

export function boundedValue(measured: MaybeBounded): number {
  return typeof measured === 'number' ? measured : measured.value;
}

export function lowerBound(measured: MaybeBounded): number {
  return typeof measured === 'number' ? measured : measured.low;
}

export function upperBound(measured: MaybeBounded): number {
  return typeof measured === 'number' ? measured : measured.high;
}

/** Applies an increasing function, such as a median, to plain or bounded numbers. @returns a plain number if all are */
export function increasing(
  measured: readonly MaybeBounded[],
  summary: (values: number[]) => number | null,
): MaybeBounded | null {
  const value = summary(measured.map(boundedValue));
  if (value === null || measured.every((item) => typeof item === 'number')) return value;
  const [low, high] = [summary(measured.map(lowerBound)), summary(measured.map(upperBound))];
  return { value, low: low ?? value, high: high ?? value };
}

/** a ÷ b of positive numbers. */
export function quotient(a: MaybeBounded, b: MaybeBounded): MaybeBounded {
  const value = boundedValue(a) / boundedValue(b);
  if (typeof a === 'number' && typeof b === 'number') return value;
  return { value, low: lowerBound(a) / upperBound(b), high: upperBound(a) / lowerBound(b) };
}

/** The certain part of a − b: the difference nearest to 0 that the bounds allow. */
export function certainDifference(a: MaybeBounded, b: MaybeBounded): number {
  const [rise, fall] = [lowerBound(a) - upperBound(b), lowerBound(b) - upperBound(a)];
  return rise > 0 ? rise : fall > 0 ? -fall : 0;
}

/** a − b of the values; 0 if the bounds overlap, since then no change is certain. */
export function difference(a: MaybeBounded, b: MaybeBounded): number {
  return certainDifference(a, b) === 0 ? 0 : boundedValue(a) - boundedValue(b);
}
