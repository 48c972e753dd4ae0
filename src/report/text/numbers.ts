import { boundedValue, isVague, type MaybeBounded } from '@shadow-gate/spectra/bounded';
import type { Both } from '../../compare/probes/index.ts';

/**
 * Every number for a reader is formatted here. One unit per quantity: accuracies in %, their changes in points, changes
 * of a metric relative to the baseline in %, everything else bare.
 */

/** Placeholder for a missing number. */
export const NO_NUMBER = '—';

const MINUS = '−';

/** @throws Error for NaN and infinities: their source is wrong */
function finite(x: number): number {
  if (Number.isFinite(x)) return x;
  throw new Error(`${x} is not a number to show`);
}

const signed = (x: number, size: string): string => `${x < 0 ? MINUS : '+'}${size}`;

const fixed = (x: number, decimals: number): string => finite(x).toFixed(decimals).replace('-', MINUS);

/** A change of answer likelihood in nats per byte: `−0.052`. */
export const formatLikelihood = (x: number): string => fixed(x, 3);

/** A number with its standard error: `−0.110 ± 0.021`. */
export function formatMeasured(
  { value, standardError }: { readonly value: number; readonly standardError: number },
  decimals: number,
): string {
  return `${fixed(value, decimals)} ± ${fixed(standardError, decimals)}`;
}

/** About three significant digits: `0.690`. A vague number is given by its bounds. */
export function formatNumber(measured: MaybeBounded | null | undefined): string {
  if (measured === null || measured === undefined) return NO_NUMBER;
  if (isVague(measured)) return formatBounds(measured);
  const x = finite(boundedValue(measured));
  return `${x < 0 ? MINUS : ''}${formatSize(Math.abs(x))}`;
}

/** A number, or both bounds of a bounded one: `0.412–0.435`. */
export function formatBounds(measured: MaybeBounded | null | undefined): string {
  if (measured === null || measured === undefined || typeof measured === 'number') return formatNumber(measured);
  return formatRange(measured);
}

/** `0.412–0.435`; one number if both ends are equal. */
export const formatRange = ({ low, high }: { readonly low: number; readonly high: number }): string =>
  low === high ? formatNumber(low) : formatPair(low, high).join('–');

function formatSize(size: number): string {
  if (Number.isInteger(size) && size < 1e6) return size.toLocaleString('en-US');
  if (size >= 1e6 || size < 1e-3) return size.toExponential(2).replace('-', MINUS);
  return size >= 999.5 ? Math.round(size).toLocaleString('en-US') : size.toPrecision(3);
}

/** `0.635` and `0.690`; with more digits if two different numbers would read alike. */
export function formatPair(a: number, b: number): readonly [string, string] {
  const short = [formatNumber(a), formatNumber(b)] as const;
  if (a === b || short[0] !== short[1]) return short;
  const precise = (digits: number) => [a.toPrecision(digits), b.toPrecision(digits)] as const;
  const enough = [5, 8].map(precise).find(([before, after]) => before !== after) ?? precise(10);
  return [enough[0].replace('-', MINUS), enough[1].replace('-', MINUS)];
}

/** A limit as it was written in a policy: `3.5`, `0.05`. */
export const formatLimit = (x: number): string => String(Number(finite(x).toPrecision(6)));

/** A number on an axis: `−2`. */
export const formatTick = (x: number): string => formatLimit(x).replace('-', MINUS);

/** A tick of a scale in percent: `82%`. */
export const formatPercentTick = (percent: number): string => `${formatTick(percent)}%`;

/** A share as a limit in percent: 0.08 → `8%`. */
export const formatPercentLimit = (share: number): string => `${formatLimit(100 * share)}%`;

/** A limit of a change of accuracy: 0.05 → `5 points`. */
export const formatPointsLimit = (share: number): string => unit(formatLimit(100 * share));

/** A difference of metrics, with its sign: `+0.0551`. */
export function formatDifference(x: number | null): string {
  if (x === null) return NO_NUMBER;
  return x === 0 ? '0' : signed(x, formatNumber(Math.abs(x)));
}

/** A relative change with its sign: `+8.7%`; empty for null (a baseline of 0). */
export function formatRelative(x: number | null): string {
  if (x === null) return '';
  if (x === 0) return '0%';
  const percent = Math.abs(finite(x)) * 100;
  const digits = percent >= 99.95 ? 0 : percent >= 0.95 ? 1 : 2;
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return signed(x, `${percent.toLocaleString('en-US', options)}%`);
}

