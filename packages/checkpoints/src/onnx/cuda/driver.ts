import { basename } from 'node:path';
import { libraryFolders } from './library-folders.ts';
import type { Machine } from './machine.ts';
import { noCuda, type OnStep } from './steps.ts';

export type CudaMajor = 12 | 13;

export interface Driver {
  readonly version: string;
  /** Such as `Tesla T4`; `NVIDIA GPU` if the driver does not say. */
  readonly gpu: string;
  readonly majors: readonly CudaMajor[];
  readonly library: string;
  /** Free memory of the GPU, in bytes; null if nvidia-smi does not say. */
  readonly memory: number | null;
}

/** The first driver for a version of CUDA ("CUDA Compatibility", table 2: 12.x needs 525, 13.x needs 580). */
const FIRST_DRIVERS: ReadonlyArray<readonly [CudaMajor, number]> = [
  [12, 525],
  [13, 580],
];

const DRIVER_LIBRARY = 'libcuda.so.1';

/** Find the driver of an NVIDIA GPU, if there is one. @throws UserError for a GPU that cannot be used */
export async function findDriver(
  machine: Machine,
  { mayLoadModule, onStep }: { readonly mayLoadModule: boolean; readonly onStep: OnStep },
): Promise<Driver | null> {
  const nodes = await deviceNodes(machine, { mayLoadModule, onStep });
  if (nodes.length === 0) return null;
  await expectPermission(machine, nodes);
  onStep('device', nodes.join(', '));
  const library = await driverLibrary(machine);
  const version = await driverVersion(machine, library);
  if (library === null || version === null) {
    const missing = library === null ? DRIVER_LIBRARY : 'its version (/proc/driver/nvidia/version)';
    throw noCuda(
      `${missing} of NVIDIA's driver is not there`,
      "install the driver's libraries, or give the container NVIDIA_DRIVER_CAPABILITIES=compute,utility",
    );
  }
  const branch = Number.parseInt(version, 10);
  const majors = FIRST_DRIVERS.filter(([, first]) => branch >= first).map(([major]) => major);
  onStep('driver', `${version}, which runs CUDA ${majors.join(' and ') || 'older than 12'} (${library})`);
  if (majors.length === 0) {
    throw noCuda(`NVIDIA's driver ${version} is too old for CUDA 12`, 'install driver 525 or later');
  }
  const memory = await freeMemory(machine);
  if (memory !== null) onStep('memory', `${(memory / 2 ** 30).toFixed(1)} GiB free`);
  return { version, gpu: await gpuName(machine), majors, library, memory };
}

const NODE = /^nvidia\d+$/;

async function deviceNodes(
  machine: Machine,
  { mayLoadModule, onStep }: { readonly mayLoadModule: boolean; readonly onStep: OnStep },
): Promise<string[]> {
  const nodes = async () => (await machine.files.names('/dev')).filter((name) => NODE.test(name));
  const there = await nodes();
  if (there.length > 0) {
    const needsModule = mayLoadModule && !(await machine.files.has('/dev/nvidia-uvm')) && !(await isContainer(machine));
    if (needsModule) onStep('kernel module', await loadKernelModule(machine));
    return there.map((name) => `/dev/${name}`);
  }
  const address = await gpuOnBus(machine);
  if (address === null) {
    onStep('device', 'no NVIDIA GPU: neither /dev/nvidia0 nor a display device of vendor 0x10de');
    return [];
  }
  onStep('device', `an NVIDIA GPU at PCI address ${address}, but no /dev/nvidia0`);
  if (await isContainer(machine)) {
    throw noCuda(
      'this machine has an NVIDIA GPU that its container was not given',
      'start the container with it (docker: --gpus all; Kubernetes: the resource nvidia.com/gpu)',
    );
  }
  if (mayLoadModule) onStep('kernel module', await loadKernelModule(machine));
  const loaded = mayLoadModule ? await nodes() : [];
  if (loaded.length > 0) return loaded.map((name) => `/dev/${name}`);
  throw noCuda(
    "NVIDIA's kernel module is not loaded: there is a GPU and no /dev/nvidia0",
    "install NVIDIA's driver, or run sudo modprobe -a nvidia nvidia-uvm before this step",
  );
}

/** PCI classes 0x03…: display controllers. NVIDIA makes other devices, too. */
const DISPLAY = /^0x03/;

