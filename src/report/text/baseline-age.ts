import type { Report } from '../../compare/report.ts';
import { formatCount } from './numbers.ts';

const DAY = 24 * 3600 * 1000;

/**
 * How old a baseline was when the candidate was measured: `23 days old`. An approval that is a year old is worth little. Null if
 * one of the two times is not known, or the baseline is the newer one.
 */
export function baselineAge({ baseline, candidate }: Report): string | null {
  const age = Date.parse(candidate.measured) - Date.parse(baseline?.measured ?? '');
  if (!(age >= 0)) return null;
  const days = Math.floor(age / DAY);
  return days === 0 ? 'measured the same day' : `${formatCount(days, 'day')} old`;
}
