import { groupBy } from '@shadow-gate/platform';
import type { Finding } from '../../compare/finding.ts';
import type { Report, Verdict } from '../../compare/report.ts';
import { leastOf } from '../../statistics/index.ts';
import type { DecidingRow } from '../text/deciding-row.ts';
import { factsRow } from '../text/exam-and-twins.ts';
import { formatPercent } from '../text/numbers.ts';
import { contextRows } from './context-rows.ts';
import { wordsOf } from './finding.ts';
import { findingRow } from './row-marks.ts';
import { findingsBySeverity } from './verdict.ts';

/** They fit the screen of a phone. */
const MOST_ROWS = 5;

/** `95.7% → 53.9%`; one number without a baseline. */
export const decidingValues = ({ baseline, candidate }: DecidingRow): string =>
  baseline === null ? candidate : `${baseline} → ${candidate}`;

/** Findings behind the verdict, then context, the gravest first; always with the exam, for proportion. */
export function decidingTable(report: Report): readonly DecidingRow[] {
  const { grave } = findingsBySeverity(report);
  const found = onePart(withoutSummary(grave)).map((finding) => findingRow(finding, report));
  const context = contextRows(report);
  const rows = unique([...found, ...context]).map((row) => withWholeScores(row, report));
  const sorted = new Set([report.verdict, ...ORDER].flatMap((mark) => rows.filter((row) => row.mark === mark)));
  const exam = rows.find(({ key }) => key === 'exam');
  const shown = [...sorted].slice(0, MOST_ROWS);
  return exam === undefined || shown.includes(exam) ? shown : [...shown.slice(0, MOST_ROWS - 1), exam];
}

const ORDER: readonly Verdict[] = ['fail', 'inconclusive', 'warn', 'pass'];

/** Besides the row of the whole, a loss has one for its worst part. */
function onePart(findings: readonly Finding[]): readonly Finding[] {
  const parts = groupBy(
    findings.flatMap((finding) => partOf(finding) ?? []),
    ({ whole }) => whole,
  );
  const worst = new Map([...parts].map(([whole, own]) => [whole, leastOf(own.map(({ change }) => change))]));
  return findings.filter((finding) => {
    const part = partOf(finding);
    return part === null || part.change === worst.get(part.whole);
  });
}

const partOf = (finding: Finding) => wordsOf(finding).part?.(finding) ?? null;

/** A summary has no number of its own, and adds nothing to another failure. */
function withoutSummary(findings: readonly Finding[]): readonly Finding[] {
  const others = findings.filter((finding) => !wordsOf(finding).isSummary);
  return others.some(({ level }) => level === 'fail') ? others : findings;
}

/** The first row of each key, which is that of the finding. */
const unique = (rows: readonly DecidingRow[]): DecidingRow[] =>
  rows.filter(({ key }, i) => rows.findIndex((other) => other.key === key) === i);

/** After an early stop: the baseline's whole score, with the observed change added to it: `50.7% → ≈ 96.8%`. */
function withWholeScores(row: DecidingRow, report: Report): DecidingRow {
  const { facts } = row;
  if (facts === undefined || row.baseline === null) return row;
  const { form, capability } = facts;
  const score = report.probes?.sequential?.baseline?.find((own) => own.capability === capability)?.[form];
  const both = factsRow(report, capability)?.[form];
  if (score === undefined || both === undefined || both.baseline === null) return row;
  const after = Math.min(1, Math.max(0, score + both.candidate - both.baseline));
  return { ...row, baseline: formatPercent(score), candidate: `≈\u00a0${formatPercent(after)}` };
}
