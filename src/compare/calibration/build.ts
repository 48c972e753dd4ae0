import { UserError } from '@shadow-gate/platform';
import { groupKey } from '../../measure/aggregate.ts';
import { expectFullSpectra } from '../../measure/full-spectra.ts';
import type { Measurement } from '../../measure/schema/index.ts';
import type { CalibrationKind } from '../rows/calibration.ts';
import { lowRankGroups } from '../spectra/low-rank.ts';
import { describeUpdate, findCalibrationDifference, type Unlike, unlikeUpdates } from './describe-update.ts';
import { CALIBRATION_SCHEMA, type Calibration, type CalibrationRun } from './schema.ts';

export interface KnownGood {
  readonly name: string;
  readonly measurement: Measurement;
}

/**
 * @param known one or more; in order for a series
 * @throws UserError if one of them has no update, or they cannot be compared with each other
 */
export function buildCalibration(known: readonly KnownGood[], kind: CalibrationKind): Calibration {
  const [first] = known;
  if (first === undefined) throw new Error('a calibration of nothing');
  const { measurement, name } = first;
  const update = expectUpdate(measurement, name);
  const start: Calibration = { schema: CALIBRATION_SCHEMA, ...update, kind, runs: [calibrationRun(first)] };
  return known.slice(1).reduce<Calibration>((calibration, other) => extendCalibration(calibration, other), start);
}

/**
 * The calibration with one more known-good checkpoint; for a series, the newest.
 * @throws UserError if it cannot be compared with the others, or is one of them
 */
export function extendCalibration(calibration: Calibration, known: KnownGood): Calibration {
  const { measurement, name } = known;
  const run = calibrationRun(known);
  const difference =
    findCalibrationDifference(calibration, expectUpdate(measurement, name)) ?? unlikeUpdates(calibration.runs, run);
  if (difference !== null) throw unlike(name, difference);
  const same = calibration.runs.find(({ digest }) => digest === run.digest);
  if (same) {
    throw new UserError(
      `${same.name} and ${name} are the same checkpoint, byte for byte`,
      'give each known-good checkpoint once: two copies say nothing about how runs differ',
    );
  }
  return { ...calibration, runs: [...calibration.runs, run] };
}

function expectUpdate(measurement: Measurement, name: string) {
  const update = describeUpdate(measurement);
  if (update === null) {
    throw new UserError(
      `${name} has no update: its spectra were measured without a reference, or not at all`,
      'give the weights that it was trained from (--reference)',
    );
  }
  expectFullSpectra({ tensors: measurement.tensors.filter(({ of }) => of === 'delta') }, name);
  const broken = measurement.tensors.find(({ of, status }) => of === 'delta' && status === 'notFinite');
  if (broken !== undefined) {
    throw new UserError(`${name} is no good checkpoint: ${broken.name} has NaN or Inf`, 'leave it out');
  }
  if (measurement.groups.every(({ of }) => of !== 'delta')) {
    throw new UserError(
      `${name} does not differ from its reference, or by rounding alone`,
      'leave it out: it says nothing about how much a good run changes',
    );
  }
  return update;
}

const WORDS: Record<Unlike['cause'], string> = {
  'tool-version': 'another version of Shadow Gate measured it',
  architecture: 'its architecture is another one',
  reference: 'it was measured against another reference',
  adapter: 'one is an adapter and the other a full model',
  rank: 'its LoRA rank is another one',
  tensors: 'it updates other tensors',
  shape: 'its shapes are other ones',
  'low-rank': 'its update is of another kind',
  updates: 'it updates other matrices',
};

function unlike(name: string, { cause, what, calibrated, candidate }: Unlike): UserError {
  const place = what === null ? '' : `${what}: `;
  return new UserError(
    `${name} cannot be calibrated with the others: ${WORDS[cause]} (${place}${candidate ?? 'none'}, others ${calibrated ?? 'none'})`,
    'calibrate with checkpoints that were trained from one reference in one way',
  );
}

export function calibrationRun({ name, measurement }: KnownGood): CalibrationRun {
  const { checkpoint, run, model, groups } = measurement;
  const lowRank = lowRankGroups(measurement);
  const { delta } = model;
  return {
    name,
    digest: checkpoint.digest,
    measured: run.time,
    updateSize: delta?.updateSize ?? null,
    model: {
      mlpAttentionRatio: delta?.mlpAttentionRatio ?? null,
      mlpTopEnergy: delta?.mlpTopEnergy ?? null,
      attentionTopEnergy: delta?.attentionTopEnergy ?? null,
    },
    groups: groups
      .filter(({ of }) => of === 'delta')
      .map((group) => ({
        component: group.component,
        module: group.module,
        count: group.count,
        isLowRank: lowRank.has(groupKey(group)),
        metrics: group.median,
      })),
  };
}
