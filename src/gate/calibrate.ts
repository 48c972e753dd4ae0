import { digestCheckpoint } from '@shadow-gate/checkpoints';
import { UserError } from '@shadow-gate/platform';
import type { OnProgress } from '@shadow-gate/platform/progress';
import {
  buildCalibration,
  type Calibration,
  type CalibrationKind,
  extendCalibration,
  type KnownGood,
} from '../compare/calibration/index.ts';
import { measure, openMeasured, openMeasuredReference } from '../measure/index.ts';
import type { MeasureOptions } from '../measure/options.ts';
import { readMeasurement } from '../measure/schema/index.ts';

interface CalibrateOptions extends Pick<MeasureOptions, 'device' | 'method' | 'memoryLimit' | 'spectrumStore'> {
  /** Known-good checkpoints, or measurements of them (*.json); in order for a series. */
  readonly checkpoints: readonly string[];
  readonly reference: string | undefined;
  readonly kind: CalibrationKind;
  readonly extend?: Calibration | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** @throws UserError for a checkpoint that cannot be measured, or cannot be compared with the others */
export async function calibrate(options: CalibrateOptions): Promise<Calibration> {
  const { checkpoints, reference: path, kind, extend, ...settings } = options;
  // Find out what is wrong with any of them before minutes are spent on the first.
  for (const checkpoint of checkpoints) if (!isMeasurement(checkpoint)) await openMeasured({ checkpoint });
  const reference = await openMeasuredReference(path);
  // Open one at a time: a checkpoint keeps its tokenizer in memory, and there can be dozens.
  const measureUpdate = async (checkpoint: string) =>
    measure(await openMeasured({ checkpoint, reference }), { ...settings, probes: null, updatesOnly: true });
  let calibration = extend;
  for (const name of checkpoints) {
    const measurement = await (isMeasurement(name) ? readMeasurement(name) : measureUpdate(name));
    const known: KnownGood = { name, measurement };
    calibration = calibration ? extendCalibration(calibration, known) : buildCalibration([known], kind);
  }
  if (calibration === undefined) throw new Error('no checkpoint to calibrate with');
  return calibration;
}

const isMeasurement = (path: string): boolean => path.endsWith('.json');

/**
 * The checkpoints that a calibration does not have yet, by the digests of their bytes.
 * @throws UserError for one that cannot be opened, and for a series in another order
 */
export async function unknownCheckpoints(
  checkpoints: readonly string[],
  { calibration: { kind, runs }, path }: { readonly calibration: Calibration; readonly path: string },
): Promise<string[]> {
  const places: { readonly checkpoint: string; readonly place: number }[] = [];
  for (const checkpoint of checkpoints) {
    const digest = await digestOf(checkpoint);
    const place = runs.findIndex((run) => run.digest === digest);
    places.push({ checkpoint, place: place === -1 ? Number.POSITIVE_INFINITY : place });
  }
  const late = places.find(({ place }, i) => places.slice(0, i).some((before) => before.place > place));
  if (kind === 'series' && late !== undefined) {
    throw new UserError(
      `${late.checkpoint} stands later in the list than in the series of ${path}`,
      'list the checkpoints in the order of their run, new ones last; or delete the file to calibrate anew',
    );
  }
  return places.filter(({ place }) => place === Number.POSITIVE_INFINITY).map(({ checkpoint }) => checkpoint);
}

async function digestOf(path: string): Promise<string> {
  if (isMeasurement(path)) return (await readMeasurement(path)).checkpoint.digest;
  return digestCheckpoint((await openMeasured({ checkpoint: path })).checkpoint);
}
