import { stat } from 'node:fs/promises';
import { type Checkpoint, openCheckpoint, openReference } from '@shadow-gate/checkpoints';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { isHubPath } from '@shadow-gate/checkpoints/hub';
import { UserError } from '@shadow-gate/platform';
import { printable } from '../../report/escape.ts';

export interface OpenedPair {
  readonly checkpoint: Checkpoint;
  readonly reference: FullCheckpoint | null;
}

/** @throws UserError if one is not a checkpoint, or the reference does not have full weights */
export async function openPair(checkpoint: string, reference: string | undefined): Promise<OpenedPair> {
  return {
    checkpoint: await openCheckpoint(checkpoint),
    reference: reference === undefined ? null : await openBase(reference),
  };
}

/** @throws UserError that says how to name another reference, since an adapter may have named this one */
export async function openBase(path: string): Promise<FullCheckpoint> {
  return openReference(path).catch((error: unknown) => {
    if (!(error instanceof UserError) || !isHubPath(path)) throw error;
    const hint = `${error.hint}; or give a copy of it on this machine: --reference PATH`;
    throw new UserError(error.problem, hint, { code: error.code, lines: error.lines });
  });
}

/** Sizes of the files of weights, in bytes. */
export async function weightSizes({ remote, tensors }: Checkpoint): Promise<number[]> {
  if (remote) return remote.weights.map(({ size }) => size);
  const files = new Set([...tensors.values()].map(({ file }) => file));
  return Promise.all([...files].map(async (file) => (await stat(file)).size));
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** The author of a checkpoint writes its family. */
const FAMILY_LENGTH = 40;

const BYTES = [' bytes', ' kB', ' MB', ' GB', ' TB'] as const;
const COUNTS = ['', ' thousand', ' million', ' billion', ' trillion'] as const;

/** Three digits at most. */
function scaled(value: number, units: typeof BYTES | typeof COUNTS): string {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log10(value * 1.0005) / 3)));
  const rest = value / 1000 ** power;
  return `${rest.toFixed(power === 0 || rest >= 99.95 ? 0 : 1)}${units[power]}`;
}

/** `269 MB`, `32.1 GB`: decimal, as disks and runners are sold. */
export const formatBytes = (bytes: number): string => scaled(bytes, BYTES);

/** `adapter, 4.9 million parameters, 19.5 MB, llama`. */
export async function summarizeModel(checkpoint: Checkpoint): Promise<string> {
  const { format, tensors, architecture } = checkpoint;
  const { modelType: family } = architecture;
  return [
    format === 'lora' ? 'adapter' : format === 'onnx' ? 'ONNX model' : 'full weights',
    `${scaled(sumOf([...tensors.values()].map(({ size }) => size)), COUNTS)} parameters`,
    formatBytes(sumOf(await weightSizes(checkpoint))),
    ...(family === null ? [] : [printable(family, FAMILY_LENGTH)]),
  ].join(', ');
}
