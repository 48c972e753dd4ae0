import { stat } from 'node:fs/promises';
import { isHubPath } from '../hub/hub-path.ts';
import type { Measurement } from '../measure/schema/measurement.ts';
import { parseMeasurement, readMeasurement } from '../measure/schema/read.ts';

/** What a baseline argument turned out to be. */
export type BaselineSource =
  | { readonly kind: 'missing' }
  /** A checkpoint, to be measured the same way as the candidate. */
  | { readonly kind: 'checkpoint'; readonly path: string }
  | {
      readonly kind: 'measurement';
      readonly measurement: Measurement;
      /** The commit that it was read from; null where it was read from the disk. */
      readonly commit: string | null;
    };

/** A baseline that was chosen, and what to call it. */
export interface ResolvedBaseline {
  readonly source: BaselineSource;
  /** Its path, or where it came from. */
  readonly name: string;
}

/**
 * A baseline is a measurement file or a checkpoint; a path where nothing is, is a missing baseline.
 * @throws UserError for a file that is neither
 */
export async function readBaseline(path: string): Promise<BaselineSource> {
  if (isHubPath(path)) return { kind: 'checkpoint', path };
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (!info) return { kind: 'missing' };
  if (info.isDirectory() || /\.(safetensors|onnx)$/.test(path)) return { kind: 'checkpoint', path };
  return { kind: 'measurement', measurement: await readMeasurement(path), commit: null };
}

/**
 * A baseline whose text was read from a commit.
 * @param name how errors name it
 * @throws UserError for a text that is no measurement
 */
export function parseBaseline(text: string, name: string, commit: string): BaselineSource {
  return { kind: 'measurement', measurement: parseMeasurement(text, name), commit };
}
