import type { UPDATE_DIFFERENCES } from '../rows/calibration.ts';
import { MAX_UNMATCHED_SHARE } from '../spectra/comparability.ts';
import { placeName } from '../spectra/place.ts';
import type { CalibrationDifference } from './describe-update.ts';
import type { CalibrationRun } from './schema.ts';

export interface Unlike extends Omit<CalibrationDifference, 'cause'> {
  readonly cause: CalibrationDifference['cause'] | (typeof UPDATE_DIFFERENCES)[number];
}

/** Updates of the same tensors can differ in kind: narrow by construction, or of other matrices than the rest. */
export function unlikeUpdates(runs: readonly CalibrationRun[], candidate: CalibrationRun): Unlike | null {
  const [first] = runs;
  return first === undefined ? null : (otherRank(first, candidate) ?? otherMatrices(first, candidate));
}

function otherRank(run: CalibrationRun, candidate: CalibrationRun): Unlike | null {
  const theirs = new Map(run.groups.map((group) => [placeName(group), group]));
  const other = candidate.groups.find(
    (group) => (theirs.get(placeName(group))?.isLowRank ?? group.isLowRank) !== group.isLowRank,
  );
  if (other === undefined) return null;
  const words = (isLowRank: boolean) => (isLowRank ? 'of low rank' : 'of full rank');
  return {
    cause: 'low-rank',
    what: placeName(other),
    calibrated: words(!other.isLowRank),
    candidate: words(other.isLowRank),
  };
}

function otherMatrices(run: CalibrationRun, candidate: CalibrationRun): Unlike | null {
  const countsOf = ({ groups }: CalibrationRun) => new Map(groups.map((group) => [placeName(group), group.count]));
  const [theirs, ours] = [countsOf(run), countsOf(candidate)];
  const keys = [...new Set([...theirs.keys(), ...ours.keys()])];
  const counts = keys.map((key) => ({ key, calibrated: theirs.get(key) ?? 0, candidate: ours.get(key) ?? 0 }));
  const unmatched = counts.reduce((sum, { calibrated, candidate }) => sum + Math.abs(calibrated - candidate), 0);
  const all = counts.reduce((sum, { calibrated, candidate }) => sum + Math.max(calibrated, candidate), 0);
  const worst = counts.reduce((a, b) => (gapOf(b) > gapOf(a) ? b : a));
  if (unmatched <= MAX_UNMATCHED_SHARE * all) return null;
  return {
    cause: 'updates',
    what: worst.key,
    calibrated: String(worst.calibrated),
    candidate: String(worst.candidate),
  };
}

function gapOf({ calibrated, candidate }: { readonly calibrated: number; readonly candidate: number }): number {
  return Math.abs(calibrated - candidate);
}