/** An accuracy or another share of items: 0.869 → `86.9%`. */
export const formatPercent = (share: number): string => `${percentDigits(share)}%`;

/** A share in percent without the unit: `86.9`. */
export const percentDigits = (share: number): string => fixed(100 * share, 1);

/** The size of a change of accuracy: 0.083 → `8.3 points`. */
export const formatPoints = (share: number): string => unit(percentDigits(share));

/** A change of accuracy with its sign, without the unit: `−41.9`. */
export function pointsDigits(share: number): string {
  const size = percentDigits(Math.abs(share));
  return Number(size) === 0 ? size : signed(share, size);
}

/** A change of accuracy with its sign: `−41.9 points`. */
export const formatPointsChange = (share: number): string => unit(pointsDigits(share));

/** `up to 6.1 points`. @param share null: without a bound */
export const formatPossibleDrop = (share: number | null): string =>
  share === null ? 'any size' : `up to ${formatPoints(share)}`;

const unit = (size: string): string => `${size}\u00a0${size === '1' ? 'point' : 'points'}`;

/** A ratio of two changes: `0.25`. */
export const formatRatio = (value: number): string => fixed(value, 2);

/** A share in whole percent: 0.16 → `16%`, −0.4 → `−40%`. */
export function formatPart(share: number): string {
  const percent = `${Math.round(Math.abs(100 * finite(share)))}%`;
  return share < 0 && percent !== '0%' ? `${MINUS}${percent}` : percent;
}

/** `p = 0.012`, `p < 0.0001`. */
export const formatProbability = (p: number): string =>
  p < 0.0001 ? 'p < 0.0001' : `p = ${fixed(p, p < 0.001 ? 4 : 3)}`;

/** A probability in a column of them: `0.012`. */
export const probabilityDigits = (p: number): string => (p < 0.0001 ? '< 0.0001' : p.toPrecision(2));

interface Interval {
  readonly value: number;
  /** Null: unbounded. */
  readonly lower: number | null;
  readonly upper: number | null;
}

/** The ends of an interval: `29.4 to 42.4`. */
export const formatEnds = ({ lower, upper }: Interval, show: (value: number) => string): string =>
  `${lower === null ? `${MINUS}∞` : show(lower)} to ${upper === null ? '∞' : show(upper)}`;

/** A number with its interval: `35.9 (29.4 to 42.4)`. */
export const formatInterval = (interval: Interval, show: (value: number) => string): string =>
  `${show(interval.value)} (${formatEnds(interval, show)})`;

/** A change of accuracy with its interval: `−2.1 points (−3.0 to −1.2)`. */
export const formatPointsEstimate = (estimate: Interval): string =>
  `${formatPointsChange(estimate.value)} (${formatEnds(estimate, pointsDigits)})`;

/** `1 matrix`, `1,200 matrices`. */
export const formatCount = (n: number, one: string, many = `${one}s`): string =>
  `${formatInteger(n)} ${n === 1 ? one : many}`;

/** ` of 60 passages`, after a count of questions; empty if they share none. */
export const ofPassages = (units: number | undefined): string =>
  units === undefined ? '' : ` of ${formatCount(units, 'passage')}`;

/** `1,200`. */
export const formatInteger = (n: number): string => finite(n).toLocaleString('en-US');

const SHORTEST_SECONDS = 0.1;

/** `less than 0.1 s`, `3.2 s`, `42 s`, `3 min 5 s`. */
export function formatDuration(seconds: number): string {
  if (finite(seconds) < SHORTEST_SECONDS) return `less than ${SHORTEST_SECONDS} s`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** An estimated duration: `about 3.2 s`. */
export const formatEstimate = (seconds: number): string =>
  seconds < SHORTEST_SECONDS ? formatDuration(seconds) : `about ${formatDuration(seconds)}`;

/** `27.0 → 100.0`, from baseline to candidate. */
export const movementWords = ({ baseline, candidate }: Both, show: (value: number) => string): string =>
  baseline === null ? show(candidate) : `${show(baseline)}\u00a0→\u00a0${show(candidate)}`;
