import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '@shadow-gate/checkpoints';
import { refuseQuantized } from '@shadow-gate/checkpoints/formats';
import { chooseCheckpointFiles } from '@shadow-gate/checkpoints/hub';
import { describe, expect, it } from 'vitest';
import { fixture, temporaryFolder } from '../../../test/fixtures.ts';
import { messageOf } from './refusal.ts';
import { float32, writeSafetensors } from './write-safetensors.ts';
import { stateDict, storageId, tensor, torchFile } from './write-torch-file.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const ONE = new Uint8Array(Float32Array.of(1).buffer);
const SHARD = 'model-00001-of-00002.safetensors';

function copyOf(name: string): string {
  const folder = join(temporaryFolder(), name);
  cpSync(fixture(name), folder, { recursive: true });
  return folder;
}

const add = (folder: string, name: string) => writeFileSync(join(folder, name), readFileSync(fixture('gpt2', SINGLE)));

describe('two sets of weights in one folder, of which one would be measured and the other one served', () => {
  it.each<[string, string, (folder: string) => void, readonly [string, string]]>([
    ['one file next to shards and their index', 'mixtral', (f) => add(f, SINGLE), [SINGLE, SHARD]],
    [
      'one file next to the index of others',
      'gpt2',
      (f) => writeFileSync(join(f, INDEX), JSON.stringify({ weight_map: { a: SINGLE, b: 'other.safetensors' } })),
      [SINGLE, INDEX],
    ],
    ['one file next to shards that were left there', 'gpt2', (f) => add(f, SHARD), [SINGLE, SHARD]],
    ['an adapter next to full weights', 'lora', (f) => add(f, SINGLE), [SINGLE, 'adapter_model.safetensors']],
    [
      'full weights next to the config of an adapter',
      'gpt2',
      (f) => writeFileSync(join(f, 'adapter_config.json'), '{}'),
      [SINGLE, 'adapter_config.json'],
    ],
    [
      'shards next to a pickled adapter',
      'mixtral',
      (f) => writeFileSync(join(f, 'adapter_model.bin'), 'x'),
      [INDEX, 'adapter_model.bin'],
    ],
    ...(['adapter_config.json', 'adapter_model.safetensors', 'adapter_model.bin'] as const).map(
      (adapter): [string, string, (folder: string) => void, readonly [string, string]] => [
        `a pickle next to ${adapter}`,
        'pytorch/llama',
        (f) => writeFileSync(join(f, adapter), '{}'),
        ['pytorch_model.bin', adapter],
      ],
    ),
    [
      'the index of pickles next to an adapter',
      'pytorch/llama-shards',
      (f) => writeFileSync(join(f, 'adapter_model.bin'), 'x'),
      ['pytorch_model.bin.index.json', 'adapter_model.bin'],
    ],
    [
      'a pickle next to shards without their index',
      'pytorch/llama',
      (f) => writeFileSync(join(f, 'pytorch_model-00001-of-00002.bin'), 'x'),
      ['pytorch_model.bin', 'pytorch_model-00001-of-00002.bin'],
    ],
  ])('%s is refused, and both are named', async (_, name, change, [one, other]) => {
    const folder = copyOf(name);
    change(folder);
    expect(await messageOf(folder)).toBe(
      `${folder} has two sets of weights, ${one} and ${other}, and loaders differ in which they use — keep one of them there: remove ${one} or ${other}, or move it to a folder of its own`,
    );
  });

  it.each<[chosen: string, other: string]>([
    ['old.gguf', 'shard-00001-model-00001-of-00001.safetensors'],
    ['old.gguf', 'pytorch_model_fsdp_0'],
    ['old.gguf', '__0_0.distcp'],
    ['old.gguf', 'model-00001-of-00001.safetensors'],
    ['pytorch_model.bin', 'model-00001-of-00001.safetensors'],
    ['pytorch_model.bin', 'pytorch_model_fsdp_0'],
    ['pytorch_model.bin.index.json', '__0_0.distcp'],
    ['old.onnx', 'pytorch_model_fsdp_0'],
  ])('%s is not measured in place of %s', async (chosen, other) => {
    const folder = temporaryFolder();
    for (const name of ['config.json', chosen]) writeFileSync(join(folder, name), '{}');
    if (/_fsdp_/.test(other)) mkdirSync(join(folder, other));
    else add(folder, other);
    expect(await messageOf(folder)).toContain(`${folder} has two sets of weights, ${chosen} and ${other}, and`);
  });

  it('are not a single file and its index, nor the other formats that hubs have next to it', async () => {
    const folder = copyOf('gpt2');
    const { tensors } = await openCheckpoint(folder);
    const weightMap = Object.fromEntries([...tensors.keys()].map((name) => [name, SINGLE]));
    writeFileSync(join(folder, INDEX), JSON.stringify({ weight_map: weightMap }));
    for (const name of ['pytorch_model.bin', 'consolidated.safetensors', 'model.gguf']) add(folder, name);
    expect((await openCheckpoint(folder)).tensors.size).toBe(tensors.size);
  });

  it.each(['model.safetensors', 'pytorch_model.bin'])(
    'is what two shards are that both have a tensor of which the index knows nothing: %s',
    async (single) => {
      const folder = temporaryFolder();
      const shards = { a: `1-${single}`, b: `2-${single}` };
      for (const [name, shard] of Object.entries(shards)) {
        const own = [name, 'both'];
        const file = join(folder, shard);
        if (single === SINGLE) {
          writeSafetensors(file, Object.fromEntries(own.map((key) => [key, float32([1], [1])])));
        } else {
          const items = own.map((key, i) => [key, tensor(storageId(`${i}`, 1), 0, [1], [1])]);
          writeFileSync(file, torchFile(stateDict(Object.fromEntries(items)), { 0: ONE, 1: ONE }));
        }
      }
      writeFileSync(join(folder, 'config.json'), '{}');
      writeFileSync(join(folder, `${single}.index.json`), JSON.stringify({ weight_map: shards }));
      expect(await messageOf(folder)).toContain(
        `${shards.b} contains tensor "both", which another file of it has as well`,
      );
    },
  );

  it('a single path that is given is measured, whatever is next to it', async () => {
    const folder = copyOf('mixtral');
    add(folder, SINGLE);
    rmSync(join(folder, 'config.json'));
    expect((await openCheckpoint(join(folder, SINGLE))).tensors.size).toBeGreaterThan(0);
  });
});

