import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const BUILD = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));

export interface BuiltDist {
  /** The folder with index.js and cli.js, far from any node_modules. */
  readonly path: string;
  remove(): Promise<void>;
}

/** What users run, built from the current source, so that no test passes on an old dist/. */
export async function buildDist(): Promise<BuiltDist> {
  const folder = await mkdtemp(join(tmpdir(), 'shadow-gate-dist-'));
  const path = join(folder, 'dist');
  await promisify(execFile)(process.execPath, [BUILD, '--outdir', path]);
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** The Node that runs the tests, and the one of the action (`using: node24`) where NODE24 says where it is. */
export function nodes(): string[] {
  const { NODE24 } = process.env;
  return NODE24 === undefined || NODE24 === process.execPath ? [process.execPath] : [process.execPath, NODE24];
}
