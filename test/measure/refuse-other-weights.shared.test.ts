import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint, TensorDigests } from '@shadow-gate/checkpoints';
import { readSafetensorsHeader, usualNames } from '@shadow-gate/checkpoints/formats';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { editTensor, renameTensors } from '../../packages/checkpoints/test/edit-tensor.ts';
import { float32, type RawTensor, writeSafetensors } from '../../packages/checkpoints/test/write-safetensors.ts';
import { stateDict, storageId, tensor, torchFile } from '../../packages/checkpoints/test/write-torch-file.ts';
import { refuseOtherWeights } from '../../src/measure/refuse-other-weights.ts';
import { runCli } from '../cli/run-cli.ts';
import { fixture, temporaryFolder } from '../fixtures.ts';

const SINGLE = 'model.safetensors';
const NORM = 'model.layers.0.input_layernorm.weight';
const EXPERT = 'model.layers.0.block_sparse_moe.experts.0.w1.weight';
const ONE_PICKLE = torchFile(stateDict({ [EXPERT]: tensor(storageId('0', 1), 0, [1], [1]) }), {
  0: new Uint8Array(Float32Array.of(1).buffer),
});

/** What the reader of pickles refuses, and `torch.load(weights_only=True)` does not. */
const SPARSE = 'ctorch._utils\n_rebuild_sparse_tensor\n)R';

function copyOf(...name: readonly string[]): string {
  const folder = join(temporaryFolder(), 'model');
  cpSync(fixture(...name), folder, { recursive: true });
  return folder;
}

/** Another file of the folder, with the same tensors but for an edit. */
function beside(folder: string, name: string, edit?: (file: string) => void, from = fixture('llama-f32', SINGLE)) {
  copyFileSync(from, join(folder, name));
  edit?.(join(folder, name));
}

const otherNumber = (file: string) =>
  editTensor(file, NORM, (values) => {
    values[0] = (values[0] ?? 0) + 1e-6;
  });

async function compare(folder: string): Promise<readonly string[]> {
  return [...(await refuseOtherWeights(await openCheckpoint(folder), new TensorDigests()))];
}

