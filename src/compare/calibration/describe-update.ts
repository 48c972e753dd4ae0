import { given, release } from '@shadow-gate/platform';
import type { Measurement } from '../../measure/schema/index.ts';
import type { CALIBRATION_DIFFERENCES, CalibrationReport, UPDATE_DIFFERENCES } from '../rows/calibration.ts';
import { differingKeys, MAX_UNMATCHED_SHARE } from '../spectra/comparability.ts';
import { placeName } from '../spectra/place.ts';
import type { CalibrationRun, DescribedUpdate } from './schema.ts';

type DifferenceKind = (typeof CALIBRATION_DIFFERENCES)[number];

export interface CalibrationDifference extends NonNullable<CalibrationReport['refused']> {
  readonly cause: DifferenceKind;
}

/** @returns null without an update: no reference was given, or no spectra were measured */
export function describeUpdate(measurement: Measurement): DescribedUpdate | null {
  const { tool, architecture, reference, method, tensors } = measurement;
  const updates = tensors.filter(({ of }) => of === 'delta');
  if (method === null || updates.length === 0) return null;
  const described = updates.map(({ name, shape, loraRank }) => ({ name, shape, ...given({ loraRank }) }));
  return { tool, architecture, reference, method, tensors: described };
}

export function findCalibrationDifference(calibrated: DescribedUpdate, candidate: DescribedUpdate) {
  return (
    versionDifference(calibrated, candidate) ??
    architectureDifference(calibrated, candidate) ??
    kindDifference(calibrated, candidate) ??
    referenceDifference(calibrated, candidate) ??
    tensorDifference(calibrated, candidate)
  );
}

type Pair = [calibrated: DescribedUpdate, candidate: DescribedUpdate];

function versionDifference(...[calibrated, candidate]: Pair): CalibrationDifference | null {
  const [theirs, ours] = [calibrated.tool.version, candidate.tool.version];
  if (release(theirs) === release(ours)) return null;
  return { cause: 'tool-version', what: null, calibrated: theirs, candidate: ours };
}

function architectureDifference(...[calibrated, candidate]: Pair): CalibrationDifference | null {
  const [key] = differingKeys(calibrated.architecture, candidate.architecture);
  if (key === undefined) return null;
  const [theirs, ours] = [calibrated.architecture[key], candidate.architecture[key]];
  return { cause: 'architecture', what: key, calibrated: String(theirs), candidate: String(ours) };
}

function kindDifference(...pair: Pair): CalibrationDifference | null {
  const [theirs, ours] = pair.map(({ tensors }) => tensors.some(({ loraRank }) => loraRank !== undefined));
  if (theirs === ours) return null;
  const name = (isAdapter: boolean | undefined) => (isAdapter ? 'an adapter' : 'a full model');
  return { cause: 'adapter', what: null, calibrated: name(theirs), candidate: name(ours) };
}

function referenceDifference(...[calibrated, candidate]: Pair): CalibrationDifference | null {
  const [theirs, ours] = [calibrated.reference?.digest ?? null, candidate.reference?.digest ?? null];
  return theirs === ours ? null : { cause: 'reference', what: null, calibrated: theirs, candidate: ours };
}

function tensorDifference(...[calibrated, candidate]: Pair): CalibrationDifference | null {
  const theirs = new Map(calibrated.tensors.map((tensor) => [tensor.name, tensor]));
  const ours = new Map(candidate.tensors.map((tensor) => [tensor.name, tensor]));
  for (const name of new Set([...theirs.keys(), ...ours.keys()])) {
    const [its, mine] = [theirs.get(name), ours.get(name)];
    const describe = (cause: DifferenceKind, of: (tensor: DescribedUpdate['tensors'][number]) => string) => ({
      cause,
      what: name,
      calibrated: its === undefined ? null : of(its),
      candidate: mine === undefined ? null : of(mine),
    });
    const shape = (tensor: DescribedUpdate['tensors'][number]) => `[${tensor.shape.join(', ')}]`;
    if (its === undefined || mine === undefined) return describe('tensors', shape);
    if (shape(its) !== shape(mine)) return describe('shape', shape);
    if (its.loraRank !== mine.loraRank) return describe('rank', ({ loraRank }) => String(loraRank ?? 'none'));
  }
  return null;
}

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
  const sides = { calibrated: words(!other.isLowRank), candidate: words(other.isLowRank) };
  return { cause: 'low-rank', what: placeName(other), ...sides };
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
  const { key: what, calibrated, candidate: own } = worst;
  return { cause: 'updates', what, calibrated: String(calibrated), candidate: String(own) };
}

function gapOf({ calibrated, candidate }: { readonly calibrated: number; readonly candidate: number }): number {
  return Math.abs(calibrated - candidate);
}
