import {
  closeSync,
  cpSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expectUnchanged, openCheckpoint, TensorDigests } from '@shadow-gate/checkpoints';
import { FolderFiles } from '@shadow-gate/platform/files';
import { directoryStore } from '@shadow-gate/platform/key-value-store';
import type { Progress } from '@shadow-gate/platform/progress';
import { describe, expect, it } from 'vitest';
import { measureSpectra } from '../../src/measure/measure-spectra.ts';
import { fixture, repository, temporaryFolder } from '../fixtures.ts';
import { runGate } from '../gate/run-gate.ts';
import { measurePath } from './measure-path.ts';

function copyOf(path: string): string {
  const folder = join(temporaryFolder(), 'checkpoint');
  cpSync(path, folder, { recursive: true });
  return folder;
}

/** Change one byte of a file where it is. */
function changeByte(file: string, position: number): void {
  const byte = readFileSync(file)[position] ?? 0;
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Uint8Array.of(byte ^ 1), 0, 1, position);
  closeSync(descriptor);
}

/**
 * The entries of a store that lets something happen when the first spectrum is looked up: its bytes have been hashed.
 */
async function measureWhile(happen: (file: string) => void) {
  const folder = copyOf(fixture('llama-f32'));
  const file = join(folder, 'model.safetensors');
  const cache = temporaryFolder();
  const store = directoryStore(cache);
  let hasHappened = false;
  const interrupted = {
    ...store,
    get: async (key: string) => {
      if (!hasHappened) happen(file);
      hasHappened = true;
      return store.get(key);
    },
  };
  const failure = await measurePath({ checkpoint: folder, device: 'cpu', spectrumStore: interrupted }).then(
    () => 'no error',
    (error: Error) => error.message,
  );
  const entries = readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
  return { failure, entries, file };
}

describe('a file that changes between its digest and its measurement', () => {
  it.each<[string, (file: string) => void]>([
    ['by one byte', (file) => changeByte(file, readFileSync(file).length - 1)],
    [
      'by a file in its place',
      (file) => {
        cpSync(file, `${file}.new`);
        renameSync(`${file}.new`, file);
      },
    ],
    ['by more bytes', (file) => writeFileSync(file, 'more', { flag: 'a' })],
    ['as it disappears', (file) => renameSync(file, `${file}.gone`)],
  ])('%s is an error, and nothing is kept', async (_, happen) => {
    const { failure, entries, file } = await measureWhile(happen);
    expect(failure).toBe(`${file} changed while it was measured — run again when nothing writes to it any more`);
    expect(entries).toEqual([]);
  });

  it('is one line if it becomes shorter, whatever onnxruntime says about it', async () => {
    const { failure, entries, file } = await measureWhile((path) => truncateSync(path, 100));
    expect(failure).toContain(`${file} `);
    expect(failure).toMatch(/changed while|became shorter/);
    expect(entries).toEqual([]);
  });

  it('is an error if it is the tokenizer or a config next to the weights', async () => {
    const folder = copyOf(fixture('llama-f32'));
    const file = join(folder, 'generation_config.json');
    const onProgress = () => writeFileSync(file, '{ "eos_token_id": 7 }');
    await expect(measurePath({ checkpoint: folder, device: 'cpu', onProgress })).rejects.toThrow(
      /the tokenizer, or another file next to the weights, of .* changed while it was measured — run again/,
    );
  });

  const otherConfig = (file: string, change: object) =>
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));

  it('is an error if it is a config, of which not all is described', async () => {
    const folder = copyOf(fixture('llama-f32'));
    const file = join(folder, 'config.json');
    const onProgress = () => otherConfig(file, { rope_theta: 7 });
    const measuring = measurePath({ checkpoint: folder, device: 'cpu', onProgress });
    await expect(measuring).rejects.toThrow(`${file} changed while it was measured — run again`);
  });

  it('is an error if it is the config of an adapter, and changes while the baseline is measured', async () => {
    const [adapter, base] = [copyOf(fixture('lora')), fixture('llama-f32')];
    const file = join(adapter, 'adapter_config.json');
    const onProgress = ({ model }: Progress) => {
      if (model === 'baseline') otherConfig(file, { lora_alpha: 999 });
    };
    const checking = runGate({ checkpoint: adapter, reference: base, baseline: base, only: 'spectra', onProgress });
    await expect(checking).rejects.toThrow(`${file} changed while it was measured — run again`);
  });

  it('is an error if it is the config of a reference', async () => {
    const reference = copyOf(fixture('llama-f32'));
    const file = join(reference, 'config.json');
    const onProgress = () => otherConfig(file, { rope_theta: 7 });
    const checking = runGate({ checkpoint: fixture('llama-tuned'), reference, only: 'spectra', onProgress });
    await expect(checking).rejects.toThrow(`${file} changed while it was measured — run again`);
  });

  it('is an error if it was not there when it was asked for', async () => {
    const folder = copyOf(fixture('llama-f32'));
    const file = join(folder, 'special_tokens_map.json');
    const before = new FolderFiles(folder);
    expect(await before.text('special_tokens_map.json')).toBeNull();
    writeFileSync(file, '{}');
    expect(await before.changedFile(new FolderFiles(folder))).toBe(file);
  });

  it('is an error of the probes too', async () => {
    const folder = copyOf(repository('examples', 'base'));
    const checkpoint = await openCheckpoint(folder);
    await expectUnchanged(checkpoint);
    changeByte(join(folder, 'model.safetensors'), 5000);
    await expect(expectUnchanged(checkpoint)).rejects.toThrow(/model\.safetensors changed while it was measured/);
  });
});

it('without a cache too, a spectrum of other bytes than those of the digest is an error', async () => {
  const folder = copyOf(fixture('llama-f32'));
  const checkpoint = await openCheckpoint(folder);
  const file = join(folder, 'model.safetensors');
  changeByte(file, readFileSync(file).length - 1);
  const measuring = measureSpectra(checkpoint, null, { device: 'cpu', digests: new TensorDigests() });
  await expect(measuring).rejects.toThrow(/changed while it was measured/);
});