async function refusal(folder: string): Promise<string> {
  const error = await compare(folder).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

describe('weights next to those that are measured', () => {
  it.each(['zzz.safetensors', 'model.fp16.safetensors', 'consolidated.safetensors', 'diffusion.safetensors'])(
    'are refused with the tensor that differs: %s',
    async (name) => {
      const folder = copyOf('llama-f32');
      beside(folder, name, otherNumber);
      expect(await refusal(folder)).toBe(
        `${folder} has ${name} next to the weights that are measured, and its tensor "${NORM}" has other numbers: programs differ in which of them they load — remove ${name}, or move it to a folder of its own`,
      );
    },
  );

  it('stop a measurement, whatever is measured', async () => {
    const folder = copyOf('llama-f32');
    beside(folder, 'zzz.safetensors', otherNumber);
    const out = join(temporaryFolder(), 'out.json');
    const { code, stderr } = await runCli('measure', '--checkpoint', folder, '--only', 'spectra', '--out', out);
    expect(code).toBe(2);
    expect(stderr).toContain('has zzz.safetensors next to the weights that are measured');
  });

  it.each<[string, (folder: string) => void, RegExp]>([
    [
      'a shard that the index does not name',
      (folder) => {
        const names = Object.keys(
          JSON.parse(readFileSync(join(folder, 'model.safetensors.index.json'), 'utf8')).weight_map,
        );
        writeSafetensors(join(folder, 'model-00003-of-00003.safetensors'), { [names[0] ?? '']: float32([1], [7]) });
      },
      /model-00003-of-00003\.safetensors next to .* has other numbers/,
    ],
    [
      'fused weights, which vLLM reads over the single ones',
      (folder) =>
        writeSafetensors(join(folder, 'zzz.safetensors'), {
          'model.layers.0.self_attn.qkv_proj.weight': float32([1], [7]),
        }),
      /its tensor "model\.layers\.0\.self_attn\.qkv_proj\.weight" is not among them/,
    ],
    [
      'a damaged file',
      (folder) => writeFileSync(join(folder, 'zzz.safetensors'), 'x'),
      /zzz\.safetensors is next to the weights, and cannot be compared with them: .*zzz\.safetensors/,
    ],
    [
      'a Git LFS pointer in place of safetensors',
      (folder) => writeFileSync(join(folder, 'zzz.safetensors'), 'version https://git-lfs.github.com/spec/v1\n'),
      /cannot be compared with them: .* is a Git LFS pointer/,
    ],
    ['a pickle', (folder) => writeFileSync(join(folder, 'zzz.bin'), ONE_PICKLE), /zzz\.bin next to .* other numbers/],
    ['weights as .pth', (folder) => writeFileSync(join(folder, 'a.pth'), ONE_PICKLE), /a\.pth next to/],
    [
      'weights with the name of an optimizer',
      (folder) => writeFileSync(join(folder, 'optimizer_1.bin'), ONE_PICKLE),
      /optimizer_1\.bin next to/,
    ],
    [
      'a pickle that is not read',
      (folder) => writeFileSync(join(folder, 'zzz.pt'), torchFile('\x80\x02cos\nsystem\n.')),
      /zzz\.pt is next to .* cannot be compared/,
    ],
  ])('are refused where they cannot be the same: %s', async (_, change, message) => {
    const folder = copyOf('mixtral');
    expect(await compare(folder)).toEqual([]);
    change(folder);
    expect(await refusal(folder)).toMatch(message);
  });

  it('are refused next to pickles, of which vLLM reads all, and next to GGUF and ONNX', async () => {
    const pickles = copyOf('pytorch', 'llama');
    writeFileSync(join(pickles, 'zzz.bin'), ONE_PICKLE);
    expect(await refusal(pickles)).toMatch(/zzz\.bin next to .* is not among them/);
    for (const chosen of ['model.gguf', 'model.onnx']) {
      const folder = temporaryFolder();
      writeFileSync(join(folder, chosen), 'GGUF');
      writeFileSync(join(folder, 'zzz.bin'), ONE_PICKLE);
      await expect(openCheckpoint(folder)).rejects.toThrow(`has two sets of weights, ${chosen} and zzz.bin`);
    }
  });

  it('are not the earlier steps of mlx-lm next to its adapter', async () => {
    const folder = copyOf('adapters', 'mlx');
    rmSync(join(folder, 'expected.safetensors'), { force: true });
    cpSync(join(folder, 'adapters.safetensors'), join(folder, '0000100_adapters.safetensors'));
    expect(await compare(folder)).toEqual([]);
  });

  it('are refused in the folder of an adapter', async () => {
    const folder = copyOf('lora');
    writeSafetensors(join(folder, 'zzz.safetensors'), {
      'base_model.model.model.layers.0.mlp.up_proj.weight': float32([1], [7]),
    });
    expect(await refusal(folder)).toMatch(/zzz\.safetensors next to .* is not among them/);
  });

  it('are accepted where the numbers are the same, also in another dtype and under names of another container', async () => {
    const folder = copyOf('llama-f64');
    beside(folder, 'zzz.safetensors', undefined, fixture('llama-f64', SINGLE));
    beside(folder, 'inner.safetensors', (file) => renameTensors(file, (name) => name.replace(/^model\./, '')));
    beside(folder, 'model.fp32.safetensors');
    beside(folder, 'model.bf16.safetensors', undefined, fixture('llama-bf16', SINGLE));
    expect(await compare(folder)).toHaveLength(4);
    const half = copyOf('llama-bf16');
    beside(half, 'model.fp32.safetensors');
    expect(await compare(half)).toEqual(['model.fp32.safetensors']);
    // Within the rounding.
    otherNumber(join(half, 'model.fp32.safetensors'));
    expect(await compare(half)).toEqual(['model.fp32.safetensors']);
    editTensor(join(half, 'model.fp32.safetensors'), NORM, (values) => values.fill(3));
    expect(await refusal(half)).toContain('model.fp32.safetensors next to');
  });

  it('are what training and hubs leave there, and nothing reads', async () => {
    const folder = copyOf('llama-f32');
    for (const name of ['tf_model.h5', 'flax_model.msgpack', 'rust_model.ot', 'model.Q4_0.gguf', 'a.ckpt', 'x.npz'])
      writeFileSync(join(folder, name), 'x');
    for (const name of ['onnx', 'original', 'adapter.safetensors']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'onnx', SINGLE), 'x');
    writeFileSync(join(folder, 'original', 'consolidated.00.pth'), ONE_PICKLE);
    const argument = torchFile('\x80\x02ctransformers.training_args\nTrainingArguments\n.');
    for (const name of ['training_args.bin', 'optimizer.pt', 'rng_state_0.pth', 'scheduler.pt', 'scaler.pt'])
      writeFileSync(join(folder, name), argument);
    // Python's numbers, and what is no pickle, are no weights under any name.
    writeFileSync(join(folder, 'vocab.pt'), torchFile('\x80\x02}.'));
    writeFileSync(join(folder, 'spiece.bin'), 'text');
    // The heads of trainings with rewards have no place in the model.
    writeSafetensors(join(folder, 'value_head.safetensors'), { 'v_head.summary.weight': float32([1], [7]) });
    writeFileSync(join(folder, 'pytorch_model.bin'), 'version https://git-lfs.github.com/spec/v1\n');
    expect(await compare(folder)).toEqual(['value_head.safetensors']);
  });

  it('are those that vLLM loads with pickles, whatever training calls them', async () => {
    const folder = copyOf('pytorch', 'llama');
    const own = stateDict({ 'model.norm.weight': tensor(storageId('0', 1), 0, [1], [1]), x: SPARSE });
    const unread = torchFile(own, { 0: new Uint8Array(Float32Array.of(9).buffer) });
    for (const name of ['scheduler_x.bin', 'scheduler.bin', 'optimizer_best.bin', 'training_args_2.bin']) {
      writeFileSync(join(folder, name), unread);
      expect(await refusal(folder)).toContain(`${name} is next to the weights, and cannot be compared with them`);
      rmSync(join(folder, name));
    }
    for (const name of ['training_args.bin', 'optimizer.bin', 'scheduler.pt', 'rng_state_0.pth'])
      writeFileSync(join(folder, name), unread);
    // As accelerate saves it.
    writeFileSync(join(folder, 'scheduler.bin'), torchFile('\x80\x02}X\x0a\x00\x00\x00last_epochK\x01s.'));
    expect(await compare(folder)).toEqual([]);
    const safe = copyOf('llama-f32');
    writeFileSync(join(safe, 'sampler.bin'), unread);
    expect(await compare(safe)).toEqual([]);
  });

  it('are compared in pickles, and no longer named as not read', async () => {
    const folder = copyOf('pytorch', 'llama');
    copyFileSync(fixture('language-models', 'llama', SINGLE), join(folder, SINGLE));
    writeFileSync(join(folder, 'notes.bin'), ONE_PICKLE.subarray(0, 0));
    expect(await compare(folder)).toEqual(['pytorch_model.bin']);
    const out = join(temporaryFolder(), 'out.json');
    await runCli('measure', '--checkpoint', folder, '--only', 'spectra', '--out', out);
    expect(JSON.parse(readFileSync(out, 'utf8')).unread).toBeUndefined();
  });
});

