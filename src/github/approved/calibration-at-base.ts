import { UserError } from '@shadow-gate/platform';
import { type NamedCalibration, parseCalibration } from '../../compare/calibration/index.ts';
import type { ChangedInput } from '../../compare/finding.ts';
import { calibrationOnDisk } from '../../gate/find-calibration.ts';
import type { ApprovedFiles } from './approved-files.ts';

export interface ApprovedCalibration {
  readonly calibration: NamedCalibration | null;
  /** One line for the log: which one counts, and why. */
  readonly note: string | null;
  readonly changes: readonly ChangedInput[];
}

/**
 * The calibration that a change is judged by: the file at the base commit, so that a pull request cannot widen its own
 * limits, or count itself among the known-good checkpoints. Read from disk instead: a path outside the workspace, and a
 * file in neither commit, which an earlier step of the workflow has written.
 * @param mayBeMissing as at the default path
 * @throws UserError for a named file that does not exist or is not a calibration, and if the base commit cannot be read
 */
export async function calibrationAtBase(
  files: ApprovedFiles,
  { path, mayBeMissing }: { readonly path: string; readonly mayBeMissing: boolean },
): Promise<ApprovedCalibration> {
  const fromDisk = async (note: string): Promise<ApprovedCalibration> => ({
    calibration: await calibrationOnDisk({ path, mayBeMissing }),
    note,
    changes: [],
  });
  const standing = await files.standingOf(path, 'calibration');
  if (standing === null) return fromDisk(`calibration ${path} is outside the workspace`);
  const { base, change } = standing;
  const finding = { level: 'info', input: 'calibration', path, base: files.short, counts: 'base' } as const;
  if (base?.kind === 'file') {
    const text = await files.textOf(base, path, 'calibration');
    return {
      calibration: { path, calibration: parseCalibration(text, `${path} at ${files.short}`) },
      note: `calibration ${path} is read at the base commit ${files.short}`,
      changes: change === null || change === 'unknown' ? [] : [{ ...finding, change }],
    };
  }
  if (base !== null) {
    throw new UserError(
      `the calibration ${path} is not a file in commit ${files.short}`,
      'give the path of a file in this repository, without a link or a submodule that the change can replace',
    );
  }
  if (change === null) {
    return fromDisk(`the base commit has no calibration ${path}; one that a step of the workflow wrote counts`);
  }
  const note = `the base commit has no calibration ${path}, and the one in this change does not count`;
  if (!mayBeMissing) {
    throw new UserError(note, 'merge the calibration first: once it is on the base branch, updates are judged by it');
  }
  return { calibration: null, note, changes: [{ ...finding, change: 'added' }] };
}
