import type { Checkpoint } from '@shadow-gate/checkpoints';
import { type FullCheckpoint, refuseQuantized } from '@shadow-gate/checkpoints/formats';
import { listMatrices } from '@shadow-gate/checkpoints/matrices';
import { type Device, deviceWithMemory } from '@shadow-gate/checkpoints/onnx';
import { expansionMemory, type TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { UserError } from '@shadow-gate/platform';
import { chooseMethod, type MethodChoice, methodDevice } from './choose-method.ts';
import { loraCost, matrixCost } from './cost.ts';
import { doraMemory } from './dora.ts';
import { exactMemory } from './exact/exact-spectrum.ts';
import { fastMemory } from './fast/fast-spectrum.ts';
import { loraMemory, updateShape } from './lora-spectrum.ts';
import type { MatrixMethod, Method } from './metrics-schema.ts';
import { planAdapter } from './plan-adapter.ts';
import { type Draft, differences, type SpectrumTarget, weightJob } from './target.ts';

interface Execution {
  readonly method: MatrixMethod;
  readonly device: Device;
  /** Estimated time, in multiplications: see `cost.ts`. */
  readonly cost: number;
  /** Bytes that it needs at its peak. */
  readonly memory: number;
  readonly tensors: { readonly checkpoint: readonly TensorEntry[]; readonly reference: readonly TensorEntry[] };
}

/** One spectrum to compute, and how: decided once, when it is planned. */
export type Job = SpectrumTarget & Execution;

export interface Plan extends Omit<Draft, 'jobs'> {
  readonly jobs: readonly Job[];
}

export interface Preferences {
  readonly method: MethodChoice;
  readonly device: Device;
}

/**
 * Plan the spectra of a checkpoint: of every weight W and, with a reference, of every update ΔW.
 * @throws UserError if the checkpoint cannot have been trained from the reference, or if one of them is quantized
 */
export function planSpectra(checkpoint: Checkpoint, reference: FullCheckpoint | null, preferences: Preferences): Plan {
  if (checkpoint.format !== 'lora') refuseQuantized(checkpoint);
  if (reference) refuseQuantized(reference);
  if (reference && (checkpoint.format === 'onnx') !== (reference.format === 'onnx')) {
    throw new UserError(
      `${checkpoint.path} and its reference ${reference.path} are of different formats: ONNX stores many weights transposed`,
      'export both the same way, or use safetensors for both',
    );
  }
  const isAdapter = checkpoint.format === 'lora';
  const { jobs, ...rest } = isAdapter ? planAdapter(checkpoint, reference) : planFull(checkpoint, reference);
  if (reference && !jobs.some(({ of }) => of === 'delta')) {
    throw new UserError(
      `${reference.path} is not the reference of ${checkpoint.path}: no matrix has the same name and shape in both`,
      'use the base model that the checkpoint was trained from',
    );
  }
  return { ...rest, jobs: jobs.map((job) => planJob(job, preferences)) };
}

/** Adapters are always exact: their core is only r × r. A spectrum over the GPU's memory is computed on the CPU. */
export function planJob(target: SpectrumTarget, { method: choice, device }: Preferences): Job {
  const method = target.kind === 'lora' ? 'exact' : chooseMethod(target.matrix.view.shape, choice);
  const needs = needsOf(target, method);
  return { ...target, method, device: deviceWithMemory(methodDevice(method, device), needs.memory), ...needs };
}

function needsOf(target: SpectrumTarget, method: Method): Omit<Execution, 'method' | 'device'> {
  if (target.kind === 'lora') {
    const { module, base } = target.update;
    return {
      cost: loraCost(updateShape(target.update), module.rank),
      memory: loraMemory(target.update) + (base ? expansionMemory(base.source) : 0),
      tensors: { checkpoint: [module.a, module.b], reference: base ? [base.source] : [] },
    };
  }
  const { source, view } = target.matrix;
  const { shape } = view;
  const isDifference = target.kind === 'difference';
  const own = method === 'exact' ? exactMemory(shape) : fastMemory(shape, { isDifference });
  if (target.kind === 'dora') {
    const { module, magnitude, base } = target.dora;
    return {
      cost: matrixCost(shape, method) + loraCost(shape, module.rank),
      memory: own + doraMemory(target.dora) + expansionMemory(base.source),
      tensors: { checkpoint: [module.a, module.b, magnitude], reference: [base.source] },
    };
  }
  return {
    cost: matrixCost(shape, method),
    memory: own + expansionMemory(source) + (isDifference ? expansionMemory(target.reference.source) : 0),
    tensors: { checkpoint: [source], reference: isDifference ? [target.reference.source] : [] },
  };
}

function planFull(checkpoint: FullCheckpoint, reference: FullCheckpoint | null): Draft {
  const { matrices, vectors, skipped } = listMatrices(checkpoint);
  const weights = matrices.map(weightJob);
  const { jobs, skipped: unmatched, mismatched } = differences(matrices, reference);
  return { jobs: [...weights, ...jobs], vectors, skipped: [...skipped, ...unmatched], mismatched };
}
