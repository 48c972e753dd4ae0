import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryPath } from '../../../src/github/approved/index.ts';
import { temporaryFolder } from '../../fixtures.ts';

const repository = { owner: 'o', repo: 'r' };

it.each(['..', '../', 'a/../..', '../..', '../x', '/etc/passwd'])(
  '%s is not a path of the repository',
  async (path) => {
    const folder = join(temporaryFolder(), 'workspace');
    expect(await repositoryPath(path, { folder, repository })).toBeNull();
    expect(await repositoryPath(path, { folder, alias: join(temporaryFolder(), 'alias'), repository })).toBeNull();
  },
);

it.each([
  ['a/b', 'a/b'],
  ['./a/../b', 'b'],
  ['..a', '..a'],
  ['.../a', '.../a'],
])('%s is one', async (path, name) => {
  expect(await repositoryPath(path, { folder: temporaryFolder(), repository })).toBe(name);
});
