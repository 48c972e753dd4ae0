import { openCheckpoint } from '@shadow-gate/checkpoints';
import { chooseDevice, configureCuda, DEVICE_RESERVE, type Device } from '@shadow-gate/checkpoints/onnx';
import { planSpectra } from '@shadow-gate/spectra';
import { afterEach, expect, it, vi } from 'vitest';
import { measureSpectra } from '../../src/measure/measure-spectra.ts';
import { fixture } from '../fixtures.ts';

vi.mock('../../packages/checkpoints/src/onnx/device.ts', { spy: true });
afterEach(() => void vi.restoreAllMocks());

const checkpoint = await openCheckpoint(fixture('language-models/llama'));

const gpuWith = (memory: number): Device => ({ name: 'cuda', reason: 'Tesla T4', memory });

const planOn = (device: Device) => planSpectra(checkpoint, null, { method: 'auto', device }).jobs;

it('computes on the CPU what takes more memory than the GPU has, and only that', () => {
  const sizes = planOn({ name: 'cuda', reason: 'not known' }).map(({ memory }) => memory);
  const middle = sizes.toSorted((a, b) => a - b)[Math.floor(sizes.length / 2)] ?? 0;
  const jobs = planOn(gpuWith(middle + DEVICE_RESERVE));
  expect(jobs.map(({ device: { name } }) => name)).toEqual(sizes.map((size) => (size <= middle ? 'cuda' : 'cpu')));
  expect(new Set(jobs.map(({ device: { name } }) => name))).toEqual(new Set(['cuda', 'cpu']));
});

it('leaves every matrix on a GPU whose memory is not known', () => {
  expect(planOn({ name: 'cuda', reason: 'Tesla T4' }).every(({ device: { name } }) => name === 'cuda')).toBe(true);
});

it('says that the CPU measures it', async () => {
  vi.mocked(chooseDevice).mockResolvedValue(gpuWith(1));
  const notes: string[] = [];
  const onNote = (line: string) => void notes.push(line);
  configureCuda({ libraries: { kind: 'auto' }, onStep() {}, onNote, onUnusable() {}, onDetail() {} });
  const isWanted = (name: string) => name.includes('layers.0.mlp');
  const { tensors } = await measureSpectra(checkpoint, null, { isWanted });
  expect(tensors.map(({ status }) => status)).toEqual(['measured', 'measured', 'measured']);
  expect(notes).toEqual([
    expect.stringMatching(
      /^the GPU has not enough memory for "model\.layers\.0\.mlp\.\w+\.weight" and 2 more, measured on the CPU$/,
    ),
  ]);
});
