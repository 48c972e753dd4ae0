import { ACCEPTABLE_FINDINGS, ANYWHERE, type PolicyException } from '../../policy/exceptions.ts';
import type { Policy } from '../../policy/policy.ts';
import { type Finding, findingPlaces, type Level } from '../finding.ts';

/**
 * Accepted findings are information until the last day of their exception, and count again after it.
 * @param today the day of the check: by the day of a kept measurement, no exception would expire
 */
export function withExceptions(findings: readonly Finding[], { exceptions = [] }: Policy, today: Date): Finding[] {
  return findings.map((finding) => {
    const exception = exceptions
      .filter((one) => covers(one, finding))
      .sort((a, b) => a.until.localeCompare(b.until))
      .at(-1);
    if (exception === undefined || (finding.level !== 'fail' && finding.level !== 'warn')) return finding;
    const { reason, who, until } = exception;
    const daysLeft = daysBetween(today.toISOString().slice(0, ISO_DAY), until);
    const level = daysLeft < 0 ? finding.level : 'info';
    return { ...finding, level, exception: { reason, who, until, level: finding.level, daysLeft } };
  });
}

/** Characters of `2027-01-15`. */
const ISO_DAY = 10;

/** Whether a reader of report.json finds this exception in the policy of the report. */
export function isInPolicy(finding: Finding, { exceptions = [] }: Pick<Policy, 'exceptions'>): boolean {
  const { exception } = finding;
  if (exception === undefined) return true;
  return exceptions.some((one) => {
    const isSame = one.reason === exception.reason && one.who === exception.who && one.until === exception.until;
    return isSame && covers(one, finding);
  });
}

export function isAcceptable({ kind, level }: Pick<Finding, 'kind' | 'level'>): boolean {
  return level !== 'inconclusive' && (kind === 'metric-moved' || ACCEPTABLE_FINDINGS.some((known) => known === kind));
}

export function ownLevel({ level, exception }: Finding): Level {
  return exception?.level ?? level;
}

function covers({ finding: named, scope }: PolicyException, finding: Finding): boolean {
  const isNamed = finding.kind === named || (finding.kind === 'metric-moved' && finding.metric === named);
  return isNamed && (scope === ANYWHERE || findingPlaces(finding).every((place) => place === scope));
}
const MILLISECONDS_OF_A_DAY = 86_400_000;

/** NaN if one of the times cannot be read. */
export function daysBetween(before: string, after: string): number {
  return (Date.parse(after) - Date.parse(before)) / MILLISECONDS_OF_A_DAY;
}
