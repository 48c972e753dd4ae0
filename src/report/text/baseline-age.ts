import { daysBetween } from '../../compare/index.ts';
import type { Report } from '../../compare/report.ts';
import { formatCount } from './numbers.ts';

/**
 * How old a baseline was when the candidate was measured: `23 days old`. An approval that is a year old is worth
 * little. Null if one of the two times is not known, or the baseline is the newer one.
 */
export function baselineAge({ baseline, candidate }: Report): string | null {
  const age = daysBetween(baseline?.measured ?? '', candidate.measured);
  if (!(age >= 0)) return null;
  const days = Math.floor(age);
  return days === 0 ? 'measured the same day' : `${formatCount(days, 'day')} old`;
}
