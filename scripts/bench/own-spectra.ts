// Our spectra in `npm run bench:spectra`: measured in a process of their own, for its peak memory.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Metrics } from '@shadow-gate/spectra/metrics-schema';
import { readSpectra, type SpectrumKeys } from './peers.ts';
import { withBundles } from './process-bundle.ts';

/** What the process prints. */
export interface OwnTimes {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly mebibytes: number;
  /** Metrics of the last matrix. */
  readonly metrics: Metrics | null;
  readonly keys: SpectrumKeys;
}

export interface OwnSpectra extends OwnTimes {
  /** Singular values, largest first, by what they are of; none of a fast spectrum. */
  readonly spectra: readonly (readonly [string, Float64Array])[];
}

/** @param options of spectra-process.ts, but for --into */
export type Measure = (...options: string[]) => Promise<OwnSpectra>;

/** @param folder for what the process finds */
export async function withOwnSpectra(folder: string, work: (measure: Measure) => Promise<void>): Promise<void> {
  const entries = {
    spectra: 'scripts/bench/spectra-process.ts',
    'solver-worker': 'packages/spectra/src/exact/solver-worker.ts',
    'large-worker': 'packages/spectra/src/large/large-worker.ts',
  };
  await withBundles(entries, async (outdir) => {
    await work(async (...options) => {
      const into = join(folder, 'own');
      const { stdout } = await promisify(execFile)(process.execPath, [
        ...[join(outdir, 'spectra.js'), '--into', into],
        ...options,
      ]);
      const times: OwnTimes = JSON.parse(stdout);
      return { ...times, spectra: await readSpectra(times.keys, into) };
    });
  });
}
