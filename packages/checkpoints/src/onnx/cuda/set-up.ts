import { lstat, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, given, UserError } from '@shadow-gate/platform';
import { sha256File } from './download.ts';
import { type Driver, findDriver } from './driver.ts';
import { findLibraries, type LibrarySet } from './libraries.ts';
import { libraryFolders } from './library-folders.ts';
import type { Files, Machine } from './machine.ts';
import { obtainFiles } from './obtain.ts';
import { type Pins, PROVIDER_FILES } from './pins.ts';
import { noCuda, type OnStep } from './steps.ts';

export interface CudaOptions {
  readonly pins: Pins;
  readonly mayDownloadLibraries: boolean;
  /** The user's folder with libraries and archives, for a machine without a network. */
  readonly given: string | null;
  readonly cache: string | null;
  readonly mayLoadModule: boolean;
  readonly retryMilliseconds?: number | undefined;
  readonly onStep: OnStep;
  /** Receives a line before each download, which can take minutes. */
  readonly onNote: (line: string) => void;
}

export interface LoadedRuntime {
  readonly version: string;
  readonly folder: string | null;
  /** Compute something on the device. @returns what is wrong, or null */
  readonly tryCuda: () => Promise<string | null>;
}

export type CudaSetUp =
  | { readonly kind: 'ready'; readonly summary: string; readonly memory?: number }
  /** `unusable`: there is an NVIDIA GPU. */
  | { readonly kind: 'no-gpu' | 'unusable'; readonly problem: string; readonly hint: string };

/** Make CUDA usable in this process: driver, libraries, provider and a trial. Each step reports. Never throws. */
export async function setUpCuda(machine: Machine, runtime: LoadedRuntime, options: CudaOptions): Promise<CudaSetUp> {
  try {
    if (machine.platform !== 'linux-x64') {
      const problem = `onnxruntime has no CUDA provider for ${machine.platform}`;
      return { kind: 'no-gpu', problem, hint: 'use a Linux x64 machine, or device cpu' };
    }
    const driver = await findDriver(machine, options);
    if (driver === null) {
      return { kind: 'no-gpu', problem: 'there is no NVIDIA GPU', hint: 'use a machine with one, or device cpu' };
    }
    const summary = await useDriver(machine, runtime, { driver, options });
    options.onStep('trial', 'a product in float64 and an attention in float32 are right');
    return { kind: 'ready', summary, ...given({ memory: driver.memory ?? undefined }) };
  } catch (error) {
    const failed = () => noCuda(`the set-up of CUDA failed (${describeError(error).message})`, 'use device cpu');
    const { problem, hint } = error instanceof UserError ? error : failed();
    options.onStep('result', `CUDA is not used: ${problem}`);
    return { kind: 'unusable', problem, hint };
  }
}

async function useDriver(
  machine: Machine,
  runtime: LoadedRuntime,
  { driver, options }: { readonly driver: Driver; readonly options: CudaOptions },
): Promise<string> {
  const { version } = options.pins;
  if (runtime.folder === null) throw noCuda("the folder of onnxruntime's library is not known", 'use device cpu');
  if (runtime.version !== version) {
    throw noCuda(
      `there is no CUDA provider for onnxruntime ${runtime.version}: this tool knows that of ${version}`,
      'use the version of this tool as it was released, or device cpu',
    );
  }
  const { major, paths } = await haveLibraries(machine, driver, options);
  const provider = `${cacheOf(options)}/onnxruntime-${version}-cuda${major}`;
  await obtainFiles(machine, options.pins.providers[major], { ...options, folder: provider, mayDownload: true });
  // The driver's library first: not every system finds it.
  preload(machine, [driver.library, ...paths], options.onStep);
  await linkProvider(machine.files, provider, runtime.folder);
  const wrong = await runtime.tryCuda().catch((error: Error) => {
    throw noCuda(
      `onnxruntime's CUDA provider does not work here (${reasonOf(error)})`,
      'look at nvidia-smi and the version of the driver, or use device cpu',
    );
  });
  if (wrong !== null) throw noCuda(`CUDA computes wrongly here: ${wrong}`, 'use device cpu');
  return `${driver.gpu}, driver ${driver.version}, CUDA ${major}`;
}

