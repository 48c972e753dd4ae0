import { DEVICE_RESERVE } from '@shadow-gate/checkpoints/onnx';
import type { Graph } from '@shadow-gate/checkpoints/onnx/graph';
import { attentionMixers, type Decoder } from '../architectures/decoder.ts';
import { BatchBudget, cachedFloats } from './batch-budget.ts';

/** Bytes of device memory that a language model needs. */
export interface DeviceNeeds {
  /** As held: 16-bit weights as stored, or all in float32. */
  readonly weights: number;
  /** Parts of matrices that are expanded to float32 for a product. */
  readonly expanded: number;
  /** Keys and values of one sequence. */
  readonly cache: number;
  /** Values of one batch: the wanted amount, and the least for one sequence in the smallest pieces. */
  readonly batch: { readonly wanted: number; readonly least: number };
}

export interface DevicePlan extends Omit<DeviceNeeds, 'batch'> {
  readonly batch: number;
  readonly reserve: number;
  readonly total: number;
  readonly free: number;
  readonly fits: boolean;
}

/** Longer sequences take more memory for keys and values than planned. */
const PLANNED_TOKENS = 2048;

/** A step takes keys and values, and returns them with its own. */
const CACHE_COPIES = 2;

/** With the CPU's allocator, a second copy stays once small values have split the place of the first. */
const EXPANDED_COPIES = 2;

const FLOAT_BYTES = 4;

/** @param graphs each runs with its own allocator @param batchBytes wanted for the values of one batch */
export function deviceNeeds(decoder: Decoder, graphs: readonly Graph[], batchBytes: number): DeviceNeeds {
  const total = (of: (graph: Graph) => number) => graphs.reduce((sum, graph) => sum + of(graph), 0);
  const tokens = Math.min(decoder.maxLength, PLANNED_TOKENS);
  const floats = attentionMixers(decoder).reduce((sum, attention) => sum + cachedFloats(attention), 0);
  return {
    weights: total(({ weightMemory }) => weightMemory.held),
    expanded: EXPANDED_COPIES * total(({ weightMemory }) => weightMemory.largestExpansion),
    cache: CACHE_COPIES * floats * FLOAT_BYTES * tokens,
    batch: { wanted: batchBytes, least: Math.min(batchBytes, new BatchBudget(decoder).leastBytes(tokens)) },
  };
}

/**
 * Divide the free memory of a device: a batch gets the rest, up to what it wants. If the rest is too small for one
 * sequence, the model does not fit, and the plan has the least that it needs.
 * @param free in bytes
 */
export function planDeviceMemory({ batch, ...needs }: DeviceNeeds, free: number): DevicePlan {
  const fixed = needs.weights + needs.expanded + needs.cache + DEVICE_RESERVE;
  const left = free - fixed;
  const size = Math.max(batch.least, Math.min(batch.wanted, left));
  return { ...needs, batch: size, reserve: DEVICE_RESERVE, total: fixed + size, free, fits: left >= batch.least };
}

/** The parts of a plan in GiB: `weights 12.6, …`. */
export function describePlan({ weights, expanded, cache, batch, reserve }: DevicePlan): string {
  return [
    `weights ${inGibibytes(weights)}`,
    `matrices in float32 ${inGibibytes(expanded)}`,
    `keys and values ${inGibibytes(cache)}`,
    `a batch ${inGibibytes(batch)}`,
    `CUDA itself ${inGibibytes(reserve)}`,
  ].join(', ');
}

/** Up to one decimal place; two below a tenth. */
export function inGibibytes(bytes: number): string {
  const size = bytes / 2 ** 30;
  return size.toFixed(size >= 0.1 ? 1 : 2);
}
