import { UserError } from '@shadow-gate/platform';
import * as ort from 'onnxruntime-node';
import { ElementType } from './element-type.ts';
import { externalDataFolder } from './external-tensor.ts';
import type { Graph } from './graph.ts';
import { type PreparedBytes, withPrepared } from './prepared-file.ts';

// Since 1.29, telemetry is on by default on Linux. A gate sends nothing, whatever the environment says.
process.env.ORT_DISABLE_TELEMETRY = '1';
// By default CUDA multiplies float32 with 10 bits of mantissa (TF32), an error near 10⁻³: no bounds would be right. The
// binding does not pass `use_tf32` to the provider, so NVIDIA's libraries get it, whatever the environment says.
process.env.NVIDIA_TF32_OVERRIDE = '0';
ort.env.logLevel = 'fatal';

export { ort };

export interface Device {
  readonly name: 'cpu' | 'cuda' | 'webgpu';
  readonly reason: string;
  /** There is no GPU, and nobody asked for one: users need not read the reason. */
  readonly isOrdinary?: boolean;
  /** Its free memory when it was chosen, in bytes; missing for the CPU, and if unknown. */
  readonly memory?: number;
  /** Most threads of the CPU, which sleep while they wait, for work next to other work; all of them if missing. */
  readonly threads?: number;
}

/** Bytes of a device left for CUDA's context, its libraries' work space and rounding: an estimate, not measured. */
export const DEVICE_RESERVE = 2 ** 29;

/** The CPU if a GPU is known to have too little memory for the peak of some work. */
export function deviceWithMemory(device: Device, bytes: number): Device {
  const { memory = Number.POSITIVE_INFINITY } = device;
  return bytes <= memory - DEVICE_RESERVE
    ? device
    : { name: 'cpu', reason: 'the GPU has not enough memory for this matrix' };
}

export function float64Device(device: Device): Device {
  return device.name === 'webgpu'
    ? { name: 'cpu', reason: 'exact spectra need float64, which WebGPU does not have' }
    : device;
}

export type SessionOutputs = Readonly<Record<string, ort.Tensor>>;

export type Session = ort.InferenceSession;
export type Tensor = ort.Tensor;

/** Tensors to feed. `shape` must have as many elements as `data`. */
export const tensor = {
  float32: (data: Float32Array, shape: readonly number[]): Tensor => new ort.Tensor('float32', data, shape),
  /** float32 or float64 like the array, on its memory: as an output, a run writes into the array. */
  floats: (data: Float32Array | Float64Array, shape: readonly number[]): Tensor =>
    data instanceof Float32Array ? new ort.Tensor('float32', data, shape) : new ort.Tensor('float64', data, shape),
  uint8: (data: Uint8Array, shape: readonly number[]): Tensor => new ort.Tensor('uint8', data, shape),
  int32: (data: readonly number[], shape: readonly number[]): Tensor =>
    new ort.Tensor('int32', Int32Array.from(data), shape),
  int64: (data: readonly number[], shape: readonly number[]): Tensor =>
    new ort.Tensor('int64', BigInt64Array.from(data, BigInt), shape),
};

/** Waiting threads sleep. By default they spin, and take the cores from other sessions and from JavaScript. */
const NO_SPINNING = { intra_op: { allow_spinning: '0' } };

interface SessionOptions {
  /** Names of outputs that stay on the device, to be fed again. */
  readonly onDevice?: readonly string[];
  /** False if other sessions, or JavaScript, have work between its runs. */
  readonly allowSpinning?: boolean;
  /** For each shape of the inputs, keep a block of memory for all values in addition to that of the first run. */
  readonly memoryPattern?: boolean;
  /** False if there are too few runs for that to pay. */
  readonly packWeights?: boolean;
}

/** Open a graph that is run many times. Weights that must be converted or packed are converted here, once. */
export async function openSession(
  graph: Graph,
  device: Device,
  { onDevice = [], allowSpinning = true, memoryPattern = true, packWeights = true }: SessionOptions = {},
): Promise<Session> {
  const locations = graph.outputNames.map((name) => [name, onDevice.includes(name) ? 'gpu-buffer' : 'cpu'] as const);
  return createSession(graph, device, {
    graphOptimizationLevel: 'extended',
    enableMemPattern: memoryPattern,
    extra: {
      session: {
        ...EXTERNAL_DATA,
        ...(allowSpinning ? {} : NO_SPINNING),
        ...(device.name === 'cuda' ? EXACT_WEIGHTS : {}),
        ...(packWeights ? {} : { disable_prepacking: '1' }),
      },
    },
    ...(onDevice.length > 0 ? { preferredOutputLocation: Object.fromEntries(locations) } : {}),
  });
}

