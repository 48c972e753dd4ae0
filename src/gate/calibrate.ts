import { calibrationOf, extendCalibration, type KnownGood } from '../compare/calibration/build.ts';
import type { Calibration, CalibrationKind } from '../compare/calibration/schema.ts';
import { measure } from '../measure/measure.ts';
import { type MeasuredModel, openingOnce, openMeasured, openMeasuredReference } from '../measure/open-measured.ts';
import type { MeasureOptions } from '../measure/options.ts';
import { readMeasurement } from '../measure/schema/read.ts';
import type { OnProgress } from '../platform/progress.ts';

export interface CalibrateOptions extends Pick<MeasureOptions, 'device' | 'method' | 'memoryLimit' | 'spectrumStore'> {
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
 * Measure the update of each known-good checkpoint, and put them together. What was measured before comes from the stores.
 * @throws UserError for one that cannot be measured, or cannot be compared with the others
 */
export async function calibrate(options: CalibrateOptions): Promise<Calibration> {
  const { checkpoints, reference: path, kind, extend, onProgress, ...settings } = options;
  // What is wrong with any of them is known before minutes are spent on the first.
  const open = openingOnce();
  const models = new Map<string, MeasuredModel>();
  for (const checkpoint of checkpoints) {
    if (!isMeasurement(checkpoint)) models.set(checkpoint, await openMeasured({ checkpoint }, open));
  }
  const reference = await openMeasuredReference(path, open);
  let calibration = extend;
  for (const name of checkpoints) {
    const model = models.get(name);
    const known: KnownGood = {
      name,
      measurement: model
        ? await measure({ ...model, reference }, { ...settings, probes: null, updatesOnly: true, onProgress })
        : await readMeasurement(name),
    };
    calibration = calibration ? extendCalibration(calibration, known) : calibrationOf([known], kind);
  }
  if (calibration === undefined) throw new Error('no checkpoint to calibrate with');
  return calibration;
}

/** Does a path stand for a checkpoint that has been measured? */
export function isMeasurement(path: string): boolean {
  return path.endsWith('.json');
}
