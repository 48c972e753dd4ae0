import { execFile } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';
import { packagesOfOthers } from '../scripts/build/packages-of-others.ts';
import { repository, temporaryFolder } from './fixtures.ts';

const DRIVER = '/usr/share/vulkan/icd.d/lvp_icd.json';

/** Mesa's software adapter: VK_ICD_FILENAMES for a process that must find no other; null if it is not installed. */
export const LAVAPIPE = existsSync(DRIVER) ? DRIVER : null;

/**
 * Run TypeScript in a process of its own, for decisions that are made once per process, such as the choice of graphics
 * drivers.
 * @param script imports the source of a package by `#platform/…` and prints JSON
 */
export async function runScript(script: string, env: Readonly<Record<string, string>>): Promise<unknown> {
  const outfile = await bundleScript(script);
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [outfile], options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(JSON.parse(stdout));
    });
  });
}

/** Bundle a script so that Node can run it. @returns its path */
export async function bundleScript(script: string): Promise<string> {
  const folder = temporaryFolder();
  const outfile = join(folder, 'script.mjs');
  await build({
    stdin: { contents: withSources(script), resolveDir: repository(), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    plugins: [packagesOfOthers],
    outfile,
  });
  symlinkSync(repository('node_modules'), join(folder, 'node_modules'));
  return outfile;
}

/** Paths of sources in place of `#platform/…`. */
export function withSources(script: string): string {
  return script.replace(/#([a-z-]+)\//g, (_, name) => `${repository('packages', name, 'src')}/`);
}