/**
 * Run a graph once, and release its memory. Operators that the device does not have run on the CPU.
 * Graph optimization is off: nearly everything in such a graph is an initializer, so the optimizer would fold the whole
 * computation into constants while the session is created, on one thread and with every intermediate value in memory.
 * @param into tensors for outputs; the other outputs get new ones
 */
export async function runGraph(
  graph: Graph,
  device: Device,
  into: SessionOutputs = {},
  feeds: Readonly<Record<string, Tensor>> = {},
): Promise<SessionOutputs> {
  const session = await createSession(graph, device, { graphOptimizationLevel: 'disabled' });
  try {
    return await session.run(feeds, { ...Object.fromEntries(graph.outputNames.map((name) => [name, null])), ...into });
  } finally {
    await session.release();
  }
}

/** Open a small graph that runs many times on large inputs of changing shapes, with work in JavaScript in between. */
export async function openKernel(graph: Graph, device: Device): Promise<Session> {
  return createSession(graph, device, {
    graphOptimizationLevel: 'disabled',
    enableMemPattern: false,
    extra: { session: { ...NO_SPINNING, ...EXTERNAL_DATA } },
  });
}

/** Memory for weights by their size: the allocator for values takes blocks that double. */
const EXACT_WEIGHTS = { use_device_allocator_for_initializers: '1' };

/** Errors are thrown, and need not be written to standard error. */
const FATAL = 4;

/** The folder of the files of initializers. The working directory may be gone; the program is there. */
const EXTERNAL_DATA = { model_external_initializers_file_folder_path: externalDataFolder(process.execPath) };

async function createSession(
  graph: Graph,
  device: Device,
  options: ort.InferenceSession.SessionOptions,
): Promise<Session> {
  return withPrepared(graph.preparations, prepare, (file) => open(graph.serialize(file), device, options));
}

async function prepare(graph: Graph, into: readonly PreparedBytes[]): Promise<void> {
  const tensors = into.map(({ name, type, bytes }) => {
    const values = type === ElementType.uint8 ? bytes : new Float32Array(bytes.buffer);
    return [name, new ort.Tensor(values, [values.length])] as const;
  });
  await runGraph(graph, PREPARING, Object.fromEntries(tensors));
}

async function open(model: Uint8Array, device: Device, options: ort.InferenceSession.SessionOptions): Promise<Session> {
  return ort.InferenceSession.create(model, {
    executionProviders: device.name === 'cpu' ? ['cpu'] : [device.name, 'cpu'],
    logSeverityLevel: FATAL,
    ...(device.threads === undefined
      ? { extra: { session: EXTERNAL_DATA } }
      : { intraOpNumThreads: device.threads, extra: { session: { ...NO_SPINNING, ...EXTERNAL_DATA } } }),
    ...options,
  }).catch((error: Error & { code?: string }) => {
    // The bundle has no library for this machine (scripts/build/onnxruntime.ts).
    if (error.code === 'ONNXRUNTIME_MISSING') {
      const hint =
        'use a recent x64 Linux machine; the npm package (npx shadow-gate) also takes arm64, and Macs with it';
      throw new UserError(error.message, hint, { code: 'no-device' });
    }
    throw error;
  });
}

/** Where prepared numbers are computed. */
const PREPARING: Device = { name: 'cpu', reason: 'weights are prepared on the CPU' };

const ARRAYS = { float32: Float32Array, float64: Float64Array, int64: BigInt64Array };
type ArrayOf<T extends keyof typeof ARRAYS> = InstanceType<(typeof ARRAYS)[T]>;

/** The elements of an output on the CPU. */
function elementsOf<T extends keyof typeof ARRAYS>(outputs: SessionOutputs, name: string, type: T): ArrayOf<T> {
  const data = outputs[name]?.data;
  if (!(data instanceof ARRAYS[type])) throw new Error(`output ${name} is not ${type}`);
  return data as ArrayOf<T>;
}

export const float32Output = (outputs: SessionOutputs, name: string) => elementsOf(outputs, name, 'float32');
export const float64Output = (outputs: SessionOutputs, name: string) => elementsOf(outputs, name, 'float64');
export const int64Output = (outputs: SessionOutputs, name: string): number[] =>
  Array.from(elementsOf(outputs, name, 'int64'), Number);

export function tensorOutput(outputs: SessionOutputs, name: string): Tensor {
  const output = outputs[name];
  if (!output) throw new Error(`there is no output ${name}`);
  return output;
}

export function float32Data({ data }: Tensor): Float32Array {
  if (!(data instanceof Float32Array)) throw new Error('the tensor is not float32');
  return data;
}
