import { UserError } from '../platform/user-error.ts';
import { externalDataFolder, type Graph } from './graph.ts';
import { ort } from './runtime.ts';

/** The execution provider that runs the graphs, and why it was chosen. */
export interface Device {
  readonly name: 'cpu' | 'cuda' | 'webgpu';
  readonly reason: string;
}

/** Where float64 is computed: WebGPU has none. */
export function float64Device(device: Device): Device {
  return device.name === 'webgpu'
    ? { name: 'cpu', reason: 'exact spectra need float64, which WebGPU has not' }
    : device;
}

export type Outputs = Readonly<Record<string, ort.Tensor>>;

export type Session = ort.InferenceSession;
export type Tensor = ort.Tensor;

/** Tensors to feed. `shape` must hold as many elements as there are. */
export const tensor = {
  float32: (data: Float32Array, shape: readonly number[]): Tensor => new ort.Tensor('float32', data, shape),
  /** float32 or float64, as the array is; its memory is used as it is, and written where it is given for an output. */
  floats: (data: Float32Array | Float64Array, shape: readonly number[]): Tensor =>
    data instanceof Float32Array ? new ort.Tensor('float32', data, shape) : new ort.Tensor('float64', data, shape),
  int32: (data: readonly number[], shape: readonly number[]): Tensor =>
    new ort.Tensor('int32', Int32Array.from(data), shape),
  int64: (data: readonly number[], shape: readonly number[]): Tensor =>
    new ort.Tensor('int64', BigInt64Array.from(data, BigInt), shape),
};

/** Threads that wait for work sleep: they spin otherwise, against another session's threads and against JavaScript. */
const PATIENT = { intra_op: { allow_spinning: '0' } };

/**
 * Open a graph that is run many times. Weights that must be converted or packed are, here, once.
 * @param onDevice names of outputs that stay where they were computed, to be fed again
 * @param isPatient other sessions, or JavaScript, have work between its runs
 */
export async function openSession(
  graph: Graph,
  device: Device,
  { onDevice = [], isPatient = false }: { readonly onDevice?: readonly string[]; readonly isPatient?: boolean } = {},
): Promise<Session> {
  const places = graph.outputNames.map((name) => [name, onDevice.includes(name) ? 'gpu-buffer' : 'cpu'] as const);
  return createSession(graph, device, {
    graphOptimizationLevel: 'extended',
    ...(isPatient ? { extra: { session: { ...PATIENT, ...EXTERNAL_DATA } } } : {}),
    ...(onDevice.length > 0 ? { preferredOutputLocation: Object.fromEntries(places) } : {}),
  });
}

/**
 * Run a graph without inputs once and give its memory back.
 *
 * Graph optimisation is off: everything here is an initializer, so the optimiser would fold the whole computation into
 * constants while the session is created, on one thread and with every intermediate value alive.
 * @param device where to run it; values that the device cannot compute fall back to the CPU
 * @param into tensors that outputs are written into; new ones for the rest
 */
export async function runGraph(graph: Graph, device: Device, into: Outputs = {}): Promise<Outputs> {
  const session = await createSession(graph, device, { graphOptimizationLevel: 'disabled' });
  try {
    return await session.run({}, { ...Object.fromEntries(graph.outputNames.map((name) => [name, null])), ...into });
  } finally {
    await session.release();
  }
}

/**
 * Open a small graph that is run many times on large inputs of changing shapes, with work in JavaScript in between: no
 * plan of memory is kept per shape, and waiting threads sleep, so that they leave the processor to that work.
 */
export async function openKernel(graph: Graph, device: Device): Promise<Session> {
  return createSession(graph, device, {
    graphOptimizationLevel: 'disabled',
    enableMemPattern: false,
    extra: { session: { ...PATIENT, ...EXTERNAL_DATA } },
  });
}

/** What goes wrong is thrown too: onnxruntime need not write it to standard error itself. */
const FATAL = 4;

/** Where graphs find the files that their initializers point into. */
const EXTERNAL_DATA = { model_external_initializers_file_folder_path: externalDataFolder(process.cwd()) };

function createSession(graph: Graph, device: Device, options: ort.InferenceSession.SessionOptions): Promise<Session> {
  return ort.InferenceSession.create(graph.serialize(), {
    executionProviders: device.name === 'cpu' ? ['cpu'] : [device.name, 'cpu'],
    logSeverityLevel: FATAL,
    extra: { session: EXTERNAL_DATA },
    ...options,
  }).catch((error: Error & { code?: string }) => {
    // The bundle says so where it carries no library for this machine (scripts/build/onnxruntime.mjs).
    if (error.code === 'ONNXRUNTIME_MISSING') throw new UserError(error.message, 'use a recent x64 Linux machine');
    throw error;
  });
}

/** A float32 output that is on the CPU. */
export function float32Output(outputs: Outputs, name: string): Float32Array {
  const data = outputs[name]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`output ${name} is not float32`);
  return data;
}

/** An output, wherever it is. */
export function tensorOutput(outputs: Outputs, name: string): Tensor {
  const output = outputs[name];
  if (!output) throw new Error(`there is no output ${name}`);
  return output;
}

/** The elements of a float32 tensor that is on the CPU. */
export function float32Data({ data }: Tensor): Float32Array {
  if (!(data instanceof Float32Array)) throw new Error('the tensor is not float32');
  return data;
}

/** A float64 output as a typed array. */
export function float64Output(outputs: Outputs, name: string): Float64Array {
  const data = outputs[name]?.data;
  if (!(data instanceof Float64Array)) throw new Error(`output ${name} is not float64`);
  return data;
}
