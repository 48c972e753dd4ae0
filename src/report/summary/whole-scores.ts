import type { Report } from '../../compare/report.ts';
import type { DecidingRow } from '../text/deciding-row.ts';
import { factsRow } from '../text/exam-and-twins.ts';
import { formatPercent } from '../text/numbers.ts';

/**
 * Where a check stopped early, a row has the score of the baseline's whole measurement, which is the same in every
 * check, and what the change on what was asked makes of it: `50.7% → ≈ 96.8%`.
 */
export function withWholeScores(row: DecidingRow, report: Report): DecidingRow {
  const { facts } = row;
  if (facts === undefined || row.baseline === null) return row;
  const { form, capability } = facts;
  const score = report.probes?.sequential?.baseline?.find((own) => own.capability === capability)?.[form];
  const both = factsRow(report, capability)?.[form];
  if (score === undefined || both === undefined || both.baseline === null) return row;
  const after = Math.min(1, Math.max(0, score + both.candidate - both.baseline));
  return { ...row, baseline: formatPercent(score), candidate: `≈\u00a0${formatPercent(after)}` };
}
