import { existsSync } from 'node:fs';
import { UserError } from '@shadow-gate/platform';
import { CALIBRATION_FILE, type NamedCalibration, readCalibration } from '../compare/calibration/index.ts';
import type { ResolvedPolicy } from '../policy/load.ts';
import type { Policy } from '../policy/policy.ts';

/** Switches the calibration off. A file of that name can be given as `./off`. */
export const NO_CALIBRATION = 'off';

export interface CalibrationChoice {
  readonly calibration: string;
}

/**
 * The named file, else that of the policy, else `.shadow-gate/calibration.json` if it exists; none if `named` is false.
 * @throws UserError for a named file that does not exist, and for one that is not a calibration
 */
export async function findCalibration(
  named: string | false | undefined,
  { calibration: { file } }: Policy,
): Promise<NamedCalibration | null> {
  if (named === false) return null;
  if (named === '') throw new UserError('the name of the calibration is empty', 'give a file, or --no-calibration');
  const path = named ?? file;
  return calibrationOnDisk({ path: path ?? CALIBRATION_FILE, mayBeMissing: path === undefined });
}

/** @throws UserError for a file that is not a calibration, and for one that does not exist unless it may be missing */
export async function calibrationOnDisk({
  path,
  mayBeMissing,
}: {
  readonly path: string;
  readonly mayBeMissing: boolean;
}): Promise<NamedCalibration | null> {
  return mayBeMissing && !existsSync(path) ? null : { path, calibration: await readCalibration(path) };
}

/** Null if it is switched off. @throws UserError if input and policy name different files */
export function calibrationPath({ calibration: input }: CalibrationChoice, { policy }: ResolvedPolicy): string | null {
  if (input === NO_CALIBRATION) return null;
  const { file = CALIBRATION_FILE } = policy.calibration;
  if (input === CALIBRATION_FILE || input === file) return file;
  if (file === CALIBRATION_FILE) return input;
  throw new UserError(
    `the policy says calibration: { file: ${file} }, and the input calibration is ${input}`,
    'give one of them',
  );
}
