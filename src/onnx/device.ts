import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../platform/user-error.ts';
import { ElementType, Graph, type Value } from './graph.ts';
import type { Device } from './session.ts';
import { float32Output, openSession, runGraph, tensor } from './session.ts';

export const DEVICE_CHOICES = ['auto', 'cpu', 'cuda', 'webgpu'] as const;
export type DeviceChoice = (typeof DEVICE_CHOICES)[number];

const CUDA_PROVIDER = 'libonnxruntime_providers_cuda.so';

/**
 * Choose the device for spectra. `auto` takes CUDA if its provider is installed and works, otherwise the CPU; it never
 * fails. WebGPU is used only for the products of fast spectra, since it has no float64 (`float64Device`); it can be a
 * software adapter.
 * @throws UserError if the requested device is not available
 */
export async function chooseDevice(choice: DeviceChoice): Promise<Device> {
  if (choice === 'webgpu') return { ...(await requested(choice)), reason: 'requested; float64 work runs on the CPU' };
  if (choice !== 'auto') return requested(choice);
  const problem = await cudaProblem();
  return problem ? { name: 'cpu', reason: problem } : CUDA_WORKS;
}

/**
 * Choose the device for a language model. `auto` takes CUDA if its provider is installed and works, otherwise WebGPU if
 * there is a GPU and it works, otherwise the CPU; it never fails. WebGPU on request can also be a software adapter.
 * @throws UserError if the requested device is not available
 */
export async function chooseModelDevice(choice: DeviceChoice): Promise<Device> {
  if (choice !== 'auto') return requested(choice);
  const withoutCuda = await cudaProblem();
  if (!withoutCuda) return CUDA_WORKS;
  const gpu = await gpuVendor();
  if (!gpu) return { name: 'cpu', reason: `${withoutCuda}, and WebGPU finds no GPU` };
  const withoutWebgpu = await webgpuProblem();
  return withoutWebgpu
    ? { name: 'cpu', reason: `${withoutCuda}, and ${withoutWebgpu}` }
    : { name: 'webgpu', reason: `${withoutCuda}, and there is a GPU (${gpu})` };
}

const CUDA_WORKS: Device = { name: 'cuda', reason: 'its provider works here' };

const HINTS = {
  cuda: 'install the provider, or use device cpu',
  webgpu: 'install a Vulkan driver, or use device cpu',
} as const;

/** The requested device, if it works. */
async function requested(name: Device['name']): Promise<Device> {
  if (name !== 'cpu') {
    const problem = await (name === 'cuda' ? cudaProblem() : webgpuProblem());
    if (problem) throw new UserError(`device ${name}: ${problem}`, HINTS[name], { code: 'no-device' });
  }
  return { name, reason: 'requested' };
}

/** Why CUDA cannot be used; null if a matrix product on it works. */
async function cudaProblem(): Promise<string | null> {
  // Without the library, creating a session would throw and also write to standard error.
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

const TRIAL = [1, 2, 3, 4];

/** The folders in which Vulkan's loader looks for drivers. */
const VULKAN_FOLDERS = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];

/** Software adapters: Mesa's and Google's. */
const SOFTWARE_DRIVER = /lvp|lavapipe|swiftshader|swrast/i;

/** Files that describe Vulkan drivers. If there are none, the WebGPU library writes to standard error. */
async function vulkanDrivers(): Promise<string[]> {
  const files = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  if (files !== undefined) return files.split(':').filter((file) => existsSync(file));
  const home = process.env.HOME === undefined ? [] : [join(process.env.HOME, '.local/share/vulkan/icd.d')];
  const found = await Promise.all([...VULKAN_FOLDERS, ...home].map((folder) => readdir(folder).catch(() => [])));
  return found.flat().filter((file) => file.endsWith('.json'));
}

/** Why WebGPU cannot be used; null if a sum on it is right. */
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
    const isRight = TRIAL.every((value, i) => sum[i] === 2 * value);
    return isRight ? null : 'WebGPU computes wrong sums here';
  } catch (error) {
    const [message = ''] = (error as Error).message.split('\n');
    return /adapter/i.test(message) ? 'WebGPU finds no adapter' : `WebGPU does not work here (${message})`;
  }
}

/** GPU vendors by their PCI number. The display devices of virtual machines are not among them. */
const VENDORS: Readonly<Record<string, string>> = { '0x10de': 'NVIDIA', '0x1002': 'AMD', '0x8086': 'Intel' };

/** The vendor of this machine's GPU; null if there is none, or no driver other than software. */
async function gpuVendor(): Promise<string | null> {
  if ((await vulkanDrivers()).every((file) => SOFTWARE_DRIVER.test(file))) return null;
  const drm = '/sys/class/drm';
  for (const node of await readdir(drm).catch(() => [])) {
    if (!node.startsWith('renderD') || !existsSync(join('/dev/dri', node))) continue;
    const vendor = await readFile(join(drm, node, 'device/vendor'), 'utf8').catch(() => '');
    const name = VENDORS[vendor.trim()];
    if (name) return name;
  }
  // In a container, NVIDIA's driver has only a device file of its own.
  return existsSync('/dev/nvidia0') ? 'NVIDIA' : null;
}

/** The folder of this process's native library, which looks for providers beside itself. */
async function onnxruntimeFolder(): Promise<string | null> {
  const maps = await readFile('/proc/self/maps', 'utf8').catch(() => '');
  const line = maps.split('\n').find((entry) => entry.includes('/libonnxruntime.so'));
  return line ? dirname(line.slice(line.indexOf('/'))) : null;
}
