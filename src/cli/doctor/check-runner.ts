import os from 'node:os';
import { chooseModelDevice, type DeviceChoice, matrixRate } from '@shadow-gate/checkpoints/onnx';
import type { ExpectedMemory } from '@shadow-gate/language-model';
import { cacheFolder, expectWritable } from '@shadow-gate/platform/files';
import { machineMemory } from '@shadow-gate/platform/memory';
import { formatBytes } from '../init/model.ts';
import { type DoctorChecks, type DoctorFinding, ok, problem, warning } from './diagnosis.ts';

interface RunnerContext {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly device: DeviceChoice;
  /** Memory that the model needs; null if unknown. */
  readonly neededMemory: () => Promise<ExpectedMemory | null>;
}

export function runnerChecks({ env, device, neededMemory }: RunnerContext): DoctorChecks {
  return {
    node: async () => checkNode(process.versions.node),
    onnxruntime: checkOnnxruntime,
    memory: async () => checkMemory(await neededMemory(), machineMemory()),
    disk: () => checkCache(cacheFolder(env)),
    device: () => checkDevice(device),
  };
}

/** As `engines` of package.json. */
const LEAST_NODE = [20, 19] as const;

export function checkNode(version: string) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [least, leastMinor] = LEAST_NODE;
  const isOld = major < least || (major === least && minor < leastMinor);
  const text = `Node ${version} on ${process.platform} ${process.arch}`;
  return isOld ? problem(text, `install Node ${LEAST_NODE.join('.')} or later`) : ok(text);
}

/** A matrix product shows that the library works, and how fast. */
async function checkOnnxruntime() {
  const rate = await matrixRate({ name: 'cpu', reason: 'trial' });
  return ok(`it computes here: ${(rate / 1e9).toFixed(0)} GFLOP/s in float32 on the CPU`);
}

/** Share of memory for a model: above it, another program can end the run. */
const MOST_MEMORY = 0.85;

export function checkMemory(needed: ExpectedMemory | null, available: number) {
  const has = `this machine has ${formatBytes(available)}`;
  if (needed === null) return ok(has);
  const { whole, layered } = needed;
  const text = `the model takes about ${formatBytes(whole)} in float32, and ${has}`;
  if (whole <= MOST_MEMORY * available) return ok(text);
  if (whole <= available) return warning(text, 'leave it nothing else to do, or use a larger machine');
  if (layered > available) return problem(text, 'use a larger machine, a server (--endpoint), or --only spectra');
  return warning(
    `${text}: it runs from weights of 16 bits, if it has them and they fit, or layer by layer`,
    'use a larger machine or a server (--endpoint) if that takes too long',
  );
}

async function checkCache(folder: string | null) {
  if (folder === null) {
    return warning('SHADOW_GATE_CACHE is off: every spectrum is computed anew', 'set it to a folder');
  }
  await expectWritable(folder, 'folder');
  return ok(`the cache folder ${folder} can be written`);
}

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
