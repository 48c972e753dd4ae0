import type { Report } from '../../compare/report.ts';
import type { DecidingRow } from './deciding-row.ts';
import { factsRow } from './exam-and-twins.ts';
import { formatPercent } from './numbers.ts';

/** Keys of rows about the exam or other forms, of all facts or of a capability. */
const KEY = /^(exam|twins)(?: of (.+))?$/s;

/**
 * Where a check stopped early, a row has the score of the baseline's whole measurement, which is the same in every check, and what the
 * change on what was asked makes of it: `50.7% → ≈ 96.8%`.
 */
export function withWholeScores(row: DecidingRow, report: Report): DecidingRow {
  const [, form, capability = null] = KEY.exec(row.key) ?? [];
  const whole = report.probes?.sequential?.baseline?.find((own) => own.capability === capability);
  const asked = form === undefined ? undefined : factsRow(report, capability);
  if (whole === undefined || asked === undefined || row.baseline === null) return row;
  const [score, both] = form === 'exam' ? [whole.benchmark, asked.benchmark] : [whole.twin, asked.twin];
  if (both.baseline === null) return row;
  const after = Math.min(1, Math.max(0, score + both.candidate - both.baseline));
  return { ...row, baseline: formatPercent(score), candidate: `≈\u00a0${formatPercent(after)}` };
}
