import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/checkpoint/open.ts';
import { refuseMisread } from '../../src/measure/refuse-misread.ts';
import { editTensor, renameTensors } from '../checkpoint/edit-tensor.ts';
import { float32, writeSafetensors } from '../checkpoint/write-safetensors.ts';
import { runCli } from '../cli/run-cli.ts';
import { fixture, readJson, temporaryFolder } from '../fixtures.ts';

function copyOf(name: string, config: Readonly<Record<string, unknown>> = {}): string {
  const folder = join(temporaryFolder(), 'model');
  cpSync(fixture(name), folder, { recursive: true });
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify({ ...readJson<object>(file), ...config }));
  return folder;
}

const look = async (folder: string) => refuseMisread(await openCheckpoint(folder));

describe('two tensors that are one parameter, of which transformers loads one over the other', () => {
  const NAME = 'model.embed_tokens.weight';

  it.each([
    ['embed_tokens.weight', NAME],
    ['layers.0.mlp.up_proj.weight', 'model.layers.0.mlp.up_proj.weight'],
    ['model.lm_head.weight', 'lm_head.weight'],
    ['transformer.model.embed_tokens.weight', NAME],
    ['model.language_model.embed_tokens.weight', NAME],
    ['encoder.LayerNorm.gamma', 'model.encoder.LayerNorm.weight'],
  ])('are refused by name: %s', async (other, name) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'config.json'), '{"model_type": "llama"}');
    const tensors = { [name]: float32([2, 2], [1, 2, 3, 4]), [other]: float32([2, 2], [4, 3, 2, 1]) };
    writeSafetensors(join(folder, 'model.safetensors'), tensors);
    const [one, two] = [name, other].sort();
    await expect(look(folder)).rejects.toThrow(
      `${folder} has the tensors "${one}" and "${two}", which are one parameter: programs differ in which of them they load`,
    );
    const out = join(temporaryFolder(), 'out.json');
    const { code, stderr } = await runCli('measure', '--checkpoint', folder, '--only', 'spectra', '--out', out);
    expect([code, stderr]).toEqual([2, expect.stringContaining('which are one parameter')]);
  });

  it('are not those of layers, towers and experts', async () => {
    for (const name of ['llava', 'mixtral', 'gpt2', 'llama-f32']) await look(fixture(name));
    const folder = copyOf('llama-f32');
    renameTensors(join(folder, 'model.safetensors'), (name) => name.replace(/^model\./, ''));
    await look(folder);
  });
});

it('a config that names the file of weights is refused: transformers loads that one, and vLLM the usual one', async () => {
  const folder = copyOf('llama-f32', { transformers_weights: 'other/zzz.safetensors' });
  await expect(look(folder)).rejects.toThrow('"transformers_weights" of config.json is "other/zzz.safetensors"');
  await look(copyOf('llama-f32', { transformers_weights: null }));
});

describe("weights beyond float16's range", () => {
  const NAME = 'model.layers.0.mlp.down_proj.weight';
  const withNumber = (value: number, config: Readonly<Record<string, unknown>>) => {
    const folder = copyOf('llama-f32', config);
    editTensor(join(folder, 'model.safetensors'), NAME, (values) => {
      values[0] = value;
    });
    return folder;
  };

  // transformers 5.24 loads 65519 as 65504 and 65520 as Inf: all its logits are NaN then.
  it.each([
    [65520, { dtype: 'float16' }],
    [-1e5, { torch_dtype: 'float16' }],
    [1e30, { text_config: { dtype: 'float16' } }],
  ])('are refused by name where config.json asks for float16: %d', async (value, config) => {
    await expect(look(withNumber(value, config))).rejects.toThrow(
      `tensor "${NAME}" (F32) has numbers beyond 65504, the largest of float16, and "dtype" of config.json is float16`,
    );
  });

  it.each([
    [65519, { dtype: 'float16' }],
    [1e-12, { dtype: 'float16' }],
    [1e5, { dtype: 'bfloat16' }],
    [1e5, { torch_dtype: 'float32' }],
    // Found by itself, in whatever dtype it is loaded.
    [Number.POSITIVE_INFINITY, { dtype: 'float16' }],
  ])('are all that is refused: %d %j', async (value, config) => {
    await look(withNumber(value, config));
  });

  it('are looked for in bfloat16 too', async () => {
    const folder = copyOf('llama-bf16', { dtype: 'float16' });
    await look(folder);
    const file = join(folder, 'model.safetensors');
    const bytes = readFileSync(file);
    // 2¹⁶ in the last tensor.
    bytes.writeUInt16LE(0x4780, bytes.length - 2);
    writeFileSync(file, bytes);
    await expect(look(folder)).rejects.toThrow('(BF16) has numbers beyond 65504');
  });
});