describe("Mistral's own files next to those of transformers, of which vLLM reads the former", () => {
  /** Both forms of one model, as in Mistral's repositories: rows of queries and keys are in another order. */
  async function both(name: string): Promise<string> {
    const folder = copyOf('consolidated', name);
    rmSync(join(folder, 'expected.safetensors'));
    const { config } = await openCheckpoint(folder);
    const files = readdirSync(folder).filter((file) => file.startsWith('consolidated'));
    const entries = (await Promise.all(files.map((file) => readSafetensorsHeader(join(folder, file))))).flat();
    const usual: Record<string, RawTensor> = {};
    for (const entry of usualNames(entries, config ?? {})) {
      const { dtype, shape, file, offset, byteLength } = entry;
      const data = readFileSync(file).subarray(offset, offset + byteLength);
      const part = entry.name.startsWith('vision') ? config?.vision_config : (config?.text_config ?? config);
      const { num_attention_heads: queries = 0, num_key_value_heads: keys = queries } = part as Record<string, number>;
      const heads = entry.name.includes('q_proj') ? queries : keys;
      const isTurned = /attn?(ention)?\.[qk]_proj\.weight$/.test(entry.name);
      usual[entry.name] = { dtype, shape, data: isTurned ? inHalves(data, shape[0] ?? 0, heads) : data };
    }
    writeSafetensors(join(folder, SINGLE), usual);
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    return folder;
  }

  /** The even rows of each head, and then its odd ones. */
  function inHalves(data: Uint8Array, rows: number, heads: number): Uint8Array {
    const [row, each] = [data.byteLength / rows, rows / heads];
    const from = (i: number) =>
      Math.floor(i / each) * each + ((2 * (i % each)) % each) + (i % each >= each / 2 ? 1 : 0);
    return Buffer.concat(Array.from({ length: rows }, (_, i) => data.subarray(from(i) * row, (from(i) + 1) * row)));
  }

  it('are the same codes of FP8 in another order', async () => {
    expect(await compare(await both('ministral3-fp8'))).toEqual(['consolidated.safetensors']);
  });

  it('are the same numbers in another order', async () => {
    const folder = await both('mistral');
    expect(await compare(folder)).toHaveLength(2);
    rmSync(join(folder, 'consolidated-00001-of-00002.safetensors'));
    expect(await refusal(folder)).toMatch(/consolidated-00002-of-00002\.safetensors next to the weights/);
  });

  it('are refused if one number differs', async () => {
    const folder = await both('mixtral');
    expect(await compare(folder)).toEqual(['consolidated.safetensors']);
    const file = join(folder, SINGLE);
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect(await refusal(folder)).toContain('consolidated.safetensors next to');
  });
});
