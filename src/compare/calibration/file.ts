import { UserError } from '@shadow-gate/platform';
import { writeFileAtomic } from '@shadow-gate/platform/files';
import { jsonLines, parseVersioned, readVersioned } from '@shadow-gate/platform/json';
import { boundedValue } from '@shadow-gate/spectra/bounded';
import { metricRange } from '../spectra/metric-range.ts';
import { unlikeUpdates } from './describe-update.ts';
import { CALIBRATION_SCHEMA, type Calibration, type CalibrationRun, calibrationSchema } from './schema.ts';

/** Default path, next to the baseline. */
export const CALIBRATION_FILE = '.shadow-gate/calibration.json';

const FORMAT = {
  version: CALIBRATION_SCHEMA,
  schema: calibrationSchema,
  hint: "make it with 'shadow-gate calibrate'",
} as const;

/** Read and validate a calibration. @throws UserError naming the file and what is wrong with it */
export async function readCalibration(path: string): Promise<Calibration> {
  return expectConsistent(await readVersioned(path, FORMAT), path);
}

/** @throws UserError for a text that is not a calibration */
export function parseCalibration(text: string, name: string): Calibration {
  return expectConsistent(parseVersioned(text, name, FORMAT), name);
}

export function calibrationText(calibration: Calibration): string {
  return `${jsonLines(calibration)}\n`;
}

export async function writeCalibration(path: string, calibration: Calibration): Promise<void> {
  await writeFileAtomic(path, calibrationText(calibration));
}

/** Squares of larger numbers are infinite, and so would limits be. */
const MOST = 1e100;
const ROUNDING = 1e-6;

/** A number that no update has would lift limits so far that nothing is beyond them. @throws UserError */
function expectPossible({ name, updateSize, model, groups }: CalibrationRun, where: string): void {
  const numbers = [{ ...model, updateSize }, ...groups.map(({ metrics }) => metrics)].flatMap(Object.entries);
  for (const [metric, measured] of numbers) {
    const { least, most } = metricRange(metric);
    const value = measured === null ? null : boundedValue(measured);
    if (value === null || (least - ROUNDING <= value && value <= Math.min(most, MOST) + ROUNDING)) continue;
    throw new UserError(`${where} has a ${metric} of ${value} for ${name}, which no update has`, FORMAT.hint);
  }
}

/** A run that counts twice would make the others look alike. @throws UserError */
function expectConsistent(calibration: Calibration, where: string): Calibration {
  const { runs } = calibration;
  for (const run of runs) expectPossible(run, where);
  const digests = runs.map(({ digest }) => digest);
  const twice = runs.find(({ digest }, i) => digests.indexOf(digest) !== i);
  if (twice !== undefined) throw new UserError(`${where} has the checkpoint ${twice.name} twice`, FORMAT.hint);
  const odd = runs.find((run) => unlikeUpdates(runs, run) !== null);
  if (odd !== undefined) {
    throw new UserError(`${where}: ${odd.name} updates other matrices than the other runs`, FORMAT.hint);
  }
  return calibration;
}
