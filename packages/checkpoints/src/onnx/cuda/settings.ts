import { join, resolve } from 'node:path';
import { cacheFolder } from '@shadow-gate/platform/files';
import type { Machine } from './machine.ts';
import { CUDA_PINS } from './pins.ts';
import { type CudaOptions, type CudaSetUp, type LoadedRuntime, setUpCuda } from './set-up.ts';

/** The source of CUDA's libraries that the machine lacks: a word, or a folder. */
export type LibrariesChoice =
  | { readonly kind: 'auto' | 'download' | 'off' }
  | { readonly kind: 'folder'; readonly path: string };

export const LIBRARIES_WORDS = 'auto, download, off, or the path of a folder (with a slash)';

/** @returns null for a text that is neither a word nor has a slash: a typo must not become a path */
export function parseLibraries(text: string): LibrariesChoice | null {
  if (text === 'auto' || text === 'download' || text === 'off') return { kind: text };
  return text.includes('/') ? { kind: 'folder', path: resolve(text) } : null;
}

/** Settings of the whole process, which loads CUDA's libraries once. */
export interface CudaSettings extends Pick<CudaOptions, 'onStep' | 'onNote'> {
  readonly libraries: LibrariesChoice;
  /** Receives, with `auto`, the reason not to use a GPU. */
  readonly onUnusable: (line: string) => void;
  /** Receives facts for `--debug`. */
  readonly onDetail: (line: string) => void;
}

const SILENT: CudaSettings = { libraries: { kind: 'auto' }, onStep() {}, onNote() {}, onUnusable() {}, onDetail() {} };

let settings: CudaSettings = SILENT;

export function configureCuda(next: CudaSettings): void {
  settings = next;
}

export const cudaSettings = (): CudaSettings => settings;

/**
 * The options of the set-up. A runner's tool cache keeps downloads. `auto` downloads libraries on runners that GitHub
 * hosts: they have a fast network and are thrown away. The kernel module is loaded in CI, or on request.
 */
export function cudaOptions(
  { libraries, onStep, onNote }: CudaSettings,
  { env, isRequested }: { readonly env: Readonly<NodeJS.ProcessEnv>; readonly isRequested: boolean },
): CudaOptions {
  const { RUNNER_TOOL_CACHE: toolCache, RUNNER_ENVIRONMENT: runner, CI: ci } = env;
  return {
    pins: CUDA_PINS,
    mayDownloadLibraries: libraries.kind === 'download' || (libraries.kind === 'auto' && runner === 'github-hosted'),
    given: libraries.kind === 'folder' ? libraries.path : null,
    cache: toolCache ? join(toolCache, 'shadow-gate') : cacheFolder(env),
    mayLoadModule: isRequested || ci === 'true',
    onStep,
    onNote,
  };
}

/** Set CUDA up, and announce the result in one line. For a requested GPU, the caller reports the error. */
export async function startCuda(
  machine: Machine,
  runtime: LoadedRuntime,
  { settings, isRequested }: { readonly settings: CudaSettings; readonly isRequested: boolean },
): Promise<CudaSetUp> {
  const result = await setUpCuda(machine, runtime, cudaOptions(settings, { env: machine.env, isRequested }));
  if (result.kind === 'ready') settings.onNote(`CUDA is used: ${result.summary}`);
  if (result.kind === 'unusable' && !isRequested) {
    settings.onUnusable(`the CPU is used and not CUDA: ${result.problem} — ${result.hint}`);
  }
  return result;
}
