import { statfs } from 'node:fs/promises';
import os from 'node:os';
import { dirname } from 'node:path';
import { chooseModelDevice, type DeviceChoice, matrixRate } from '@shadow-gate/checkpoints/onnx';
import type { ExpectedMemory } from '@shadow-gate/language-model';
import { cacheFolder, expectWritable } from '@shadow-gate/platform/files';
import { machineMemory } from '@shadow-gate/platform/memory';
import { formatBytes } from '../init/sizes.ts';
import { type DoctorCheck, type DoctorFinding, ok, problem, warning } from './diagnosis.ts';

/** As `engines` of package.json. */
const LEAST_NODE = [20, 19] as const;

interface RunnerContext {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly device: DeviceChoice;
  /** What the model takes in memory; null if that is not known. */
  readonly neededMemory: () => Promise<ExpectedMemory | null>;
  /** What is downloaded, in bytes; 0 without a hub. */
  readonly downloaded: () => Promise<number>;
}

/** The machine: Node, onnxruntime, memory, disk, device. */
export function runnerChecks({ env, device, neededMemory, downloaded }: RunnerContext): DoctorCheck[] {
  return [
    { name: 'node', run: async () => checkNode(process.versions.node, `${process.platform} ${process.arch}`) },
    { name: 'onnxruntime', run: checkOnnxruntime },
    { name: 'memory', run: async () => checkMemory(await neededMemory(), machineMemory()) },
    { name: 'disk', run: async () => checkDisk(cacheFolder(env), await downloaded().catch(() => 0)) },
    { name: 'device', run: () => checkDevice(device) },
  ];
}

export function checkNode(version: string, platform: string) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [least, leastMinor] = LEAST_NODE;
  const isOld = major < least || (major === least && minor < leastMinor);
  const text = `Node ${version} on ${platform}`;
  return isOld ? problem(text, `install Node ${LEAST_NODE.join('.')} or later`) : ok(text);
}

/** A product of matrices shows that the library is there, and how fast it is. */
async function checkOnnxruntime() {
  const rate = await matrixRate({ name: 'cpu', reason: 'trial' });
  return ok(`it computes here: ${(rate / 1e9).toFixed(0)} GFLOP/s in float32 on the CPU`);
}

/** Where a model takes nearly all of the memory, another program can end the run. */
const MOST_MEMORY = 0.85;

export function checkMemory(needed: ExpectedMemory | null, available: number) {
  const has = `this machine has ${formatBytes(available)}`;
  if (needed === null) return ok(has);
  const { whole, layered } = needed;
  const text = `the model takes about ${formatBytes(whole)} in float32, and ${has}`;
  if (whole > available && layered <= available) {
    return warning(
      `${text}: it runs from weights of 16 bits, if it has them and they fit, or layer by layer`,
      'use a larger machine or a server (--endpoint) if that takes too long',
    );
  }
  if (whole > available) return problem(text, 'use a larger machine, a server (--endpoint), or --only spectra');
  return whole > MOST_MEMORY * available
    ? warning(text, 'leave it nothing else to do, or use a larger machine')
    : ok(text);
}

export async function checkDisk(folder: string | null, downloaded: number) {
  if (folder === null) {
    const text = 'SHADOW_GATE_CACHE is off: every spectrum is computed anew';
    return downloaded > 0
      ? problem(`${text}, and downloads have no folder`, 'set it to a folder')
      : warning(text, 'set it to a folder');
  }
  await expectWritable(folder, 'folder');
  const free = await freeBytes(folder);
  const text = `${formatBytes(free)} free for the cache folder ${folder}`;
  if (downloaded > free) {
    const needs = `${formatBytes(downloaded)} are to be downloaded`;
    return problem(`${text}, and ${needs}`, 'free some, or set SHADOW_GATE_CACHE to a folder on another disk');
  }
  return ok(text);
}

/** On the disk of a folder, or of the nearest one above it that exists. */
async function freeBytes(folder: string): Promise<number> {
  for (let at = folder; ; at = dirname(at)) {
    const found = await statfs(at).catch(() => null);
    if (found) return found.bavail * found.bsize;
    if (at === dirname(at)) throw new Error(`no disk is known for ${folder}`);
  }
}

/** The device that a run would use, found as a run finds it. */
async function checkDevice(choice: DeviceChoice): Promise<DoctorFinding> {
  const { name, reason, isOrdinary = false } = await chooseModelDevice(choice);
  if (name !== 'cpu') return ok(`${name}: ${reason}`);
  const cores = os.availableParallelism();
  const cpu = os.cpus()[0]?.model.trim();
  const text = `cpu, ${cores} ${cores === 1 ? 'core' : 'cores'}${cpu ? ` of ${cpu}` : ''}`;
  if (isOrdinary || choice === 'cpu') return ok(text);
  return warning(
    `${text}: the GPU is not used, since ${reason}`,
    "see each step of its set-up with 'doctor --debug', and docs/lab-notes/gpu.md",
  );
}
