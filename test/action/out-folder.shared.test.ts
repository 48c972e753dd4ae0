import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expectInside } from '../../src/action/out-folder.ts';
import { temporaryFolder } from '../fixtures.ts';

it('a path that stays in the folder may be written to, through links as well, whether it exists or not', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'real'));
  writeFileSync(join(folder, 'real', 'file'), '');
  symlinkSync(join(folder, 'real'), join(folder, 'link'));
  for (const path of ['', 'new/folder', 'real', 'real/file', 'link', 'link/file', 'link/new', '..names/are/fine']) {
    await expect(expectInside(join(folder, path), folder), path).resolves.toBeUndefined();
  }
});

it('a link out of the folder, or to nowhere, is refused by name wherever it is in the path', async () => {
  const folder = temporaryFolder();
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'file'), '');
  symlinkSync(outside, join(folder, 'out'));
  symlinkSync(join(outside, 'file'), join(folder, 'file'));
  symlinkSync(join(outside, 'gone'), join(folder, 'gone'));
  symlinkSync('out', join(folder, 'twice'));
  for (const path of ['out', 'out/new', 'twice', 'twice/a/b', 'file']) {
    await expect(expectInside(join(folder, path), folder), path).rejects.toThrow(/symbolic link out of the workspace/);
  }
  await expect(expectInside(join(folder, 'gone'), folder)).rejects.toThrow(/gone is a symbolic link to nowhere/);
  await expect(expectInside(join(folder, 'gone', 'a'), folder)).rejects.toThrow(/to nowhere/);
});

it('a folder that a workflow names outside is its own decision', async () => {
  const outside = temporaryFolder();
  await expect(expectInside(join(outside, 'x'), temporaryFolder())).resolves.toBeUndefined();
});
