import { daysBetween } from '../../compare/index.ts';
import type { Report } from '../../compare/report.ts';
import { formatCount } from './numbers.ts';

/** `23 days old`, when the candidate was measured; null if a time is unknown, or the baseline is newer. */
export function baselineAge({ baseline, candidate }: Report): string | null {
  const age = daysBetween(baseline?.measured ?? '', candidate.measured);
  if (!(age >= 0)) return null;
  const days = Math.floor(age);
  return days === 0 ? 'measured the same day' : `${formatCount(days, 'day')} old`;
}

export function whoseRun(by: 'pull-request' | 'fork'): string {
  const whose = by === 'fork' ? "fork's" : "pull request's";
  return `The numbers come from the ${whose} own run, whose workflow its author can edit. The check of that run decides, not this page.`;
}

/** The full name of a commit. */
export const FULL_SHA = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/** The first seven digits of a commit, as git and GitHub show it. */
export const shortSha = (sha: string): string => sha.slice(0, 7);
