import { isHubPath } from '@shadow-gate/checkpoints/hub';
import { UserError } from '@shadow-gate/platform';
import { type Calibration, extendCalibration } from '../compare/calibration/index.ts';
import { findingTraits } from '../compare/finding.ts';
import type { Report } from '../compare/report.ts';
import type { Measurement } from '../measure/schema/index.ts';
import type { CalibrationOutcome } from '../report/markdown/index.ts';
import { shortSha } from '../report/text/index.ts';

/** The newest are kept. More gain nothing, and make the file too long to review. */
export const MOST_RUNS = 200;

interface Candidate {
  readonly measurement: Measurement;
  readonly report: Report;
  readonly commit: string;
}

/** What the proposal of a baseline does to the calibration; null: nothing to say. */
export function calibrationOutcome(
  calibration: Calibration | null,
  { measurement, report, commit }: Candidate,
): CalibrationOutcome | null {
  if (calibration === null) return null;
  if (calibration.runs.some(({ digest }) => digest === measurement.checkpoint.digest)) return null;
  const refused = report.findings.find(({ kind }) => kind === 'calibration-refused');
  if (refused?.kind === 'calibration-refused') return { kind: 'refused', finding: refused };
  // Limits that follow what they have flagged limit nothing.
  const isFlagged = report.findings.some(({ kind }) => kind === 'calibrated-metric' || kind === 'not-calibrated-here');
  if (isFlagged) return { kind: 'flagged' };
  // A deficit in the probes is not good, even if it only warns.
  const isDeficient = report.findings.some(({ kind, level }) => level === 'warn' && findingTraits(kind).isDeficit);
  if (isDeficient || (report.verdict !== 'pass' && report.verdict !== 'warn')) {
    return { kind: 'not-judged', verdict: report.verdict };
  }
  try {
    const { runs, ...same } = extendCalibration(calibration, { name: nameOf(measurement, commit), measurement });
    // Chosen by the calibration itself: good runs that it would flag never get here.
    const marked = runs.map((run) =>
      run.digest === measurement.checkpoint.digest ? { ...run, isSelected: true as const } : run,
    );
    return { kind: 'extended', before: calibration, after: { ...same, runs: marked.slice(-MOST_RUNS) } };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { kind: 'impossible', problem: error.problem };
  }
}

/** A path has another checkpoint at each commit; a path on a hub names its revision. */
const nameOf = ({ run: { checkpoint } }: Measurement, commit: string): string =>
  isHubPath(checkpoint) ? checkpoint : `${checkpoint}@${shortSha(commit)}`;
