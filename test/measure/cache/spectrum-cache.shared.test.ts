import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensorsHeader } from '@shadow-gate/checkpoints/formats';
import { directoryStore } from '@shadow-gate/platform/key-value-store';
import { describe, expect, it } from 'vitest';
import { editTensor } from '../../../packages/checkpoints/test/edit-tensor.ts';
import { openMeasuredReference } from '../../../src/measure/open-measured.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { fixture, repository, temporaryFolder } from '../../fixtures.ts';
import { measurePath, type PathOptions } from '../measure-path.ts';

function copyOf(path: string): string {
  const folder = join(temporaryFolder(), 'checkpoint');
  mkdirSync(folder);
  cpSync(path, folder, { recursive: true });
  return folder;
}

const withStore = (folder: string, options: PathOptions) =>
  measurePath({ device: 'cpu', ...options, spectrumStore: directoryStore(folder) });

/** Without what depends on the machine and the time. */
const text = (measurement: Measurement) => JSON.stringify({ ...measurement, run: null });

const files = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));

describe('a cache of spectra', () => {
  const LLAMA = fixture('llama-f32');

  it('cached spectra give the same measurement, and a checkpoint that changed three tensors costs three', async () => {
    const store = temporaryFolder();
    const plain = await measurePath({ checkpoint: LLAMA, device: 'cpu' });
    const first = await withStore(store, { checkpoint: LLAMA });
    const second = await withStore(store, { checkpoint: LLAMA });
    expect([first, second].map(text)).toEqual([text(plain), text(plain)]);
    expect([first, second].map(({ run }) => run.recalledSpectra)).toEqual([0, plain.tensors.length]);

    const edited = copyOf(LLAMA);
    const file = join(edited, 'model.safetensors');
    const matrices = [...(await readSafetensorsHeader(file))].filter(({ shape }) => shape.length === 2);
    for (const { name } of matrices.slice(0, 3)) editTensor(file, name, (values) => values.fill(2, 5, 9));
    const changed = await withStore(store, { checkpoint: edited });
    expect(changed.run.recalledSpectra).toBe(plain.tensors.length - 3);
    expect(text(changed)).toBe(text(await measurePath({ checkpoint: edited, device: 'cpu' })));
  });

  it('a cached update depends on both checkpoint and reference, also for adapters', async () => {
    for (const [checkpoint, base, other] of [
      [
        repository('examples', 'benchmark-aligned'),
        repository('examples', 'base'),
        repository('examples', 'coverage-expanding'),
      ],
      [fixture('lora'), fixture('llama-f32'), fixture('llama-f64')],
    ] as const) {
      const store = temporaryFolder();
      const against = async (path: string) =>
        withStore(store, { checkpoint, reference: await openMeasuredReference(path) });
      const first = await against(base);
      const second = await against(base);
      expect(text(second)).toBe(text(first));
      expect(second.run.recalledSpectra).toBe(first.tensors.length);
      const updates = first.tensors.filter(({ of }) => of === 'delta').length;
      expect((await against(other)).run.recalledSpectra).toBe(first.tensors.length - updates);
    }
  });

  it('an entry that is damaged, cut off or of another key is not used, and a cached NaN is still reported', async () => {
    const store = temporaryFolder();
    const broken = copyOf(LLAMA);
    editTensor(join(broken, 'model.safetensors'), 'model.layers.0.self_attn.q_proj.weight', (values) => {
      values[3] = Number.NaN;
    });
    const first = await withStore(store, { checkpoint: broken });
    expect(first.nonFinite).toHaveLength(1);
    expect(text(await withStore(store, { checkpoint: broken }))).toBe(text(first));
    const [cut = '', wrong = '', swapped = '', with_ = ''] = files(store).map((name) => join(store, name));
    writeFileSync(cut, readFileSync(cut, 'utf8').slice(0, -9));
    writeFileSync(wrong, readFileSync(wrong, 'utf8').replace('"metrics"', '"metric"'));
    writeFileSync(swapped, readFileSync(with_, 'utf8'));
    const second = await withStore(store, { checkpoint: broken });
    expect(second.run.recalledSpectra).toBe(first.tensors.length - 3);
    expect(text(second)).toBe(text(first));
    expect((await withStore(store, { checkpoint: broken })).run.recalledSpectra).toBe(first.tensors.length);
  });

  it('a cache that cannot be written to warns once, and everything is measured', async () => {
    const place = join(temporaryFolder(), 'file');
    writeFileSync(place, '');
    const said: string[] = [];
    const store = directoryStore(place, (line) => said.push(line));
    const measurement = await measurePath({ checkpoint: LLAMA, device: 'cpu', spectrumStore: store });
    expect(measurement.tensors.length).toBeGreaterThan(3);
    expect(said).toEqual([expect.stringMatching(/^results cannot be cached in /)]);
  });
});
