import { VERSION } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { resolveCalibration } from '../../src/action/resolve-approved.ts';
import { CALIBRATION_FILE, calibrationText } from '../../src/compare/calibration/file.ts';
import { CALIBRATION_SCHEMA, type Calibration } from '../../src/compare/calibration/schema.ts';
import { ApprovedFiles } from '../../src/github/approved/approved-files.ts';
import { policySchema } from '../../src/policy/policy.ts';
import { useGitRepository } from '../github/approved/git-repository.ts';

const rig = useGitRepository();

/** A calibration with runs of these names. */
function calibrationOf(...names: string[]): string {
  const nothing = { mlpAttentionRatio: null, mlpTopEnergy: null, attentionTopEnergy: null };
  const architecture = { modelType: 'llama', name: null, layers: 2, hiddenSize: 16, heads: 2, keyValueHeads: 2 };
  const calibration: Calibration = {
    schema: CALIBRATION_SCHEMA,
    tool: { name: 'shadow-gate', version: VERSION },
    architecture,
    reference: null,
    method: { mode: 'exact', accumulation: 'float64' },
    tensors: [],
    kind: 'runs',
    runs: names.map((name) => ({
      name,
      digest: `sha256:${name}`,
      measured: '2026-01-01T00:00:00.000Z',
      updateSize: null,
      model: nothing,
      groups: [{ component: null, module: 'down_proj', count: 2, isLowRank: false, metrics: {} }],
    })),
  };
  return calibrationText(calibration);
}

const APPROVED = calibrationOf('a', 'b', 'c');
const WIDER = calibrationOf('a', 'b', 'c', 'the candidate itself');
const LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n';

interface Case {
  readonly input?: string;
  /** What the policy of the base commit names. */
  readonly file?: string;
  /** The commit that a workflow checks out, where the checkout does not say. */
  readonly usual?: string | null;
}

function resolve(sha: string | null, { input = CALIBRATION_FILE, file, usual = null }: Case = {}) {
  const workspace = { folder: rig.repository.folder, repository: { owner: 'o', repo: 'r' } };
  const files =
    sha === null
      ? null
      : new ApprovedFiles(rig.repository.client, { owner: 'o', repo: 'r', sha }, { workspace, usual, commits: [] });
  const policy = { policy: policySchema.parse({ calibration: file === undefined ? {} : { file } }), policyPath: null };
  return resolveCalibration({ calibration: input }, { files, policy });
}

const namesIn = ({ calibration }: Awaited<ReturnType<typeof resolve>>) =>
  calibration?.calibration.runs.map(({ name }) => name) ?? null;

describe('the calibration that judges a pull request', () => {
  it.each([
    ['edits it to count itself as known-good', { [CALIBRATION_FILE]: WIDER }, 'edited'],
    ['makes it unreadable', { [CALIBRATION_FILE]: '{}' }, 'edited'],
    ['deletes it', { [CALIBRATION_FILE]: null }, 'deleted'],
    [
      'lets a link lead to another',
      { [CALIBRATION_FILE]: { link: 'wider.json' }, '.shadow-gate/wider.json': WIDER },
      'edited',
    ],
    ['lets the folder lead to another', { '.shadow-gate': { link: 'w' }, 'w/calibration.json': WIDER }, 'edited'],
  ])('comes from the base commit if the change %s', async (_what, change, verb) => {
    const base = rig.repository.commit({ [CALIBRATION_FILE]: APPROVED });
    rig.repository.commit(change);
    const resolved = await resolve(base);
    expect(namesIn(resolved)).toEqual(['a', 'b', 'c']);
    expect(resolved.changes).toMatchObject([
      { input: 'calibration', level: 'info', change: verb, counts: 'base', path: CALIBRATION_FILE },
    ]);
    expect(resolved.note).toContain('is read at the base commit');
  });

  it('does not exist if only the change has one; if somebody named the path, that is an error', async () => {
    const base = rig.repository.commit({ 'README.md': '' });
    expect(await resolve(base)).toMatchObject({ calibration: null, changes: [] });
    rig.repository.commit({ [CALIBRATION_FILE]: WIDER, 'known/good.json': WIDER });
    const resolved = await resolve(base);
    expect(resolved).toMatchObject({
      calibration: null,
      changes: [{ level: 'info', change: 'added', counts: 'base' }],
    });
    expect(resolved.note).toContain('the one in this change does not count');
    for (const named of [{ input: 'known/good.json' }, { file: 'known/good.json' }]) {
      await expect(resolve(base, named)).rejects.toThrow('the one in this change does not count');
    }
    await expect(resolve(base, { input: 'no/such.json' })).rejects.toThrow('no/such.json does not exist');
  });

  it('is the one that a step has written, or that is outside the workspace', async () => {
    const base = rig.repository.commit({ 'README.md': '' });
    rig.repository.write({ 'step.json': APPROVED });
    expect(namesIn(await resolve(base, { input: 'step.json' }))).toEqual(['a', 'b', 'c']);
  });

  it('is the file that the approved policy names; an input that names another contradicts it', async () => {
    const base = rig.repository.commit({ 'good.json': APPROVED, 'other.json': WIDER, [CALIBRATION_FILE]: WIDER });
    expect(namesIn(await resolve(base, { file: 'good.json' }))).toEqual(['a', 'b', 'c']);
    expect(namesIn(await resolve(base, { input: 'good.json' }))).toEqual(['a', 'b', 'c']);
    expect(namesIn(await resolve(base, { input: 'good.json', file: 'good.json' }))).toEqual(['a', 'b', 'c']);
    await expect(resolve(base, { input: 'other.json', file: 'good.json' })).rejects.toThrow(
      'the policy says calibration: { file: good.json }, and the input calibration is other.json',
    );
  });

  it('does not exist if it is switched off, whatever the policy names', async () => {
    const base = rig.repository.commit({ [CALIBRATION_FILE]: APPROVED });
    for (const file of [undefined, 'good.json']) {
      expect(await resolve(base, { input: 'off', ...(file === undefined ? {} : { file }) })).toEqual({
        calibration: null,
        note: null,
        changes: [],
      });
    }
  });

  it('is an error where its text cannot be had, and never no calibration', async () => {
    const base = rig.repository.commit({ [CALIBRATION_FILE]: LFS, 'folder/a': '', 'damaged.json': '{' });
    await expect(resolve(base)).rejects.toThrow('is a Git LFS pointer at the base commit');
    await expect(resolve(base, { input: 'folder' })).rejects.toThrow('is not a file in commit');
    await expect(resolve(base, { input: 'damaged.json' })).rejects.toThrow('damaged.json at');
    await expect(resolve('f'.repeat(40))).rejects.toThrow('could not be read at the base commit');
  });
});

describe('a run on the default branch', () => {
  it('has the calibration of the workspace', async () => {
    expect(await resolve(null)).toMatchObject({ calibration: null, note: null });
    await expect(resolve(null, { input: 'named.json' })).rejects.toThrow('named.json does not exist');
    rig.repository.write({ [CALIBRATION_FILE]: APPROVED });
    expect(namesIn(await resolve(null))).toEqual(['a', 'b', 'c']);
    rig.repository.write({ [CALIBRATION_FILE]: '{}' });
    await expect(resolve(null)).rejects.toThrow(CALIBRATION_FILE);
  });
});
