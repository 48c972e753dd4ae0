import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FolderFiles } from '@shadow-gate/platform/files';
import { expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import type * as resolving from '../../src/files/resolve-inside.ts';

/** What happens after a file has been found inside of its folder, and before it is opened. */
const { between } = vi.hoisted(() => ({ between: { happen: (_: string) => {} } }));

vi.mock('../../src/files/resolve-inside.ts', async (original) => {
  const actual = await original<typeof resolving>();
  return {
    ...actual,
    resolveInside: async (...of: Parameters<typeof actual.resolveInside>) => {
      const real = await actual.resolveInside(...of);
      if (real !== null) between.happen(real);
      return real;
    },
  };
});

it('does not follow a link to a file outside that takes the place of one inside', async () => {
  const [folder, outside] = [temporaryFolder(), join(temporaryFolder(), 'secret')];
  writeFileSync(join(folder, 'modeling.py'), 'own');
  writeFileSync(outside, 'secret');
  between.happen = (real) => {
    rmSync(real);
    symlinkSync(outside, `${real}.link`);
    renameSync(`${real}.link`, real);
  };
  await expect(new FolderFiles(folder).text('modeling.py')).rejects.toThrow(/modeling\.py is not a regular file/);
});
