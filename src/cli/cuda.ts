import type { CudaSettings } from '../onnx/cuda/settings.ts';
import type { DeviceOptions } from './options.ts';
import type { Output } from './output.ts';

/** What a command line says about CUDA. With `--debug` each step of the set-up is a line on standard error. */
export function cudaSettingsFromOptions(
  { cudaLibraries, debug }: Partial<DeviceOptions> & { readonly debug?: boolean },
  output: Output,
): CudaSettings {
  return {
    libraries: cudaLibraries ?? { kind: 'auto' },
    onStep: (step, outcome) => {
      if (debug) output.note(`cuda: ${step}: ${outcome}`);
    },
    onNote: (line) => output.note(line),
    onUnusable: (line) => output.warn(line),
  };
}
