// Measured processes of benchmarks are bundles: what reads TypeScript would count as their memory, and threads start
// from them in every version of Node.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { packagesOfOthers } from '../build/packages-of-others.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Bundle scripts, and remove the bundles after the work.
 * @param entryPoints paths from the root of the repository, by the name of the file that each becomes
 * @param work gets the folder of the bundles
 */
export async function withBundles(
  entryPoints: Readonly<Record<string, string>>,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  // Inside the repository, where its packages are found.
  const outdir = join(root, 'out', `bench-${process.pid}`);
  try {
    await build({
      entryPoints,
      absWorkingDir: root,
      outdir,
      bundle: true,
      format: 'esm',
      platform: 'node',
      plugins: [packagesOfOthers],
      logLevel: 'warning',
    });
    await work(outdir);
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}
