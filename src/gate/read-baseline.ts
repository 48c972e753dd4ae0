import { stat } from 'node:fs/promises';
import { isWeightsFile } from '@shadow-gate/checkpoints/formats';
import { isHubPath } from '@shadow-gate/checkpoints/hub';
import type { LogKind } from '@shadow-gate/harness';
import { isCountsFile } from '@shadow-gate/harness';
import { UserError } from '@shadow-gate/platform';
import { expectFullSpectra } from '../measure/full-spectra.ts';
import { nameOfServed } from '../measure/index.ts';
import { measureLogs } from '../measure/measure-logs.ts';
import type { Endpoint } from '../measure/options.ts';
import { type Measurement, readMeasurement } from '../measure/schema/index.ts';

export type ResolvedBaseline = BaselineOrigin &
  (
    | { readonly kind: 'missing' }
    /** To be measured the same way as the candidate, at its own server if it has one. */
    | { readonly kind: 'checkpoint'; readonly path: string; readonly endpoint?: Endpoint }
    /** A model at a server, without its weights. */
    | { readonly kind: 'served'; readonly endpoint: Endpoint }
    /** Read at a commit, or from disk (null). */
    | { readonly kind: 'measurement'; readonly measurement: Measurement; readonly commit: string | null }
  );

interface BaselineOrigin {
  /** A path, an artifact or a cache entry, for reports; null if no baseline was given. */
  readonly name: string | null;
  /** One line for the log: the chosen baseline, and why. */
  readonly note?: string | undefined;
}

/**
 * @param path of a measurement, or of a checkpoint, logs or counts
 * @param mayBeMissing whether the path may not exist, such as a default that nobody typed
 * @throws UserError for any other file, and for one that does not exist
 */
export async function readBaseline(
  path: string | undefined,
  { mayBeMissing = false }: { readonly mayBeMissing?: boolean } = {},
): Promise<ResolvedBaseline> {
  if (path === undefined) return { kind: 'missing', name: null };
  if (isHubPath(path)) return { kind: 'checkpoint', path, name: path };
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (!info) {
    if (mayBeMissing) return { kind: 'missing', name: path };
    throw new UserError(
      `the baseline ${path} does not exist`,
      "check the path, or create the file with 'shadow-gate measure --checkpoint PATH --out FILE'",
    );
  }
  if (info.isDirectory() || isWeightsFile(path)) return { kind: 'checkpoint', path, name: path };
  try {
    return { kind: 'measurement', measurement: await readMeasurement(path), commit: null, name: path };
  } catch (error) {
    if (error instanceof UserError && (await isCountsFile(path))) return { kind: 'checkpoint', path, name: path };
    throw error;
  }
}

/** @throws UserError for a measurement with screened matrices: the next candidate needs full spectra to compare with */
export function expectFull(baseline: ResolvedBaseline): ResolvedBaseline {
  if (baseline.kind === 'measurement') expectFullSpectra(baseline.measurement, `the baseline ${baseline.name}`);
  return baseline;
}

/** A folder of logs, or a file of counts. @throws UserError for a checkpoint, and for a folder without such logs */
export async function asLogBaseline(baseline: ResolvedBaseline, kind: LogKind): Promise<ResolvedBaseline> {
  if (baseline.kind !== 'checkpoint') return baseline;
  const { path, name, note } = baseline;
  const isFolder = !isHubPath(path) && (await stat(path)).isDirectory();
  const isOfLogs = kind === 'counts' ? !isFolder && !isHubPath(path) && !isWeightsFile(path) : isFolder;
  if (!isOfLogs) {
    const logs = kind === 'counts' ? 'a file of counts' : 'a folder of logs';
    throw new UserError(
      `the baseline ${name} is not ${logs}, and logs are compared with logs`,
      `give ${logs}, or what 'shadow-gate measure --${kind} PATH --out FILE' writes`,
    );
  }
  const measurement = await measureLogs({ kind, path });
  return { kind: 'measurement', measurement, commit: null, name, note };
}

/** @throws UserError for a baseline that is measured already */
export function servedBaseline(baseline: ResolvedBaseline, endpoint: Endpoint): ResolvedBaseline {
  if (baseline.kind === 'measurement') {
    throw new UserError(
      `the baseline ${baseline.name} is measured already, and a baseline endpoint or model is given`,
      'give one of them',
    );
  }
  if (baseline.kind === 'checkpoint') return { ...baseline, endpoint };
  return { kind: 'served', endpoint, name: nameOfServed(endpoint) };
}
