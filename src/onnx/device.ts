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
 * Choose where spectra are computed. `auto` takes CUDA if its provider is installed and works, else the CPU: it never
 * fails. WebGPU multiplies for fast spectra only, since it has no float64 (`float64Device`), and may be a software adapter.
 * @throws UserError if a device is asked for that is not there
 */
export async function chooseDevice(choice: DeviceChoice): Promise<Device> {
  if (choice === 'webgpu')
    return { ...(await named(choice)), reason: 'asked for; what needs float64 is computed on the CPU' };
  if (choice !== 'auto') return named(choice);
  const trouble = await cudaTrouble();
  return trouble ? { name: 'cpu', reason: trouble } : CUDA_WORKS;
}

/**
 * Choose where a language model runs. `auto` takes CUDA if its provider is installed and works, else WebGPU if there is a
 * graphics processor and it works, else the CPU: it never fails. WebGPU that is asked for may also be a software adapter.
 * @throws UserError if a device is asked for that is not there
 */
export async function chooseModelDevice(choice: DeviceChoice): Promise<Device> {
  if (choice !== 'auto') return named(choice);
  const withoutCuda = await cudaTrouble();
  if (!withoutCuda) return CUDA_WORKS;
  const processor = await graphicsProcessor();
  if (!processor) return { name: 'cpu', reason: `${withoutCuda}, and WebGPU finds no graphics processor` };
  const withoutWebgpu = await webgpuTrouble();
  return withoutWebgpu
    ? { name: 'cpu', reason: `${withoutCuda}, and ${withoutWebgpu}` }
    : { name: 'webgpu', reason: `${withoutCuda}, and there is a graphics processor (${processor})` };
}

const CUDA_WORKS: Device = { name: 'cuda', reason: 'its provider works here' };

/** What makes a device usable that is not. */
const MENDS = { cuda: 'install it, or use device cpu', webgpu: 'install a Vulkan driver, or use device cpu' } as const;

/** A device that was asked for, if it works. */
async function named(name: Device['name']): Promise<Device> {
  if (name !== 'cpu') {
    const trouble = await (name === 'cuda' ? cudaTrouble() : webgpuTrouble());
    if (trouble) throw new UserError(`device ${name}: ${trouble}`, MENDS[name]);
  }
  return { name, reason: 'asked for' };
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

const TRIAL = [1, 2, 3, 4];

/** Where Vulkan's loader looks for drivers. */
const VULKAN_FOLDERS = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];

/** Software adapters: Mesa's and Google's. */
const SOFTWARE_DRIVER = /lvp|lavapipe|swiftshader|swrast/i;

/** Descriptions of Vulkan drivers. Without one the WebGPU library writes its own complaints to standard error. */
async function vulkanDrivers(): Promise<string[]> {
  const named = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  if (named !== undefined) return named.split(':').filter((file) => existsSync(file));
  const home = process.env.HOME === undefined ? [] : [join(process.env.HOME, '.local/share/vulkan/icd.d')];
  const found = await Promise.all([...VULKAN_FOLDERS, ...home].map((folder) => readdir(folder).catch(() => [])));
  return found.flat().filter((file) => file.endsWith('.json'));
}

/** Why WebGPU cannot be used, or null if a sum on it comes out. */
async function webgpuTrouble(): Promise<string | null> {
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

/** Vendors of graphics processors by their PCI number. Virtual machines' display devices are not among them. */
const VENDORS: Readonly<Record<string, string>> = { '0x10de': 'NVIDIA', '0x1002': 'AMD', '0x8086': 'Intel' };

/** Whose graphics processor this machine has, with a driver that is not software, or null. */
async function graphicsProcessor(): Promise<string | null> {
  if ((await vulkanDrivers()).every((file) => SOFTWARE_DRIVER.test(file))) return null;
  const drm = '/sys/class/drm';
  for (const node of await readdir(drm).catch(() => [])) {
    if (!node.startsWith('renderD') || !existsSync(join('/dev/dri', node))) continue;
    const vendor = await readFile(join(drm, node, 'device/vendor'), 'utf8').catch(() => '');
    const name = VENDORS[vendor.trim()];
    if (name) return name;
  }
  // NVIDIA's driver in a container shows its own node only.
  return existsSync('/dev/nvidia0') ? 'NVIDIA' : null;
}

/** Where the native library of this process was loaded from (it looks for providers beside itself). */
async function onnxruntimeFolder(): Promise<string | null> {
  const maps = await readFile('/proc/self/maps', 'utf8').catch(() => '');
  const line = maps.split('\n').find((entry) => entry.includes('/libonnxruntime.so'));
  return line ? dirname(line.slice(line.indexOf('/'))) : null;
}
