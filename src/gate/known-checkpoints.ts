import { digestCheckpoint } from '../checkpoint/digest.ts';
import type { Calibration } from '../compare/calibration/schema.ts';
import { openMeasured } from '../measure/open-measured.ts';
import { readMeasurement } from '../measure/schema/read.ts';
import { UserError } from '../platform/user-error.ts';
import { isMeasurement } from './calibrate.ts';

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
