import type { Reason } from '../../compare/finding.ts';
import type { Report } from '../../compare/report.ts';
import { formatLimit, formatNumber, formatRelativeLimit } from './numbers.ts';

/** The reasons that made the verdict, the verdict's own level first; `info` ones explain and stand apart. */
export function reasonsBySeverity(report: Report): { grave: Reason[]; infos: Reason[] } {
  const order = [report.verdict, 'fail', 'inconclusive', 'warn'];
  const rank = (reason: Reason): number => order.indexOf(reason.level);
  return {
    grave: report.reasons.filter((reason) => reason.level !== 'info').sort((a, b) => rank(a) - rank(b)),
    infos: report.reasons.filter((reason) => reason.level === 'info'),
  };
}

/** One plain sentence where no reason gives it. */
export function sentenceWithoutReason(report: Report): string {
  if (report.verdict !== 'pass') return `The verdict is ${report.verdict}, and the report gives no reason.`;
  return report.baseline === null
    ? 'No check on the weights alone found anything. There is no baseline to compare with.'
    : 'Nothing moved beyond its tolerance against the baseline.';
}

/** `0.635 → 0.690`, or the one value there is; empty without any. `show` escapes a value that is text. */
export function formatValues(reason: Reason, show: (text: string) => string): string {
  const value = (x: number | string): string => (typeof x === 'number' ? formatNumber(x) : show(x));
  const values = [reason.baseline, reason.candidate].flatMap((x) => (x === null ? [] : [value(x)]));
  return values.join(' → ');
}

/** `tolerance 8 %`; empty where nothing is tolerated. Keys we do not know pass through `show`. */
export function formatTolerance(tolerance: Reason['tolerance'], show: (text: string) => string): string {
  const parts = Object.entries(tolerance ?? {}).map(([key, value]) => {
    if (key === 'relative') return formatRelativeLimit(value);
    if (key === 'absolute') return formatLimit(value);
    if (key === 'robustZ') return `robust z of ${formatLimit(value)}`;
    if (key === 'transfer') return `transfer of ${formatLimit(value)}`;
    if (key === 'least') return `at least ${formatRelativeLimit(value)}`;
    if (key === 'bound') return `an interval up to ${formatRelativeLimit(value)}`;
    if (key === 'cumulativeSum') return `a cumulative sum of ${formatLimit(value)}`;
    if (key === 'oddsRatio') return `${formatLimit(value)} times the odds`;
    return `${show(key)} ${formatLimit(value)}`;
  });
  return parts.length === 0 ? '' : `tolerance ${parts.join(' or ')}`;
}

/** Whether a list says more than the one sentence above it: a second reason, or numbers. */
export function worthListing(grave: readonly Reason[]): boolean {
  const [first, second] = grave;
  if (first === undefined) return false;
  const { baseline, candidate, tolerance } = first;
  return second !== undefined || baseline !== null || candidate !== null || tolerance !== null;
}
