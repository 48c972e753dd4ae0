import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expectOwnLibraries } from '../../src/action/expect-own-libraries.ts';
import { parseInputs } from '../../src/action/inputs.ts';
import { temporaryFolder } from '../fixtures.ts';

const machine = temporaryFolder();
const workspace = { folder: join(machine, 'workspace'), repository: { owner: 'o', repo: 'r' } };
mkdirSync(join(workspace.folder, 'cuda'), { recursive: true });
mkdirSync(join(machine, 'cuda'));
symlinkSync(join(machine, 'cuda'), join(workspace.folder, 'link-out'));
symlinkSync(join(workspace.folder, 'cuda'), join(machine, 'link-in'));
symlinkSync(workspace.folder, join(machine, 'alias'));

const given = (libraries: string, more: Record<string, string> = { checkpoint: 'model' }) => {
  const inputs: Record<string, string> = { ...more, 'cuda-libraries': libraries };
  const run = parseInputs((name) => inputs[name] ?? '', { folder: workspace.folder, temporary: machine });
  return expectOwnLibraries(run, { ...workspace, alias: join(machine, 'alias') });
};

it('libraries of CUDA do not come from the workspace, where a change can put some', async () => {
  for (const path of [
    join(workspace.folder, 'cuda'),
    join(workspace.folder, 'not-there', 'yet'),
    `${workspace.folder}/`,
    join(workspace.folder, 'link-out'),
    join(machine, 'link-in'),
    join(machine, 'alias', 'cuda'),
  ]) {
    await expect(given(path), path).rejects.toThrow(/^the input cuda-libraries is .* inside the workspace/);
  }
  const calibrate = { mode: 'calibrate', checkpoints: 'a\nb', reference: 'base' };
  await expect(given(join(workspace.folder, 'cuda'), calibrate)).rejects.toThrow(/inside the workspace/);
});

it('libraries of the machine, downloads and none are used', async () => {
  for (const libraries of [
    join(machine, 'cuda'),
    join(machine, 'workspace-2'),
    '/opt/cuda',
    'download',
    'auto',
    'off',
  ]) {
    await given(libraries);
  }
  await given('auto', { mode: 'merge' });
});