describe("Mistral's own files", () => {
  const CONSOLIDATED = fixture('consolidated', 'mistral');
  const SHARDS = ['consolidated-00001-of-00002.safetensors', 'consolidated-00002-of-00002.safetensors'];
  const copy = () => {
    const folder = join(temporaryFolder(), 'mistral');
    cpSync(CONSOLIDATED, folder, { recursive: true });
    return folder;
  };

  it('are refused next to the same in one file, with a shard missing, and with a tensor twice', async () => {
    const [both, missing, twice] = [copy(), copy(), copy()];
    cpSync(join(both, SHARDS[0] ?? ''), join(both, 'consolidated.safetensors'));
    expect(await messageOf(both)).toContain(`two sets of weights, consolidated.safetensors and ${SHARDS[0]}`);
    rmSync(join(missing, SHARDS[1] ?? ''));
    expect(await messageOf(missing)).toContain(`has 1 files like ${SHARDS[0]}`);
    cpSync(join(twice, SHARDS[0] ?? ''), join(twice, SHARDS[1] ?? ''));
    expect(await messageOf(twice)).toMatch(/contains tensor ".*", which another file of it has as well/);
  });

  it('are downloaded where a hub has no others', () => {
    const listed = (...names: readonly string[]) =>
      ['params.json', 'tekken.json', ...names].map((name) => ({ name, size: 9, oid: name, sha256: null }));
    const weightsOf = (...names: readonly string[]) =>
      chooseCheckpointFiles(listed(...names), 'hf://org/model').weights.map(({ name }) => name);
    expect(weightsOf('consolidated.safetensors')).toEqual(['consolidated.safetensors']);
    expect(weightsOf(...SHARDS)).toEqual(SHARDS);
    expect(weightsOf(SINGLE, 'config.json', 'consolidated.safetensors')).toEqual([SINGLE]);
    expect(() => weightsOf(...SHARDS.slice(1))).toThrow(/has 1 files like/);
    // To be compared with the tokenizer.json.
    const { whole } = chooseCheckpointFiles(listed('consolidated.safetensors', 'tokenizer.model.v3'), 'hf://org/model');
    expect(whole.map(({ name }) => name)).toEqual(['params.json', 'tekken.json', 'tokenizer.model.v3']);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['a key', { attention_sinks: 4 }, /the meaning of "attention_sinks" is not known/],
    ['biases', { use_biases: true }, /use_biases is true/],
    ['an activation', { activation: 'gelu' }, /activation is "gelu"/],
    ['a window', { sliding_window: -1 }, /sliding_window is no size/],
    ['a pattern', { sliding_window: [5, 6] }, /sliding_window is a pattern/],
    ['layers', { sliding_window: [5, null], n_layers: 1e9 }, /sliding_window is a pattern/],
    ['YaRN', { yarn: { factor: 2 } }, /yarn: apply_scale is not false/],
    ['codes', { quantization: { qformat_weight: 'fp4' } }, /quantization: these codes are not known/],
    ['sound', { multimodal: { whisper_model_args: { encoder_args: {} } } }, /multimodal: the meaning of "whisper/],
    ['a router', { moe: { num_experts: 4, num_experts_per_tok: 2, routed_scale: 2 } }, /moe: routed_scale is 2/],
    ['no router', { moe: { num_experts: 4 } }, /moe: there is no num_experts, or/],
  ])('are refused for %s of params.json that is not known', async (_, change, message) => {
    const folder = copy();
    const file = join(folder, 'params.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));
    expect(await messageOf(folder)).toMatch(message);
  });

  it('are refused where codes have no scales, whatever their order', async () => {
    const folder = join(temporaryFolder(), 'fp8');
    cpSync(fixture('consolidated', 'ministral3-fp8'), folder, { recursive: true });
    const file = join(folder, 'consolidated.safetensors');
    // The scale belongs to a projection whose rows would change places.
    const bytes = readFileSync(file)
      .toString('latin1')
      .replace('attention.wk.qscale_weight', 'attention.wk.xscale_weight');
    writeFileSync(file, Buffer.from(bytes, 'latin1'));
    const checkpoint = await openCheckpoint(folder);
    if (checkpoint.format === 'lora') throw new Error('an adapter');
    expect(() => refuseQuantized(checkpoint)).toThrow(/is quantized \(FP8\), and these codes are not read/);
  });

  it('are refused as pickles and as factors of mistral-finetune', async () => {
    const folder = join(temporaryFolder(), 'own');
    mkdirSync(folder);
    writeFileSync(join(folder, 'params.json'), '{"dim": 8}');
    const lora = join(folder, 'lora.safetensors');
    writeSafetensors(lora, { 'layers.0.attention.wq.lora_A.weight': float32([2, 2], [1, 2, 3, 4]) });
    expect(await messageOf(folder)).toContain(`${lora} is a LoRA of mistral-finetune`);
    expect(await messageOf(lora)).toContain(`${lora} is a LoRA of mistral-finetune`);
    rmSync(lora);
    writeFileSync(join(folder, 'consolidated.00.pth'), 'x');
    expect(await messageOf(folder)).toContain('convert_llama_weights_to_hf.py');
  });
});

describe('a hub folder with two sets of weights', () => {
  const listing = (...names: readonly string[]) =>
    ['config.json', ...names].map((name) => ({ name, size: 9, oid: name, sha256: null }));

  it.each([
    [SINGLE, SHARD],
    [SINGLE, 'adapter_model.safetensors'],
    [INDEX, 'adapter_config.json'],
    ['pytorch_model.bin', 'adapter_config.json'],
    ['pytorch_model.bin', 'pytorch_model-00001-of-00002.bin'],
    ['pytorch_model.bin.index.json', 'adapter_model.safetensors'],
    ['pytorch_model.bin', 'model-00001-of-00001.safetensors'],
    ['pytorch_model.bin.index.json', '__0_0.distcp'],
  ])('is refused before a download: %s and %s', (one, other) => {
    expect(() => chooseCheckpointFiles(listing(one, other), 'hf://org/model')).toThrow(
      `hf://org/model has two sets of weights, ${one} and ${other}`,
    );
  });

  it('keeps the index next to a single file, which is compared when it is opened', () => {
    const { whole, weights } = chooseCheckpointFiles(listing(SINGLE, INDEX), 'hf://org/model');
    expect(whole.map(({ name }) => name)).toContain(INDEX);
    expect(weights.map(({ name }) => name)).toEqual([SINGLE]);
  });
});