async function gpuOnBus({ files }: Machine): Promise<string | null> {
  const devices = '/sys/bus/pci/devices';
  for (const address of await files.names(devices)) {
    const read = async (name: string) => ((await files.readText(`${devices}/${address}/${name}`)) ?? '').trim();
    if ((await read('vendor')) === '0x10de' && DISPLAY.test(await read('class'))) return address;
  }
  return null;
}

async function isContainer({ files, env }: Machine): Promise<boolean> {
  if (env.KUBERNETES_SERVICE_HOST !== undefined) return true;
  return (await files.has('/.dockerenv')) || (await files.has('/run/.containerenv'));
}

async function expectPermission({ files }: Machine, [first = '']: readonly string[]): Promise<void> {
  for (const path of ['/dev/nvidiactl', first, '/dev/nvidia-uvm']) {
    // NVIDIA's tools make the other nodes when the first program needs them.
    if (!(await files.has(path)) || (await files.canReadAndWrite(path))) continue;
    throw noCuda(`this user may not use ${path}`, 'add the user to the group of that file, often video or render');
  }
}

/** As in `… Kernel Module  570.133.20  Sun …` and `… Open Kernel Module for x86_64  580.95.05  Release …`. */
const MODULE_VERSION = /Kernel Module\D*?(?:x86_64)?\s+(\d+\.\d+(?:\.\d+)?)\b/;

/** Version 570.133.20 in `libcuda.so.570.133.20`. */
const LIBRARY_VERSION = /^libcuda\.so\.(\d+\.\d+(?:\.\d+)?)$/;

async function driverVersion({ files }: Machine, library: string | null): Promise<string | null> {
  const text = (await files.readText('/proc/driver/nvidia/version')) ?? '';
  const [, ofModule] = MODULE_VERSION.exec(text) ?? [];
  if (ofModule !== undefined) return ofModule;
  // Some sandboxes show no such file.
  const real = library === null ? null : await files.realPath(library);
  return LIBRARY_VERSION.exec(basename(real ?? ''))?.[1] ?? null;
}

async function driverLibrary(machine: Machine): Promise<string | null> {
  for (const folder of await libraryFolders(machine, null)) {
    const path = `${folder}/${DRIVER_LIBRARY}`;
    // The toolkit has a library of that name in a folder `stubs`, only to link with.
    const real = await machine.files.realPath(path);
    if (real !== null && !real.includes('/stubs/')) return path;
  }
  return null;
}

/** Free memory in bytes of the GPU with the most: CUDA decides which GPU comes first. */
async function freeMemory(machine: Machine): Promise<number | null> {
  const text = await machine.run('nvidia-smi', ['--query-gpu=memory.free', '--format=csv,noheader,nounits']);
  const sizes = (text ?? '').split('\n').map((line) => Number.parseInt(line, 10));
  const most = Math.max(...sizes.filter((size) => size > 0));
  return Number.isFinite(most) ? most * 2 ** 20 : null;
}

async function gpuName({ files }: Machine): Promise<string> {
  const folder = '/proc/driver/nvidia/gpus';
  const [first = ''] = await files.names(folder);
  const text = (await files.readText(`${folder}/${first}/information`)) ?? '';
  return /^Model:[ \t]*(\S.*?)[ \t]*$/m.exec(text)?.[1] ?? 'NVIDIA GPU';
}

/** Without `-a`, modprobe takes the second name as a parameter of the first module. */
const MODPROBE = ['modprobe', '-a', 'nvidia', 'nvidia-uvm'] as const;

/** Makes /dev/nvidia0 and /dev/nvidia-uvm if no rule of the system does. */
const MAKE_NODES = ['nvidia-modprobe', '-c', '0', '-u'] as const;

/** Load NVIDIA's kernel module, which GPU runners often lack, if no password is needed. @returns the outcome */
async function loadKernelModule(machine: Machine): Promise<string> {
  const asRoot = ([program, ...args]: readonly [string, ...string[]]) =>
    machine.isRoot ? machine.run(program, args) : machine.run('sudo', ['-n', program, ...args]);
  if ((await asRoot(MODPROBE)) === null) return `${machine.isRoot ? '' : 'sudo -n '}${MODPROBE.join(' ')} failed`;
  const nodes = await Promise.all(['/dev/nvidia0', '/dev/nvidia-uvm'].map((path) => machine.files.has(path)));
  if (nodes.every(Boolean)) return 'loaded';
  return (await asRoot(MAKE_NODES)) === null
    ? 'loaded, and not all of its devices made'
    : 'loaded, and its devices made';
}
