import { type MaybeBounded, numberOf } from '../../statistics/bounded.ts';

/** What stands where there is no number. */
export const NO_NUMBER = '—';

const signed = (x: number, text: string): string => (x < 0 ? `−${text}` : `+${text}`);

/** About three significant digits, trailing zeros kept: `0.690` beside `0.635`. */
export function formatNumber(measured: MaybeBounded | null | undefined): string {
  if (measured === null || measured === undefined) return NO_NUMBER;
  const x = numberOf(measured);
  const size = Math.abs(x);
  return x < 0 ? `−${formatSize(size)}` : formatSize(size);
}

function formatSize(size: number): string {
  if (Number.isInteger(size) && size < 1e6) return size.toLocaleString('en-US');
  if (size >= 1e6 || size < 1e-3) return size.toExponential(2).replace('-', '−');
  return size >= 999.5 ? Math.round(size).toLocaleString('en-US') : size.toPrecision(3);
}

/** A limit that somebody wrote in a policy, as it was written: `3.5`, `0.05`. */
export const formatLimit = (x: number): string => String(Number(x.toPrecision(6)));

/** A relative limit as per cent: 0.08 → `8 %`. */
export const formatRelativeLimit = (share: number): string => `${formatLimit(share * 100)}\u00a0%`;

/** A difference, with its sign: `+0.0551`. */
export function formatDifference(x: number | null): string {
  if (x === null) return NO_NUMBER;
  return x === 0 ? '0' : signed(x, formatNumber(Math.abs(x)));
}

/** A relative difference, with its sign: `+8.7 %`; empty where there is none (a baseline of 0). */
export function formatRelative(x: number | null): string {
  if (x === null) return '';
  if (x === 0) return '0\u00a0%';
  const percent = Math.abs(x) * 100;
  const digits = percent >= 99.95 ? 0 : percent >= 0.95 ? 1 : 2;
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return signed(x, `${percent.toLocaleString('en-US', options)}\u00a0%`);
}

/** `1 matrix`, `1,200 matrices`. */
export function formatCount(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`;
}

export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
