import { type Finding, type FindingKind, type Level, SEVERITY } from '../../compare/finding.ts';
import type { Report, Verdict } from '../../compare/report.ts';
import { TOPICS } from '../findings/list.ts';
import { formatPercent, formatPointsChange, NO_NUMBER } from './numbers.ts';
import { findingLink, type Phrase, phrase } from './phrase.ts';

/** One check of the table that decides. Every cell has its own unit, so that a column can be read alone. */
export interface DecidingRow {
  /** Tells the rows of a table apart; never shown. */
  readonly key: string;
  readonly check: Phrase;
  /** Null: there is no baseline, or the check has one number only. */
  readonly baseline: string | null;
  readonly candidate: string;
  readonly change: string;
  readonly limit: string;
  /** `inconclusive`: not judged. */
  readonly mark: Verdict;
}

export const markOf = (level: Level): Verdict => (level === 'info' ? 'pass' : level);

/** Two accuracies in %, their change and its limit in points. */
export function accuracyNumbers(
  { baseline, candidate }: { readonly baseline: number | null; readonly candidate: number },
  limit: string,
): Pick<DecidingRow, 'baseline' | 'candidate' | 'change' | 'limit'> {
  return {
    baseline: baseline === null ? null : formatPercent(baseline),
    candidate: formatPercent(candidate),
    change: baseline === null ? NO_NUMBER : formatPointsChange(candidate - baseline),
    limit,
  };
}

/** A finding without numbers. */
export function bareRow(finding: Finding, rest: Phrase = []): DecidingRow {
  return {
    key: `finding ${finding.kind}`,
    check: phrase`${findingLink(finding.kind, TOPICS[finding.kind].title)}${rest}`,
    baseline: null,
    candidate: NO_NUMBER,
    change: NO_NUMBER,
    limit: NO_NUMBER,
    mark: markOf(finding.level),
  };
}

/** Is there a finding by which nothing follows from these numbers? */
export function isNotJudged({ findings }: Report, part: 'probes' | 'spectra' | 'benchmarks'): boolean {
  return findings.some(({ kind, level }) => {
    const { about } = TOPICS[kind];
    return (level === 'inconclusive' || kind === 'missing-baseline') && (about === part || about === 'everything');
  });
}

/** Findings that report a loss of answers, each in its own way. */
export const LOSSES: ReadonlySet<FindingKind> = new Set([
  'twin-accuracy',
  'accuracy-loss',
  'retention',
  'level-lost',
  'benchmark-loss',
]);

/** A drop at the limit counts, whatever the last bit of a float is. */
const ROUNDING = 1e-12;
/** Any drop that is more than rounding. */
const SMALLEST = 1e-9;

interface Change {
  readonly baseline: number | null;
  readonly candidate: number;
}

/**
 * Did an accuracy fall as far as a limit?
 * @param drop the limit, as a share
 */
export function isBeyondDrop({ baseline, candidate }: Change, drop: number): boolean {
  return baseline !== null && baseline - candidate >= drop - ROUNDING;
}

/**
 * The mark of a row that has no finding of its own. A drop beyond its limit is never shown as passed: another finding reports the
 * same loss, or it may be chance.
 * @param drop the limit, as a share; undefined: not known, so that any drop may be beyond it
 */
export function markOfChange(report: Report, change: Change, drop: number | undefined): Verdict {
  if (!isBeyondDrop(change, drop ?? SMALLEST)) return 'pass';
  const levels = report.findings.filter(({ kind }) => LOSSES.has(kind)).map(({ level }) => level);
  const worst = SEVERITY.find((level) => level !== 'info' && levels.includes(level));
  return worst === undefined ? 'inconclusive' : markOf(worst);
}
