import type { Settings } from '../../../compare/applied-policy.ts';
import type { CalibratedMetric, CalibrationReport } from '../../../compare/calibration/report-schema.ts';
import type { Report } from '../../../compare/report.ts';
import { limitSource } from '../../findings/calibration.ts';
import { formatCount, formatInteger, formatProbability } from '../numbers.ts';
import { type Phrase, phrase } from '../phrase.ts';
import { type RuleRow, rowOf } from '../rule-row.ts';

/** The update beside those of known-good checkpoints: all numbers in one row, since one test may judge them together. */
export function calibrationRow(report: Report, policy: Settings): RuleRow {
  const { calibration } = report;
  const judged = (calibration?.metrics ?? []).flatMap(({ judged }) => judged ?? []);
  const isSized = judged.some(({ outcome }) => outcome !== 'not-calibrated');
  return rowOf(report, {
    check: phrase`Shape of the update beside known-good checkpoints`,
    ...{ finding: 'calibrated-metric', kinds: ['calibrated-metric'], level: policy.calibration.level },
    limit: calibration && judged.length > 0 ? limitsOf(calibration, judged) : 'those of a calibration',
    missing: isSized ? null : missingCalibration(calibration, judged.length),
    value: calibration && isSized ? standsOf(calibration, judged) : null,
  });
}

type Judged = NonNullable<CalibratedMetric['judged']>;

function limitsOf({ kind, runs, test }: CalibrationReport, judged: readonly Judged[]): string {
  const known = { runs: runs.length, calibration: kind, test };
  return [...new Set(judged.map(({ by }) => limitSource(by, known)))].join('; ');
}

function standsOf({ test }: CalibrationReport, judged: readonly Judged[]): Phrase {
  const within = judged.filter(({ outcome }) => outcome === 'within').length;
  const unjudged = judged.filter(({ outcome }) => outcome === 'not-calibrated').length;
  const other = unjudged === 0 ? '' : `, ${formatInteger(unjudged)} not calibrated for an update of this size`;
  const probability = test === null ? '' : `, ${formatProbability(test.p)}`;
  return phrase`${formatInteger(within)} of ${formatCount(judged.length, 'number')} within their limits${other}${probability}`;
}

function missingCalibration(calibration: CalibrationReport | null, judged: number): string {
  if (calibration === null) return 'there is no calibration';
  if (calibration.refused !== null) return 'the calibration cannot be used';
  return judged > 0 ? 'it is not calibrated for an update of this size' : 'there are too few known-good checkpoints';
}
