import { execFile } from 'node:child_process';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { scriptArguments } from '../run-scripts.ts';

const POLL_MILLISECONDS = 100;

/** Build what users run from the current source. */
export async function buildInto(folder: string): Promise<void> {
  await promisify(execFile)(process.execPath, [...scriptArguments('scripts/build.ts'), '--outdir', folder]);
}

/**
 * The built action and command line: a folder with index.js and cli.js, far from any node_modules. It is built from the
 * current source once for all test files, by the first that needs it, so that no test passes on an old dist/.
 */
export async function builtDist(): Promise<string> {
  const folder = inject('distFolder');
  const dist = join(folder, 'dist');
  const isFirst = await mkdir(join(folder, 'lock')).then(
    () => true,
    () => false,
  );
  if (isFirst) {
    await buildInto(dist).catch(async (error: unknown) => {
      await mkdir(join(folder, 'failed'));
      throw error;
    });
    return dist;
  }
  // The build puts it in place when it is complete.
  while (!(await exists(dist))) {
    if (await exists(join(folder, 'failed'))) throw new Error('the build failed in another test file');
    await wait(POLL_MILLISECONDS);
  }
  return dist;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The Node that runs the tests, and that of the action (`using: node24`) if NODE24 says where it is. */
export function nodes(): string[] {
  const { NODE24 } = process.env;
  return NODE24 === undefined || NODE24 === process.execPath ? [process.execPath] : [process.execPath, NODE24];
}
