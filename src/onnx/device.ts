import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../user-error.ts';
import { ElementType, Graph } from './graph.ts';
import type { Device } from './session.ts';
import { runGraph } from './session.ts';

export const DEVICE_CHOICES = ['auto', 'cpu', 'cuda', 'webgpu'] as const;
export type DeviceChoice = (typeof DEVICE_CHOICES)[number];

const CUDA_PROVIDER = 'libonnxruntime_providers_cuda.so';

/**
 * Choose where float64 graphs run. `auto` takes CUDA if its provider is installed and works, else the CPU: it never
 * fails. WebGPU has no float64.
 * @throws UserError if a device is asked for that is not there or cannot do it
 */
export async function chooseDevice(choice: DeviceChoice): Promise<Device> {
  if (choice === 'cpu') return { name: 'cpu', reason: 'asked for' };
  if (choice === 'webgpu') {
    throw new UserError('device webgpu has no float64, which exact spectra need', 'use device cpu or auto');
  }
  const trouble = await cudaTrouble();
  if (choice === 'auto') {
    return trouble ? { name: 'cpu', reason: trouble } : { name: 'cuda', reason: 'its provider works here' };
  }
  if (trouble) throw new UserError(`device cuda: ${trouble}`, 'install it, or use device cpu');
  return { name: 'cuda', reason: 'asked for' };
}

/** Why CUDA cannot be used, or null if a product on it works. */
async function cudaTrouble(): Promise<string | null> {
  // Creating a session without the library throws too, but writes to standard error as well.
  const folder = await onnxruntimeFolder();
  if (folder === null || !existsSync(join(folder, CUDA_PROVIDER))) {
    return `onnxruntime's CUDA provider (${CUDA_PROVIDER}) is not installed beside libonnxruntime.so.1`;
  }
  try {
    const graph = new Graph();
    const one = graph.constant([1], 'float64', [1, 1]);
    graph.output('product', graph.op('MatMul', [one, one]), ElementType.float64);
    await runGraph(graph, { name: 'cuda', reason: 'trial' });
    return null;
  } catch (error) {
    return `onnxruntime's CUDA provider does not work here (${(error as Error).message.split('\n')[0]})`;
  }
}

/** Where the native library of this process was loaded from (it looks for providers beside itself). */
async function onnxruntimeFolder(): Promise<string | null> {
  const maps = await readFile('/proc/self/maps', 'utf8').catch(() => '');
  const line = maps.split('\n').find((entry) => entry.includes('/libonnxruntime.so'));
  return line ? dirname(line.slice(line.indexOf('/'))) : null;
}
