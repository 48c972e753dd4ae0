// Our spectra in `npm run bench:spectra`: measured in a process of their own, for its peak memory.
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Metrics } from '@shadow-gate/spectra/metrics-schema';
import { build } from 'esbuild';
import { packagesOfOthers } from '../build/packages-of-others.ts';
import { readSpectra, type SpectrumKeys } from './peers.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the process prints. */
export interface OwnTimes {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly mebibytes: number;
  /** Of the last matrix. */
  readonly metrics: Metrics | null;
  readonly keys: SpectrumKeys;
}

export interface OwnSpectra extends OwnTimes {
  /** Singular values, largest first, by what they are of; none of a fast spectrum. */
  readonly spectra: readonly (readonly [string, Float64Array])[];
}

/** @param options of spectra-process.ts, but for --into */
export type Measure = (...options: string[]) => Promise<OwnSpectra>;

/**
 * The process is a bundle: what reads TypeScript would count as its memory, and threads start from it in every version of Node.
 * @param folder for what it finds
 */
export async function withOwnSpectra(folder: string, work: (measure: Measure) => Promise<void>): Promise<void> {
  // Inside the repository, so that its packages are found.
  const outdir = join(root, 'out', `bench-spectra-${process.pid}`);
  try {
    await build({
      entryPoints: {
        spectra: fileURLToPath(new URL('spectra-process.ts', import.meta.url)),
        'solver-worker': join(root, 'packages/spectra/src/exact/solver-worker.ts'),
      },
      outdir,
      bundle: true,
      format: 'esm',
      platform: 'node',
      plugins: [packagesOfOthers],
      logLevel: 'warning',
    });
    await work(async (...options) => {
      const into = join(folder, 'own');
      const { stdout } = await promisify(execFile)(process.execPath, [
        ...[join(outdir, 'spectra.js'), '--into', into],
        ...options,
      ]);
      const times: OwnTimes = JSON.parse(stdout);
      return { ...times, spectra: await readSpectra(times.keys, into) };
    });
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}
