import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { foreignNamesAmong } from '@shadow-gate/checkpoints/formats';
import { describe, expect, it } from 'vitest';
import { torchFile } from '../../../packages/checkpoints/test/write-torch-file.ts';
import { fixture, temporaryFolder } from '../../fixtures.ts';
import { runCli } from '../run-cli.ts';

const PICKLE = Buffer.from([0x80, 2, 0x7d, 0x71, 0, 0x2e]);

function folderWithPickles(): string {
  const folder = join(temporaryFolder(), 'model');
  cpSync(fixture('llama-f32'), folder, { recursive: true });
  for (const name of ['training_args.bin', 'rng_state']) writeFileSync(join(folder, name), PICKLE);
  // Without any tensors.
  writeFileSync(join(folder, 'pytorch_model.bin'), torchFile('\x80\x02}.'));
  writeFileSync(join(folder, 'model.gguf'), 'GGUF\x03\0\0\0');
  writeFileSync(join(folder, 'LICENSE'), 'text');
  writeFileSync(join(folder, 'notes.bin'), 'text');
  return folder;
}

describe('files in other formats next to the weights', () => {
  it('are in the measurement, by their bytes, and named in the report', async () => {
    const folder = folderWithPickles();
    const out = join(temporaryFolder(), 'out.json');
    // A link that leads away is not opened.
    symlinkSync('/etc/hostname', join(folder, 'optimizer.pt'));
    const result = await runCli('check', '--checkpoint', folder, '--only', 'spectra', '--out', out, '--verbose');
    const stdout = result.stdout.replaceAll(/\s+/g, ' ');
    expect(stdout).toMatch(
      /4 files next to the weights were not read: model\.gguf \(a GGUF file[^)]*\); pytorch_model\.bin \(a PyTorch pickle\)/,
    );
    expect(stdout).toContain('Programs may load them instead, and opening a pickle can run code.');
    const measured = JSON.parse(readFileSync(join(out, 'measurement.json'), 'utf8'));
    expect(measured.unread.map(({ name, runsCode }: { name: string; runsCode: boolean }) => [name, runsCode])).toEqual([
      ['model.gguf', false],
      ['pytorch_model.bin', true],
      ['rng_state', true],
      ['training_args.bin', true],
    ]);
  });

  it('are recognized by their names where the bytes are on a hub', () => {
    const names = ['pytorch_model.bin', 'model.safetensors', 'config.json', 'flax_model.msgpack', 'rust_model.ot'];
    expect(foreignNamesAmong(names).map(({ name, format }) => [name, format.what])).toEqual([
      ['flax_model.msgpack', 'a Flax file (msgpack)'],
      ['pytorch_model.bin', 'a PyTorch pickle'],
    ]);
  });

  it('are not searched for a lone file, and most checkpoints have none', async () => {
    const out = join(temporaryFolder(), 'one.json');
    for (const checkpoint of [join(folderWithPickles(), 'model.safetensors'), fixture('llama-f32')]) {
      await runCli('measure', '--checkpoint', checkpoint, '--only', 'spectra', '--out', out);
      expect(JSON.parse(readFileSync(out, 'utf8')).unread).toBeUndefined();
    }
  });
});
