import {
  type Checkpoint,
  openCheckpoint,
  openMergedAdapter,
  openReference,
  TensorDigests,
} from '@shadow-gate/checkpoints';
import type { Adapter } from '@shadow-gate/checkpoints/adapter';
import { refuseQuantized } from '@shadow-gate/checkpoints/formats';
import { UserError } from '@shadow-gate/platform';
import type { Endpoint, Reference } from './options.ts';

/** A model to measure, and its origins: each opened once, and handed on. */
export interface MeasuredModel {
  /** The path of the checkpoint as the user wrote it. */
  readonly path: string;
  readonly checkpoint: Checkpoint;
  /** A server that runs the probes in place of the checkpoint. */
  readonly endpoint?: Endpoint | undefined;
  /** The weights that the checkpoint was trained from, for ΔW. */
  readonly reference?: Reference | null | undefined;
  /** The adapter to prove merged into the reference, which it needs. */
  readonly adapter?: Adapter | null | undefined;
}

export type OpenCheckpoint = (path: string) => Promise<Checkpoint>;

/** Opens each path once: a baseline can be the reference as well. */
export function openingOnce(): OpenCheckpoint {
  const opened = new Map<string, Promise<Checkpoint>>();
  return (path) => {
    const known = opened.get(path) ?? openCheckpoint(path);
    opened.set(path, known);
    return known;
  };
}

/** @throws UserError if there is no checkpoint of full weights at the path, or if they are quantized */
export async function openMeasuredReference(
  path: string | undefined,
  open: OpenCheckpoint = openCheckpoint,
): Promise<Reference | null> {
  if (path === undefined) return null;
  const checkpoint = await openReference(path, open);
  refuseQuantized(checkpoint);
  return { checkpoint, digests: new TensorDigests() };
}

/** Open the adapter that a checkpoint was merged from. @throws UserError for no adapter, or without a reference */
export async function openMeasuredAdapter(
  path: string | undefined,
  reference: Reference | null,
  open: OpenCheckpoint = openCheckpoint,
): Promise<Adapter | null> {
  if (path === undefined) return null;
  if (reference === null) {
    throw new UserError(
      `adapter ${path} is given without a reference`,
      'give the model that it was merged into as reference',
    );
  }
  return openMergedAdapter(path, open);
}

/** Open the checkpoint to measure. @param spectra false: not its weights @throws UserError if that is impossible */
export async function openMeasured(
  options: Omit<MeasuredModel, 'path' | 'checkpoint'> & { checkpoint: string; spectra?: boolean | undefined },
  open: OpenCheckpoint = openCheckpoint,
): Promise<MeasuredModel> {
  const { checkpoint: path, spectra = true, ...model } = options;
  const checkpoint = await open(path);
  // Before it is downloaded or hashed, which takes long. An endpoint can run formats that are not read here.
  if (checkpoint.format !== 'lora' && (spectra || !model.endpoint)) refuseQuantized(checkpoint);
  if (model.adapter && checkpoint.format === 'lora') {
    throw new UserError(
      `${path} is itself an adapter, which nothing was merged into`,
      'give the merged model as checkpoint, or leave out the adapter',
    );
  }
  return { ...model, path, checkpoint };
}

type Architected = Pick<Checkpoint, 'format' | 'architecture'>;

/** An adapter has the architecture of its base model. */
export function modelArchitecture(checkpoint: Architected, reference: Architected | null) {
  const full = checkpoint.format === 'lora' ? (reference ?? checkpoint) : checkpoint;
  const { modelType, name, layers, hiddenSize, heads, keyValueHeads } = full.architecture;
  return { modelType, name, layers, hiddenSize, heads, keyValueHeads };
}
