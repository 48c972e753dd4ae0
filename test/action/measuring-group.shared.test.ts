import { cudaSettings } from '@shadow-gate/checkpoints/onnx';
import { expect, it } from 'vitest';
import type { MeasuringRun } from '../../src/action/action-run.ts';
import type { ActionContext } from '../../src/action/context.ts';
import { inMeasuringGroup } from '../../src/action/run-gate.ts';

/** The log of a measurement that finds a GPU and cannot use it. */
async function logOf(device: 'auto' | 'cuda'): Promise<string[]> {
  const log: string[] = [];
  const info = (line: string) => void log.push(line);
  const runner = {
    info,
    warning: (line: string) => void log.push(`::warning::${line}`),
    group: async <T>(_: string, work: () => Promise<T>) => work().finally(() => info('::endgroup::')),
  };
  const run = { checkpoint: 'model', device, cudaLibraries: { kind: 'download' } };
  await inMeasuringGroup(
    run as MeasuringRun,
    { runner, now: () => new Date(0) } as unknown as ActionContext,
    async () => {
      expect(cudaSettings().libraries).toEqual({ kind: 'download' });
      cudaSettings().onStep('driver', 'too old');
      cudaSettings().onUnusable('the CPU is used and not CUDA: too old');
    },
  );
  return log.filter((line) => !/^::(stop-commands|[0-9a-f-]{36})::/.test(line));
}

it('a GPU that cannot be used is a warning after the group, in which the runner carries out no command', async () => {
  expect(await logOf('auto')).toEqual(['::endgroup::', '::warning::the CPU is used and not CUDA: too old']);
});

it('a requested GPU has each step of its set-up in the log', async () => {
  expect(await logOf('cuda')).toContain('CUDA: driver: too old');
});
