import { CALIBRATION_FILE } from '../compare/calibration/index.ts';
import { type CalibrationChoice, calibrationOnDisk, calibrationPath } from '../gate/find-calibration.ts';
import { type ApprovedCalibration, type ApprovedFiles, calibrationAtBase } from '../github/approved/index.ts';
import type { ResolvedPolicy } from '../policy/load.ts';

const NONE: ApprovedCalibration = { calibration: null, note: null, changes: [] };

/**
 * The calibration that counts: that of the input or of the policy, as it has been approved.
 * @param files null: the workspace itself counts
 * @throws UserError for one that is named and not there, or named twice
 */
export async function resolveCalibration(
  named: CalibrationChoice,
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
