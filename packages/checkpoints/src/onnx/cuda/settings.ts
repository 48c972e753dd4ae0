import { join, resolve } from 'node:path';
import { cacheFolder } from '@shadow-gate/platform/files';
import { CUDA_PINS } from './pins.ts';
import type { CudaOptions } from './set-up.ts';
import type { OnStep } from './steps.ts';

/** Where CUDA's libraries may come from, besides the machine: a word, or a folder. */
export type LibrariesChoice =
  | { readonly kind: 'auto' | 'download' | 'off' }
  | { readonly kind: 'folder'; readonly path: string };

export const LIBRARIES_WORDS = 'auto, download, off, or the path of a folder (with a slash)';

/** @returns null for a text that is neither a word nor has a slash: a typo must not become a path */
export function parseLibraries(text: string): LibrariesChoice | null {
  if (text === 'auto' || text === 'download' || text === 'off') return { kind: text };
  return text.includes('/') ? { kind: 'folder', path: resolve(text) } : null;
}

/** What a process is told about CUDA: its libraries are loaded once for all of it. */
export interface CudaSettings {
  readonly libraries: LibrariesChoice;
  /** Receives each step of the set-up. */
  readonly onStep: OnStep;
  /** Receives what is downloaded and what is used, in lines of their own. */
  readonly onNote: (line: string) => void;
  /** Receives, with `auto`, why a GPU that is there is not used. */
  readonly onUnusable: (line: string) => void;
}

const SILENT: CudaSettings = { libraries: { kind: 'auto' }, onStep() {}, onNote() {}, onUnusable() {} };

let settings: CudaSettings = SILENT;

/** Set what the next choice of a device in this process uses. */
export function configureCuda(next: CudaSettings): void {
  settings = next;
}

export const cudaSettings = (): CudaSettings => settings;

/**
 * The options of the set-up. On a runner downloads are kept in its tool cache. `auto` downloads libraries on a runner
 * that GitHub hosts: it has a fast network and is thrown away. The kernel module is loaded in CI, or on request.
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
