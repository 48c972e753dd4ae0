import { isWeightsFile } from '@shadow-gate/checkpoints/formats';
import { isHubPath } from '@shadow-gate/checkpoints/hub';
import { UserError } from '@shadow-gate/platform';
import type { ChangedInput } from '../../compare/finding.ts';
import { type ResolvedBaseline, readBaseline } from '../../gate/read-baseline.ts';
import { parseMeasurement } from '../../measure/schema/index.ts';
import type { ApprovedFiles } from './approved-files.ts';

export interface ApprovedBaseline {
  readonly baseline: ResolvedBaseline;
  readonly changes: readonly ChangedInput[];
}

interface BaselineOptions {
  readonly path: string;
  /** Whether it may not exist, as at the default path: then the policy decides. */
  readonly mayBeMissing: boolean;
}

/**
 * The baseline of a change: the file at the base commit, so that a pull request cannot bring its own. Read from disk
 * instead: a checkpoint, whose change is a finding; a path outside the workspace; and a file in neither commit, which
 * an earlier step of the workflow has written.
 * @throws UserError if the base commit cannot be read: to compare with another file would be a guess
 */
export async function baselineAtBase(
  files: ApprovedFiles,
  { path, mayBeMissing }: BaselineOptions,
): Promise<ApprovedBaseline> {
  const unchanged = async (note: string): Promise<ApprovedBaseline> => ({
    baseline: await baselineOnDisk({ path, mayBeMissing }, note),
    changes: [],
  });
  if (isHubPath(path)) return unchanged(`baseline ${path} is read from the hub`);
  const standing = await files.standingOf(path, 'baseline');
  if (standing === null) return unchanged(`baseline ${path} is outside the workspace`);
  const { base, change } = standing;
  const finding = { input: 'baseline', path, base: files.short } as const;
  if (base === null) {
    if (change === null) {
      return unchanged(`the base commit has no baseline ${path}; one that a step of the workflow wrote counts`);
    }
    const note = `the base commit has no baseline ${path}, and the one in this change does not count`;
    if (!mayBeMissing) {
      throw new UserError(
        note,
        'merge the baseline first: once it is on the base branch, changes are compared with it',
      );
    }
    return {
      baseline: { kind: 'missing', name: path, note },
      changes: [{ ...finding, level: 'info', change: 'added', counts: 'base' }],
    };
  }
  // Weights are a checkpoint, not the text of a measurement.
  if (base.kind === 'file' && !isWeightsFile(path)) {
    const measurement = parseMeasurement(await files.textOf(base, path, 'baseline'), `${path} at ${files.short}`);
    const note = `baseline ${path} is read at the base commit ${files.short}`;
    return {
      baseline: { kind: 'measurement', measurement, commit: files.base.sha, name: path, note },
      changes: change === null || change === 'unknown' ? [] : [{ ...finding, level: 'info', change, counts: 'base' }],
    };
  }
  const onDisk = await unchanged(`baseline ${path} is used as it is checked out`);
  if (change === null) return onDisk;
  return { ...onDisk, changes: [{ ...finding, level: 'inconclusive', change, counts: 'change' }] };
}

export async function baselineOnDisk({ path, mayBeMissing }: BaselineOptions, note: string): Promise<ResolvedBaseline> {
  return { ...(await readBaseline(path, { mayBeMissing })), note };
}
