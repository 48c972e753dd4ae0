import { CALIBRATION_FILE } from '../compare/calibration/file.ts';
import { calibrationOnDisk } from '../gate/find-calibration.ts';
import type { ApprovedFiles } from '../github/approved/approved-files.ts';
import { type ApprovedCalibration, calibrationAtBase } from '../github/approved/calibration-at-base.ts';
import { UserError } from '../platform/user-error.ts';
import type { ResolvedPolicy } from '../policy/load.ts';
import { OFF } from './input-schema.ts';

/** What says where the calibration is. A file called `off` can be given as `./off`. */
interface Named {
  /** The input. */
  readonly calibration: string;
}

const NONE: ApprovedCalibration = { calibration: null, note: null, changes: [] };

/**
 * The calibration that counts: that of the input or of the policy, as it has been approved.
 * @param files null: the workspace itself counts
 * @throws UserError for one that is named and not there, or named twice
 */
export async function resolveCalibration(
  named: Named,
  { files, policy }: { readonly files: ApprovedFiles | null; readonly policy: ResolvedPolicy },
): Promise<ApprovedCalibration> {
  const path = calibrationPath(named, policy);
  if (path === null) return NONE;
  // A path that somebody wrote down has to exist.
  const options = { path, mayBeMissing: path === CALIBRATION_FILE };
  if (files !== null) return calibrationAtBase(files, options);
  const calibration = await calibrationOnDisk(options);
  const note = calibration && `calibration ${path} is read from the workspace`;
  return { calibration, note, changes: [] };
}

/** Null where it is switched off. @throws UserError where input and policy name two files */
export function calibrationPath({ calibration: input }: Named, { policy }: ResolvedPolicy): string | null {
  if (input === OFF) return null;
  const { file = CALIBRATION_FILE } = policy.calibration;
  if (input === CALIBRATION_FILE || input === file) return file;
  if (file === CALIBRATION_FILE) return input;
  throw new UserError(
    `the policy says calibration: { file: ${file} }, and the input calibration is ${input}`,
    'give one of them',
  );
}
