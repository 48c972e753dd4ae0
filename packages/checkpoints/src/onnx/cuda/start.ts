import type { Machine } from './machine.ts';
import { type CudaSetUp, type LoadedRuntime, setUpCuda } from './set-up.ts';
import { type CudaSettings, cudaOptions } from './settings.ts';

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
