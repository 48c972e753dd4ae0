import type { Device } from '@shadow-gate/checkpoints/onnx';
import type { Graph } from '@shadow-gate/checkpoints/onnx/graph';
import { UserError } from '@shadow-gate/platform';
import { machineMemory } from '@shadow-gate/platform/memory';
import type { Decoder } from '../architectures/decoder.ts';
import type { HeldWeights } from '../architectures/held-tensors.ts';
import type { Weights } from '../architectures/weights.ts';
import { type BackbonePart, buildBackbone, layerParts } from '../graph/backbone.ts';
import { buildHead, buildHeadSlice, canSliceHead } from '../graph/head.ts';
import { DEFAULT_BATCH_BYTES } from './batch-budget.ts';
import { type DevicePlan, describePlan, deviceNeeds, inGibibytes, planDeviceMemory } from './device-memory.ts';
import { canStayStored } from './held-weights.ts';

/** How the memory is divided, in bytes. */
export type MemoryPlan = {
  readonly batchBytes: number;
} & (
  | {
      readonly execution: 'whole';
      /** float32 if that takes little of the memory, as stored if they do not fit otherwise; null: the calls decide. */
      readonly layersHeld: HeldWeights | null;
      /** If the calls decide: float32 would take much of the memory, so saving some is worth a little time. */
      readonly savesMemory: boolean;
    }
  | ({ readonly execution: 'layer by layer' } & LayeredSizes)
);

export interface LayeredSizes {
  /** Memory for hidden states, keys and values between the layers, in bytes. */
  readonly stateBytes: number;
  /** Tokens of the output matrix in memory at a time. */
  readonly headTokens: number;
  /** Weights in memory at a time, in bytes. */
  readonly weightBytes: number;
}

export interface PlannedModel {
  readonly path: string;
  readonly decoder: Decoder;
  readonly weights: Weights;
  /** Graphs of the layers and the output matrix, with weights held as by default. */
  readonly graphs: readonly Graph[];
}

export interface PlanOptions {
  readonly device: Device;
  /** Memory for the values of one batch, in bytes. */
  readonly batchBytes?: number | undefined;
  /** Memory that the model may use, in bytes: by default, all of the machine's. */
  readonly memoryLimit?: number | undefined;
  /** Layer by layer if the model does not fit (the default), never, or always. */
  readonly layers?: 'where needed' | 'never' | 'always' | undefined;
  /** Receives how a device's memory is divided, if its size is known. */
  readonly onPlan?: ((plan: DevicePlan) => void) | undefined;
}

/** Share of the memory that a model may take in float32 even if that is no faster than 16 bits. */
const SMALL_SHARE = 0.25;

/** Share of the memory that it may take if float32 is faster. */
const LARGE_SHARE = 0.5;

/** Layers with weights in memory: one computes while the next is read. */
const LAYERS_IN_MEMORY = 2;

/** Bytes for Node and onnxruntime, in addition to the weights and the values of a batch. */
const OVERHEAD = 500e6;

/** Less memory for hidden states than this is not worth a pass. */
const LEAST_STATES = 64 * 2 ** 20;

/** States are in memory before and after a layer, until garbage is collected. */
const STATE_COPIES = 2;

/** Smaller slices of the output matrix only take longer. */
const LEAST_SLICE = 64 * 2 ** 20;

/** @throws UserError for a model that does not fit, not even layer by layer */
export function planMemory(model: PlannedModel, options: PlanOptions): MemoryPlan {
  return options.device.name === 'cpu' ? planMachine(model, options) : planDevice(model, options);
}

/** Better an error now than a process that the system kills while it loads. */
function planMachine(model: PlannedModel, { batchBytes = DEFAULT_BATCH_BYTES, memoryLimit, layers }: PlanOptions) {
  const { path, weights } = model;
  const machine = machineMemory();
  const limit = Math.min(memoryLimit ?? machine, machine);
  const whole = weights.inMemory.bytes('float32') + batchBytes;
  if (layers !== 'always' && whole <= limit) {
    const layersHeld = whole <= limit * SMALL_SHARE ? 'float32' : null;
    return { execution: 'whole', layersHeld, savesMemory: whole > limit * LARGE_SHARE, batchBytes } as const;
  }
  if (layers !== 'always' && asStoredBytes(model) + batchBytes + OVERHEAD <= limit) {
    return { execution: 'whole', layersHeld: 'as-stored', savesMemory: true, batchBytes } as const;
  }
  const { largest, headTokens } = layerSizes(model);
  const fixed = LAYERS_IN_MEMORY * largest + batchBytes + OVERHEAD;
  const left = limit - fixed;
  if (layers !== 'never' && (layers === 'always' || left >= LEAST_STATES)) {
    const stateBytes = Math.max(LEAST_STATES, left / STATE_COPIES);
    const weightBytes = LAYERS_IN_MEMORY * largest;
    return { execution: 'layer by layer', batchBytes, stateBytes, headTokens, weightBytes } as const;
  }
  const least = inGibibytes(Math.min(whole, fixed + LEAST_STATES));
  const [has, more] =
    limit === machine
      ? ['this machine has', `use a runner with at least ${least} GiB`]
      : ['--max-memory allows', `raise --max-memory to at least ${least}`];
  throw new UserError(
    `${path} takes ${inGibibytes(whole)} GiB in memory, and ${inGibibytes(fixed + LEAST_STATES)} GiB layer by layer; ${has} ${inGibibytes(limit)} GiB`,
    `${more}, or use a server (--endpoint)`,
    { code: 'not-enough-memory' },
  );
}