/** Around the cause of CUDA's failures, onnxruntime's message has names of C++ and of the machine. */
function reasonOf({ message }: Error): string {
  const [, failure] = /(CUDA failure \d+: [^;\n]*[^;\n\s])/.exec(message) ?? [];
  return failure ?? message.split('\n')[0]?.slice(0, 200) ?? '';
}

async function haveLibraries(machine: Machine, driver: Driver, options: CudaOptions): Promise<LibrarySet> {
  const { given: own, mayDownloadLibraries, onStep } = options;
  if (own !== null && !(await machine.files.has(own))) {
    throw noCuda(`cuda-libraries is ${own}, which does not exist`, 'give a folder with the libraries of CUDA');
  }
  const folders = await libraryFolders(machine, own);
  const sets: LibrarySet[] = [];
  // 12 first: it runs older cards, too.
  for (const major of driver.majors) {
    const set = await findLibraries(machine, major, folders);
    onStep(`CUDA ${major}`, set.missing.length === 0 ? set.paths.join(', ') : `without ${set.missing.join(', ')}`);
    if (set.missing.length === 0) return set;
    sets.push(set);
  }
  const [first] = sets;
  if (first === undefined) throw new Error('the driver runs no version of CUDA');
  const folder = `${cacheOf(options)}/cuda-${first.major}`;
  for (const archive of options.pins.libraries[first.major]) {
    if (await obtainFiles(machine, archive, { ...options, folder, mayDownload: mayDownloadLibraries })) continue;
    throw await missingLibraries(machine, first, folders);
  }
  return findLibraries(machine, first.major, [folder]);
}

/** A driver that is too old for the installed libraries is the likelier cause. */
async function missingLibraries(machine: Machine, { major, missing }: LibrarySet, folders: readonly string[]) {
  const newer = major === 12 ? await findLibraries(machine, 13, folders) : null;
  const other = newer?.missing.length === 0 ? ', and those of CUDA 13 need driver 580 or later' : '';
  return noCuda(
    `libraries of CUDA ${major} are missing (${missing.join(', ')})${other}`,
    'set cuda-libraries to download, or to the folder that has them',
  );
}

function cacheOf({ cache }: CudaOptions): string {
  if (cache !== null) return cache;
  throw noCuda('SHADOW_GATE_CACHE is off, and the CUDA provider needs a folder', 'set it to a folder');
}

function preload(machine: Machine, paths: readonly string[], onStep: OnStep): void {
  for (const path of paths) {
    try {
      machine.loadLibrary(path);
    } catch (error) {
      throw noCuda(
        `${path} cannot be loaded (${(error as Error).message.split('\n')[0]})`,
        'install it again, or set cuda-libraries to download',
      );
    }
  }
  onStep('loaded', paths.join(', '));
}

/**
 * Link a provider next to onnxruntime's library, the only place where it looks. Links to another one are replaced.
 * @throws UserError for a provider of unknown version there, or a folder that cannot be written
 */
async function linkProvider(files: Files, from: string, to: string): Promise<void> {
  for (const name of PROVIDER_FILES) {
    const target = files.host(`${from}/${name}`);
    const link = files.host(`${to}/${name}`);
    if (await isSame(link, target, `${to}/${name}`)) continue;
    const draft = join(files.host(to), `.${name}.${process.pid}`);
    try {
      await symlink(target, draft);
      await rename(draft, link);
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {});
      throw noCuda(
        `onnxruntime's provider cannot be put into ${to} (${(error as NodeJS.ErrnoException).code})`,
        'run from a copy of this tool in a folder that this user may write to',
      );
    }
  }
}

async function isSame(link: string, target: string, path: string): Promise<boolean> {
  const info = await lstat(link).catch(() => null);
  if (info === null) return false;
  if (info.isSymbolicLink()) return (await readlink(link)) === target;
  if ((await sha256File(link)) === (await sha256File(target))) return true;
  throw noCuda(`${path} is another provider than the one that fits onnxruntime here`, 'remove it');
}
