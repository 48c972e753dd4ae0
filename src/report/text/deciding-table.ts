import type { Finding } from '../../compare/finding.ts';
import type { Report, Verdict } from '../../compare/report.ts';
import { contextRows } from './context-rows.ts';
import { findingRow } from './deciding-row.ts';
import type { DecidingRow } from './row-marks.ts';
import { findingsBySeverity } from './verdict.ts';

/** What fits a screen of a phone. */
const MOST_ROWS = 5;

/** Columns of the table; the mark stands with the check. */
export const DECIDING_COLUMNS = ['check', 'baseline → candidate', 'change', 'limit'] as const;

/** `95.7% → 53.9%`; one number where there is no baseline. */
export function decidingValues({ baseline, candidate }: DecidingRow): string {
  return baseline === null ? candidate : `${baseline} → ${candidate}`;
}

/**
 * The numbers that decide, at most five rows, the gravest first: a row for each finding behind the verdict, then what a reader
 * wants to see beside it. The exam is always among them: a gain there is what the other rows put into proportion.
 */
export function decidingTable(report: Report): readonly DecidingRow[] {
  const { grave } = findingsBySeverity(report);
  const found = onePart(withoutSummary(grave)).map((finding) => findingRow(finding, report));
  const context = contextRows(report);
  const rows = unique([...found, ...context]);
  const sorted = new Set([report.verdict, ...ORDER].flatMap((mark) => rows.filter((row) => row.mark === mark)));
  const exam = rows.find(({ key }) => key === 'exam');
  const shown = [...sorted].slice(0, MOST_ROWS);
  return exam === undefined || shown.includes(exam) ? shown : [...shown.slice(0, MOST_ROWS - 1), exam];
}

const ORDER: readonly Verdict[] = ['fail', 'inconclusive', 'warn', 'pass'];

/** A loss has one row for its worst part, beside that of the whole. */
function onePart(findings: readonly Finding[]): readonly Finding[] {
  const parts = findings.flatMap((finding) => {
    const group = groupOfPart(finding);
    return group === null ? [] : [{ finding, group }];
  });
  const isWorst = (finding: Finding, group: string): boolean => {
    const changes = parts.filter((part) => part.group === group).map((part) => changeOf(part.finding));
    return changeOf(finding) === Math.min(...changes);
  };
  return findings.filter((finding) => {
    const group = groupOfPart(finding);
    return group === null || isWorst(finding, group);
  });
}

/** Which whole the loss of a part belongs to; null for everything else. */
function groupOfPart(finding: Finding): string | null {
  if (finding.kind === 'twin-accuracy') return finding.capability === null ? null : 'twin';
  if (finding.kind !== 'accuracy-loss') return null;
  return finding.capability === null && finding.suite === null ? null : finding.form;
}

function changeOf(finding: Finding): number {
  return finding.kind === 'twin-accuracy' || finding.kind === 'accuracy-loss' ? finding.change : 0;
}

/** That spectra and probes warn together has no number of its own: beside another failure, it says nothing more. */
function withoutSummary(findings: readonly Finding[]): readonly Finding[] {
  const fails = findings.some(({ kind, level }) => level === 'fail' && kind !== 'two-key');
  return fails ? findings.filter(({ kind }) => kind !== 'two-key') : findings;
}

/** The first of the rows with one key: findings come first. */
function unique(rows: readonly DecidingRow[]): DecidingRow[] {
  return rows.filter(({ key }, i) => rows.findIndex((other) => other.key === key) === i);
}