/** Bytes if 16-bit weights stay 16-bit, including temporary float32 copies; infinite if they cannot. */
function asStoredBytes({ decoder, weights, graphs }: Omit<PlannedModel, 'path'>): number {
  if (!canStayStored(decoder, weights)) return Number.POSITIVE_INFINITY;
  const expanded = Math.max(...graphs.map(({ weightMemory }) => weightMemory.largestExpansion));
  return weights.inMemory.bytes('as-stored') + expanded;
}

/** Bytes that a model needs on the CPU: with all weights in memory, and at least, layer by layer. */
export interface ExpectedMemory {
  readonly whole: number;
  readonly layered: number;
}

export function expectMemory(model: Pick<PlannedModel, 'decoder' | 'weights'>): ExpectedMemory {
  const { largest } = layerSizes(model);
  return {
    whole: model.weights.inMemory.bytes('float32') + DEFAULT_BATCH_BYTES,
    layered: LAYERS_IN_MEMORY * largest + DEFAULT_BATCH_BYTES + OVERHEAD + LEAST_STATES,
  };
}

/** Bytes of the largest float32 layer, and tokens of the output matrix in no more. */
function layerSizes({ decoder, weights }: Pick<PlannedModel, 'decoder' | 'weights'>) {
  const parts = layerParts(decoder).map((part) =>
    weights.inMemory.bytesOf(() => buildPart({ decoder, weights }, part)),
  );
  const layer = Math.max(...parts);
  const head = weights.inMemory.bytesOf(() => buildHead(decoder, weights));
  const { vocabulary } = decoder;
  if (!canSliceHead(decoder, weights)) return { largest: Math.max(layer, head), headTokens: vocabulary };
  const most = Math.max(layer, LEAST_SLICE);
  const headTokens = Math.min(vocabulary, Math.max(1, Math.floor((most * vocabulary) / head)));
  return { largest: layer, headTokens };
}

function buildPart({ decoder, weights }: Pick<PlannedModel, 'decoder' | 'weights'>, part: BackbonePart) {
  return buildBackbone(decoder, weights, { attention: 'concat', fuseExperts: false, useKvCache: false }, part);
}

/**
 * The memory for the values of one batch: on a device with less than the wanted amount, what the rest leaves free.
 * @throws UserError if not even one sequence fits: better than a device that is full after minutes
 */
function planDevice(model: PlannedModel, options: PlanOptions): MemoryPlan {
  const { device, batchBytes = DEFAULT_BATCH_BYTES, layers, onPlan, memoryLimit } = options;
  const { decoder, weights, path } = model;
  if (device.memory === undefined && layers !== 'always') {
    return { execution: 'whole', layersHeld: null, savesMemory: true, batchBytes };
  }
  const free = device.memory ?? Number.POSITIVE_INFINITY;
  const whole = planDeviceMemory(deviceNeeds(decoder, model.graphs, batchBytes), free);
  if (layers !== 'always' && (whole.fits || layers === 'never')) {
    onPlan?.(whole);
    if (whole.fits) return { execution: 'whole', layersHeld: null, savesMemory: true, batchBytes: whole.batch };
    throw tooLarge(path, whole);
  }
  const { largest, headTokens } = layerSizes(model);
  const graphs = [
    ...layerParts(decoder).map((part) => buildPart(model, part)),
    buildHeadSlice(decoder, weights, { start: 0, end: headTokens }),
  ];
  // They run one after the other, so the largest decides.
  const plans = graphs.map((graph) => planDeviceMemory(deviceNeeds(decoder, [graph], batchBytes), free));
  const plan = plans.reduce((most, other) => (other.total > most.total || !other.fits ? other : most));
  onPlan?.(plan);
  if (!plan.fits) throw tooLarge(path, plan);
  const left = Math.min(memoryLimit ?? Number.POSITIVE_INFINITY, machineMemory()) - OVERHEAD;
  const stateBytes = Math.max(LEAST_STATES, left / STATE_COPIES / LAYERS_IN_MEMORY);
  const weightBytes = LAYERS_IN_MEMORY * largest;
  return { execution: 'layer by layer', batchBytes: plan.batch, stateBytes, headTokens, weightBytes };
}

function tooLarge(path: string, plan: DevicePlan): UserError {
  const size = `${inGibibytes(plan.total)} GiB`;
  return new UserError(
    `${path} needs ${size} (${describePlan(plan)}), and the GPU has ${inGibibytes(plan.free)} GiB free`,
    `use device cpu, a GPU with at least ${size} free, or a server (--endpoint)`,
    { code: 'not-enough-memory' },
  );
}
