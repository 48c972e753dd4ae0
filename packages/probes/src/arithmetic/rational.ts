/** An exact number in lowest terms, with a positive denominator: decimals add up without rounding. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** @throws RangeError for a denominator of 0 */
export function rational(numerator: bigint, denominator = 1n): Rational {
  if (denominator === 0n) throw new RangeError('division by zero');
  const divisor = greatestCommonDivisor(absolute(numerator), absolute(denominator));
  const sign = denominator < 0n ? -1n : 1n;
  return { numerator: (sign * numerator) / divisor, denominator: (sign * denominator) / divisor };
}

/** @throws RangeError for a number that is not an integer */
export function wholeRational(value: number): Rational {
  return { numerator: BigInt(value), denominator: 1n };
}

const DECIMAL = /^(\d*)(?:\.(\d+))?$/;

/** `12`, `0.25`, `.5`; null for anything else. */
export function parseDecimal(text: string): Rational | null {
  const [, whole = '', fraction = ''] = DECIMAL.exec(text) ?? [];
  if (whole === '' && fraction === '') return null;
  return rational(BigInt(`${whole}${fraction}`), 10n ** BigInt(fraction.length));
}

export const addRationals = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);

export const negateRational = ({ numerator, denominator }: Rational): Rational => ({
  numerator: -numerator,
  denominator,
});

export const subtractRationals = (a: Rational, b: Rational): Rational => addRationals(a, negateRational(b));

export const multiplyRationals = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.numerator, a.denominator * b.denominator);

/** @throws RangeError for a divisor of 0 */
export const divideRationals = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.denominator, a.denominator * b.numerator);

/** Below 0 if a < b, 0 if they are equal, above 0 if a > b. */
export function compareRationals(a: Rational, b: Rational): number {
  const [left, right] = [a.numerator * b.denominator, b.numerator * a.denominator];
  return left < right ? -1 : left > right ? 1 : 0;
}

export const isEqual = (a: Rational, b: Rational): boolean => compareRationals(a, b) === 0;

export const isWhole = ({ denominator }: Rational): boolean => denominator === 1n;

/** The nearest double. */
export const toNumber = ({ numerator, denominator }: Rational): number => Number(numerator) / Number(denominator);

/** Number of decimals of an exact decimal number; null for one without an end, like a third. */
export function decimalPlaces({ denominator }: Rational): number | null {
  let rest = denominator;
  let [twos, fives] = [0, 0];
  for (; rest % 2n === 0n; rest /= 2n) twos += 1;
  for (; rest % 5n === 0n; rest /= 5n) fives += 1;
  return rest === 1n ? Math.max(twos, fives) : null;
}

/** A decimal number, or a fraction if that has no end: `12`, `-0.25`, `1/3`. */
export function formatRational(value: Rational): string {
  const decimals = decimalPlaces(value);
  if (decimals === null) return `${value.numerator}/${value.denominator}`;
  const scaled = (absolute(value.numerator) * 10n ** BigInt(decimals)) / value.denominator;
  const digits = scaled.toString().padStart(decimals + 1, '0');
  const sign = value.numerator < 0n ? '-' : '';
  return decimals === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [larger, smaller] = [a, b];
  while (smaller > 0n) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}
