import { type CudaSettings, parseLibraries } from '@shadow-gate/checkpoints/onnx';
import { expect, it } from 'vitest';
import { startCuda } from '../../../src/onnx/cuda/settings.ts';
import { driver, type FakeOptions, fakeMachine, RUNTIME } from './fake-machine.ts';

const ABSENT = 'libcudart.so.12, libcublasLt.so.12, libcublas.so.12, libcurand.so.10';

async function start(files: FakeOptions['files'], isRequested: boolean) {
  const lines: string[] = [];
  const settings: CudaSettings = {
    libraries: parseLibraries('off') ?? { kind: 'auto' },
    onStep: (step) => void lines.push(`step ${step}`),
    onNote: (line) => void lines.push(`used ${line}`),
    onUnusable: (line) => void lines.push(`warning ${line}`),
    onDetail: (line) => void lines.push(`detail ${line}`),
  };
  const { machine } = fakeMachine({ files, env: { RUNNER_TOOL_CACHE: '/opt/hostedtoolcache' } });
  const runtime = { version: '1.30.0', folder: RUNTIME, tryCuda: async () => null };
  const { kind } = await startCuda(machine, runtime, { settings, isRequested });
  return { kind, lines: lines.filter((line) => !line.startsWith('step')) };
}

it('warns with auto, in one line with the way out, if there is a GPU that cannot be used', async () => {
  const problem = `libraries of CUDA 12 are missing (${ABSENT})`;
  expect(await start(driver('570.133.20'), false)).toEqual({
    kind: 'unusable',
    lines: [
      `warning the CPU is used and not CUDA: ${problem} — set cuda-libraries to download, or to the folder that has them`,
    ],
  });
});

it('leaves a requested device to the error, and says nothing where there is no GPU', async () => {
  expect(await start(driver('570.133.20'), true)).toEqual({ kind: 'unusable', lines: [] });
  expect(await start({}, false)).toEqual({ kind: 'no-gpu', lines: [] });
});
