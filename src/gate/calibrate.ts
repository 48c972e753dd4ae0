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
import type { MeasureOptions, Reference } from '../measure/options.ts';
import { type Measurement, readMeasurement } from '../measure/schema/index.ts';

interface CalibrateOptions extends Pick<MeasureOptions, 'device' | 'method' | 'memoryLimit' | 'spectrumStore'> {
  /** Known-good checkpoints, or measurements of them (*.json); in order for a series. */
  readonly checkpoints: readonly string[];
  /** Path of the weights that they were trained from. */
  readonly reference: string | undefined;
  readonly kind: CalibrationKind;
  /** One that has known-good checkpoints already. */
  readonly extend?: Calibration | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Measure the update of each known-good checkpoint, and put them together. What was measured before comes from the
 * stores.
 * @throws UserError for one that cannot be measured, or cannot be compared with the others
 */
export async function calibrate(options: CalibrateOptions): Promise<Calibration> {
  const { checkpoints, reference: path, kind, extend, onProgress, ...settings } = options;
  // What is wrong with any of them is known before minutes are spent on the first.
  for (const checkpoint of checkpoints) if (!isMeasurement(checkpoint)) await openMeasured({ checkpoint });
  const reference = await openMeasuredReference(path);
  let calibration = extend;
  for (const name of checkpoints) {
    const known: KnownGood = {
      name,
      measurement: isMeasurement(name)
        ? await readMeasurement(name)
        : await measureKnown(name, reference, { ...settings, onProgress }),
    };
    calibration = calibration ? extendCalibration(calibration, known) : buildCalibration([known], kind);
  }
  if (calibration === undefined) throw new Error('no checkpoint to calibrate with');
  return calibration;
}

/** Opened anew, and given up afterwards: an opened checkpoint has its tokenizer in memory, and there can be dozens. */
async function measureKnown(
  checkpoint: string,
  reference: Reference | null,
  options: Pick<CalibrateOptions, 'device' | 'method' | 'memoryLimit' | 'spectrumStore' | 'onProgress'>,
): Promise<Measurement> {
  const model = await openMeasured({ checkpoint, reference });
  return measure(model, { ...options, probes: null, updatesOnly: true });
}

/** Does a path stand for a checkpoint that has been measured? */
function isMeasurement(path: string): boolean {
  return path.endsWith('.json');
}

/**
 * Which of some checkpoints a calibration does not have yet, by the digests of their bytes: those have to be measured.
 * @param checkpoints paths of checkpoints, or of measurements (*.json); in order for a series
 * @param calibration with its path, for errors
 * @throws UserError for one that cannot be opened, and for a series whose order would be another one
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
