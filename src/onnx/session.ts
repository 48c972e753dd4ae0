import { UserError } from '../user-error.ts';
import { externalDataFolder, type Graph } from './graph.ts';
import { ort } from './runtime.ts';

/** The execution provider that runs the graphs, and why it was chosen. */
export interface Device {
  readonly name: 'cpu' | 'cuda';
  readonly reason: string;
}

export type Outputs = Readonly<Record<string, ort.Tensor>>;

/**
 * Run a graph without inputs once and give its memory back.
 *
 * Graph optimisation is off: everything here is an initializer, so the optimiser would fold the whole computation into
 * constants while the session is created, on one thread and with every intermediate value alive.
 * @param device where to run it; values that the device cannot compute fall back to the CPU
 */
export async function runGraph(graph: Graph, device: Device): Promise<Outputs> {
  const session = await ort.InferenceSession.create(graph.serialize(), {
    executionProviders: device.name === 'cpu' ? ['cpu'] : ['cuda', 'cpu'],
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
    extra: { session: { model_external_initializers_file_folder_path: externalDataFolder(process.cwd()) } },
  }).catch((error: Error & { code?: string }) => {
    // The bundle says so where it carries no library for this machine (scripts/build/onnxruntime.mjs).
    if (error.code === 'ONNXRUNTIME_MISSING') throw new UserError(error.message, 'use a recent x64 Linux machine');
    throw error;
  });
  try {
    return await session.run({});
  } finally {
    await session.release();
  }
}

/** A float64 output as a typed array. */
export function float64Output(outputs: Outputs, name: string): Float64Array {
  const data = outputs[name]?.data;
  if (!(data instanceof Float64Array)) throw new Error(`output ${name} is not float64`);
  return data;
}
