import { chooseModelDevice, configureCuda, type DeviceChoice } from '@shadow-gate/checkpoints/onnx';
import { openCheckpointSource } from '@shadow-gate/language-model';
import { afterEach, expect, it, vi } from 'vitest';
import { fixture } from '../../../test/fixtures.ts';
import { openEngine } from '../src/open-model.ts';

vi.mock('../../checkpoints/src/onnx/device.ts', { spy: true });
afterEach(() => void vi.restoreAllMocks());

/** Open a model on a machine whose GPU has little free memory. */
async function openOnSmallGpu(device: DeviceChoice) {
  vi.mocked(chooseModelDevice).mockResolvedValue({ name: 'cuda', reason: 'Tesla T4', memory: 2 ** 20 });
  const warnings: string[] = [];
  const steps: string[] = [];
  const onUnusable = (line: string) => void warnings.push(line);
  const onStep = (step: string, outcome: string) => void steps.push(`${step}: ${outcome}`);
  configureCuda({ libraries: { kind: 'auto' }, onStep, onNote() {}, onUnusable, onDetail() {} });
  const source = await openCheckpointSource({ checkpoint: fixture('language-models/llama'), device });
  const opened = openEngine(source);
  return { opened, warnings, steps };
}

it('runs a model that does not fit into a GPU that nobody asked for on the CPU, with a warning', async () => {
  const { opened, warnings } = await openOnSmallGpu('auto');
  const engine = await opened;
  expect(engine.device).toEqual({ name: 'cpu', reason: 'the model does not fit into the GPU' });
  expect(warnings).toEqual([
    expect.stringMatching(
      /^the CPU runs the model and not CUDA: .* needs 0\.5 GiB \(weights .*\), and the GPU has 0\.00 GiB free/,
    ),
  ]);
  expect(await engine.logits([1, 2])).toHaveLength(2 * engine.vocabulary);
  await engine.close();
});

it('refuses it on a GPU that was requested', async () => {
  const { opened, warnings, steps } = await openOnSmallGpu('cuda');
  await expect(opened).rejects.toMatchObject({ code: 'not-enough-memory' });
  // For --debug.
  expect(steps).toEqual([
    expect.stringMatching(/^memory plan: 0\.5 of 0\.00 GiB: weights 0\.00, .* CUDA itself 0\.5$/),
  ]);
  expect(warnings).toEqual([]);
});
