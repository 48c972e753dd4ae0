import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '@shadow-gate/checkpoints';
import { describe, expect, it } from 'vitest';
import { fixture, temporaryFolder } from '../../../../test/fixtures.ts';
import { messageOf } from '../refusal.ts';
import { float32, type RawTensor, writeSafetensors } from '../write-safetensors.ts';
import { adapterFixture, adapterWith } from './adapters.ts';

const PARAMETERS = { rank: 3, scale: 2.5, dropout: 0 };

describe('an adapter of mlx-lm', () => {
  it('has the scale of its config, and factors with the input first', async () => {
    const adapter = await openCheckpoint(adapterFixture('mlx'));
    if (adapter.format !== 'lora') throw new Error('not an adapter');
    const [embeddings, down] = adapter.modules;
    expect(embeddings).toMatchObject({ scale: 2.5, rank: 3, inputFirst: true, transposed: true });
    expect(down).toMatchObject({ target: 'model.layers.0.mlp.down_proj.weight', inputFirst: true, transposed: false });
  });

  it('can have a config of an old version, whose alpha is not read', async () => {
    const parameters = { ...PARAMETERS, alpha: 16 };
    const folder = adapterWith('mlx', { num_layers: undefined, lora_layers: 2, lora_parameters: parameters });
    await expect(openCheckpoint(folder)).resolves.toMatchObject({ format: 'lora' });
  });

  it('can have keys of PEFT in its config, as converted adapters do', async () => {
    const folder = adapterWith('mlx', { peft_type: 'LORA', r: 3, lora_alpha: 16, target_modules: ['q_proj'] });
    const adapter = await openCheckpoint(folder);
    if (adapter.format !== 'lora') throw new Error('not an adapter');
    expect(adapter.modules[0]?.scale).toBe(2.5);
  });

  it('can have the files of earlier steps in its folder', async () => {
    const folder = adapterWith('mlx', {});
    cpSync(join(folder, 'adapters.safetensors'), join(folder, '0000100_adapters.safetensors'));
    await expect(openCheckpoint(folder)).resolves.toMatchObject({ format: 'lora' });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['a full fine-tune', { fine_tune_type: 'full' }, /full fine-tune of mlx-lm.*mlx_lm\.fuse/],
    ['another type', { fine_tune_type: 'tomorrow' }, /"tomorrow" is not known/],
    ['no scale', { lora_parameters: { rank: 3, alpha: 16 } }, /lora_parameters\.scale/],
    ['no parameters', { lora_parameters: null }, /no lora_parameters/],
    ['another rank', { lora_parameters: { ...PARAMETERS, rank: 4 } }, /rank is 4 in the config and 3 in the weights/],
    [
      'keys without a module of the file',
      { lora_parameters: { ...PARAMETERS, keys: ['self_attn.q_proj'] } },
      /module "model\.\S+" is in the file, and the keys of lora_parameters do not name it/,
    ],
    [
      'fewer layers than the file',
      { num_layers: 1 },
      /module "model\.layers\.0\.\S+" is in the file, and num_layers is 1/,
    ],
    ['magnitudes that are missing', { fine_tune_type: 'dora' }, /no magnitudes/],
  ])('is refused with %s', async (_, change, pattern) => {
    expect(await messageOf(adapterWith('mlx', change))).toMatch(pattern);
  });

  it.each<[string, Record<string, RawTensor>, RegExp]>([
    ['half a module', { 'model.norm_proj.lora_a': float32([2, 3], Array(6).fill(1)) }, /has no lora_b/],
    ['a whole weight', { 'model.norm.weight': float32([2], [1, 1]) }, /"model\.norm\.weight" is not a factor/],
    [
      'factors of quantized layers',
      { 'x.lora_a': { dtype: 'U32', shape: [1, 1], data: new Uint8Array(4) }, 'x.lora_b': float32([1, 1], [1]) },
      /is U32/,
    ],
    [
      'all experts in one tensor',
      { 'x.lora_a': float32([2, 3, 4], Array(24).fill(1)), 'x.lora_b': float32([2, 5, 3], Array(30).fill(1)) },
      /all experts/,
    ],
    [
      'factors that do not match',
      { 'x.lora_a': float32([4, 3], Array(12).fill(1)), 'x.lora_b': float32([2, 5], Array(10).fill(1)) },
      /cannot be multiplied/,
    ],
  ])('is refused with %s', async (_, tensors, pattern) => {
    const folder = adapterWith('mlx', {});
    writeSafetensors(join(folder, 'adapters.safetensors'), tensors);
    expect(await messageOf(folder)).toMatch(pattern);
  });

  it('is refused without its config, since only that has the scale', async () => {
    const folder = adapterWith('mlx', {});
    rmSync(join(folder, 'adapter_config.json'));
    expect(await messageOf(folder)).toMatch(/has adapters\.safetensors and no adapter_config\.json.*scale/);
  });

  it('is refused next to an adapter of PEFT, since the config belongs to only one of them', async () => {
    const folder = adapterWith('mlx', {});
    cpSync(fixture('adapters', 'regex', 'adapter_model.safetensors'), join(folder, 'adapter_model.safetensors'));
    expect(await messageOf(folder)).toMatch(/two sets of weights/);
  });
});

it('a folder of several adapters names them', async () => {
  const folder = temporaryFolder();
  for (const name of ['mlx', 'regex']) cpSync(adapterFixture(name), join(folder, name), { recursive: true });
  expect(await messageOf(folder)).toMatch(
    /has 2 adapters in folders of their own: "mlx", "regex" — give the path of one/,
  );
});
