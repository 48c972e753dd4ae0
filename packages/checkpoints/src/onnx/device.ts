import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { thisMachine } from './cuda/machine.ts';
import type { CudaSetUp } from './cuda/set-up.ts';
import { cudaSettings, startCuda } from './cuda/settings.ts';
import { tryCuda } from './cuda/trial.ts';
import { ElementType, Graph, type Value } from './graph.ts';
import { type Device, float32Output, openSession, ort, tensor } from './session.ts';
export const DEVICE_CHOICES = ['auto', 'cpu', 'cuda', 'webgpu'] as const;
export type DeviceChoice = (typeof DEVICE_CHOICES)[number];

/**
 * Choose the device for spectra. `auto` takes CUDA if it works, otherwise the CPU, and never fails. WebGPU, only on
 * request, does the products of fast spectra: it has no float64. @throws UserError for an unavailable device
 */
export async function chooseDevice(choice: DeviceChoice): Promise<Device> {
  const device = await chooseModelDevice(choice);
  return device.name === 'webgpu' ? { ...device, reason: 'requested; float64 work runs on the CPU' } : device;
}

/**
 * Choose the device for a language model. `auto` takes CUDA if it works, otherwise the CPU, and never fails. WebGPU,
 * only on request, can be a software adapter. @throws UserError for an unavailable device
 */
export async function chooseModelDevice(choice: DeviceChoice): Promise<Device> {
  if (choice !== 'auto') return requested(choice);
  const cuda = await cudaOfThisProcess({ isRequested: false });
  if (cuda.kind === 'ready') return cudaDevice(cuda);
  return { name: 'cpu', reason: cuda.problem, ...(cuda.kind === 'no-gpu' ? { isOrdinary: true } : {}) };
}

async function requested(name: Device['name']): Promise<Device> {
  if (name === 'cuda') {
    const cuda = await cudaOfThisProcess({ isRequested: true });
    if (cuda.kind === 'ready') return cudaDevice(cuda);
    throw new UserError(`device cuda: ${cuda.problem}`, cuda.hint, { code: 'no-device' });
  }
  const problem = name === 'webgpu' ? await webgpuProblem() : null;
  if (problem === null) return { name, reason: 'requested' };
  throw new UserError(`device webgpu: ${problem}`, 'install a Vulkan driver, or use device cpu', { code: 'no-device' });
}

function cudaDevice({ kind: _, summary, ...memory }: CudaSetUp & { readonly kind: 'ready' }): Device {
  return { name: 'cuda', reason: summary, ...memory };
}

let setUp: Promise<CudaSetUp> | null = null;

/** Set CUDA up, once: libraries stay loaded. */
function cudaOfThisProcess({ isRequested }: { readonly isRequested: boolean }): Promise<CudaSetUp> {
  setUp ??= onnxruntimeFolder().then((folder) => {
    const runtime = { version: ort.env.versions.node ?? 'unknown', folder, tryCuda };
    return startCuda(thisMachine(), runtime, { settings: cudaSettings(), isRequested });
  });
  return setUp;
}

const TRIAL = [1, 2, 3, 4];

const VULKAN_FOLDERS = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];

/** Files that describe Vulkan drivers. Without any, the WebGPU library writes to standard error. */
async function vulkanDrivers(): Promise<string[]> {
  const files = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  if (files !== undefined) return files.split(':').filter((file) => existsSync(file));
  const home = process.env.HOME === undefined ? [] : [join(process.env.HOME, '.local/share/vulkan/icd.d')];
  const found = await Promise.all([...VULKAN_FOLDERS, ...home].map((folder) => readdir(folder).catch(() => [])));
  return found.flat().filter((file) => file.endsWith('.json'));
}

/** The reason that WebGPU cannot be used; null if it computes a sum. */
async function webgpuProblem(): Promise<string | null> {
  if (process.platform === 'linux' && (await vulkanDrivers()).length === 0) return 'there is no Vulkan driver';
  try {
    const graph = new Graph();
    const x: Value = graph.input('x', ElementType.float32, [TRIAL.length]);
    graph.output('sum', graph.op('Add', [x, x]), ElementType.float32);
    const session = await openSession(graph, { name: 'webgpu', reason: 'trial' });
    const feeds = { x: tensor.float32(Float32Array.from(TRIAL), [TRIAL.length]) };
    const outputs = await session.run(feeds).finally(() => session.release());
    const sum = float32Output(outputs, 'sum');
    return TRIAL.every((value, i) => sum[i] === 2 * value) ? null : 'WebGPU computes wrong sums here';
  } catch (error) {
    const [message = ''] = (error as Error).message.split('\n');
    return /adapter/i.test(message) ? 'WebGPU finds no adapter' : `WebGPU does not work here (${message})`;
  }
}

/** The folder of this process's native library, which looks for providers there. */
async function onnxruntimeFolder(): Promise<string | null> {
  const maps = await readFile('/proc/self/maps', 'utf8').catch(() => '');
  const line = maps.split('\n').find((entry) => entry.includes('/libonnxruntime.so'));
  return line ? dirname(line.slice(line.indexOf('/'))) : null;
}
