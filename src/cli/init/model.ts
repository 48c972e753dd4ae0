import { stat } from 'node:fs/promises';
import { type Checkpoint, checkpointName, openCheckpoint, openReference } from '@shadow-gate/checkpoints';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { isHubPath } from '@shadow-gate/checkpoints/hub';
import { examineModel } from '@shadow-gate/language-model';
import { type ErrorCode, UserError } from '@shadow-gate/platform';
import { machineMemory } from '@shadow-gate/platform/memory';
import { printable } from '../../report/escape.ts';
import { formatBytes, formatParameters } from './sizes.ts';

/** A checkpoint and its base model, opened: their headers have been read. */
export interface OpenedPair {
  readonly checkpoint: Checkpoint;
  readonly reference: FullCheckpoint | null;
}

/** What a checkpoint is, for a person. */
export interface DescribedModel {
  readonly kind: 'full' | 'adapter' | 'onnx';
  readonly place: 'local' | 'hub';
  /** Its path, or its name with the commit. */
  readonly name: string;
  readonly parameters: number;
  readonly bytes: number;
  /** The largest file of weights, in bytes. */
  readonly largestFile: number;
  /** As config.json names it; null if it is not known. */
  readonly family: string | null;
}

/** Whether this machine can ask a model the probes. */
export type Probing =
  | { readonly kind: 'possible'; readonly memory: number; readonly hasChatTemplate: boolean }
  | { readonly kind: 'impossible'; readonly problem: string; readonly hint: string; readonly code: ErrorCode | null };

/** @throws UserError for what is no checkpoint, or none of full weights as a reference */
export async function openPair(checkpoint: string, reference: string | undefined): Promise<OpenedPair> {
  return {
    checkpoint: await openCheckpoint(checkpoint),
    reference: reference === undefined ? null : await openBase(reference),
  };
}

/**
 * Open a reference, which may be one that only an adapter names.
 * @throws UserError that says how to name another one
 */
export async function openBase(path: string): Promise<FullCheckpoint> {
  return openReference(path).catch((error: unknown) => {
    if (!(error instanceof UserError) || !isHubPath(path)) throw error;
    const hint = `${error.hint}; or give a copy of it on this machine: --reference PATH`;
    throw new UserError(error.problem, hint, { code: error.code, lines: error.lines });
  });
}

export async function describeCheckpoint(checkpoint: Checkpoint): Promise<DescribedModel> {
  const entries = [...checkpoint.tensors.values()];
  const sizes = checkpoint.remote
    ? checkpoint.remote.weights.map(({ size }) => size)
    : await Promise.all([...new Set(entries.map(({ file }) => file))].map(async (file) => (await stat(file)).size));
  return {
    kind: checkpoint.format === 'lora' ? 'adapter' : checkpoint.format === 'onnx' ? 'onnx' : 'full',
    place: checkpoint.remote ? 'hub' : 'local',
    name: checkpointName(checkpoint),
    parameters: entries.reduce((sum, { size }) => sum + size, 0),
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    largestFile: Math.max(0, ...sizes),
    family: checkpoint.architecture.modelType,
  };
}

/** The author of a checkpoint writes it. */
const FAMILY_LENGTH = 40;

/** `adapter, 4.9 M parameters, 19.5 MB, llama`. */
export function summarizeModel({ kind, parameters, bytes, family }: DescribedModel): string {
  const what = { full: 'full weights', adapter: 'adapter', onnx: 'ONNX model' }[kind];
  return [
    what,
    `${formatParameters(parameters)} parameters`,
    formatBytes(bytes),
    ...(family === null ? [] : [printable(family, FAMILY_LENGTH)]),
  ].join(', ');
}

/** Whether the probes can be run here. Errors that are no mistake of the user are thrown. */
export async function examineProbing(pair: OpenedPair): Promise<Probing> {
  try {
    const { memory, hasChatTemplate } = await examineModel(pair);
    const available = machineMemory();
    const { whole, layered } = memory;
    // What is larger than the memory runs layer by layer.
    const needed = whole <= available ? whole : layered;
    if (needed <= available) return { kind: 'possible', memory: needed, hasChatTemplate };
    return {
      kind: 'impossible',
      code: 'not-enough-memory',
      problem: `it takes ${formatBytes(layered)} even layer by layer, and this machine has ${formatBytes(available)}`,
      hint: 'use a larger machine, or a server (--endpoint)',
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { kind: 'impossible', problem: error.problem, hint: error.hint, code: error.code };
  }
}

/** On a hub a checkpoint is named by its commit, which does not move. */
export const isOnHub = (path: string | undefined): path is string => path !== undefined && isHubPath(path);
