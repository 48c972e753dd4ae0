import { dirname, join } from 'node:path';
import { at } from '@shadow-gate/platform';
import type { Random } from '@shadow-gate/probes/random';
import { safetensorsBytes } from '../../../packages/checkpoints/test/write-safetensors.ts';
import type { Fuzzer } from '../fuzzer.ts';
import { bytesOf, type Input, Link, writeInput } from '../input.ts';
import { mutateBytes } from '../mutate/bytes.ts';
import { jsonBytes, mutateJson } from '../mutate/json.ts';
import { mutateProtobuf } from '../mutate/protobuf.ts';
import { mutateSafetensors } from '../mutate/safetensors.ts';
import { onnxSeeds } from '../onnx-seeds.ts';
import { openAndPlan } from '../open-and-plan.ts';
import { seedBytes, seedJson } from '../seeds.ts';

const FAMILIES = ['gpt2', 'llama-f32', 'phi3', 'llama-bf16', 'falcon', 'gpt-neox', 'gpt-oss', 'llava'];

function pickFamily(random: Random): string {
  return random.pick(FAMILIES);
}

export const safetensors: Fuzzer = {
  name: 'safetensors',
  about: 'one .safetensors file',
  make: (random) => ({
    'model.safetensors': mutateSafetensors(seedBytes('test/fixtures', pickFamily(random), 'model.safetensors'), random),
  }),
  run: (input, folder) => {
    writeInput(input, folder);
    return openAndPlan(join(folder, 'model.safetensors'), folder);
  },
};

const GGUF_SEEDS = [
  'models/llama.gguf',
  'models/gemma3.gguf',
  'models/qwen3-next.gguf',
  'models/gpt-oss.gguf',
  'blocks.gguf',
];

/** Headers of models have keys of some hundred bytes, and then names of tensors. */
const GGUF_HEADER = 4096;

export const gguf: Fuzzer = {
  name: 'gguf',
  about: 'one GGUF file: keys and values, tensors, and what they are in the names of transformers',
  make: (random) => {
    const seed = seedBytes('test/fixtures/gguf', random.pick(GGUF_SEEDS));
    if (random.int(0, 3) === 0) return { 'model.gguf': mutateBytes(seed, random) };
    const header = mutateBytes(seed.subarray(0, GGUF_HEADER), random);
    return { 'model.gguf': new Uint8Array(Buffer.concat([header, seed.subarray(GGUF_HEADER)])) };
  },
  run: (input, folder) => {
    writeInput(input, folder);
    return openAndPlan(join(folder, 'model.gguf'), folder);
  },
};

const STRANGE_FILES = [
  'pytorch_model.bin',
  'model.onnx',
  'adapter_config.json',
  'adapters.safetensors',
  'model-00001-of-00002.safetensors',
  'consolidated.safetensors',
  'model.gguf',
  'weights.npz',
  'training_args.bin',
  'generation_config.json',
];
const TARGETS = [
  '../secret/model.safetensors',
  '../secret/config.json',
  '../secret',
  '/etc/hostname',
  '/dev/zero',
  'model.safetensors',
  'loop',
  'missing',
  '..',
];

/** A folder with one thing wrong: a file edited, missing, empty, a link, or one too many. */
function mutateFolder(files: Readonly<Record<string, Uint8Array>>, random: Random): Input {
  const names = Object.keys(files);
  const name = random.pick(names);
  const content = bytesOf(files, name);
  const put = (made: Uint8Array | Link): Input => ({ ...files, [name]: made });
  switch (random.int(0, 7)) {
    case 0:
      return Object.fromEntries(Object.entries(files).filter(([other]) => other !== name));
    case 1:
      return put(new Link(random.pick(TARGETS)));
    case 2:
      return { ...files, [random.pick(STRANGE_FILES)]: random.int(0, 1) === 0 ? content : new Uint8Array() };
    case 3:
      return { ...files, [random.pick(STRANGE_FILES)]: new Link(random.pick(TARGETS)) };
    default:
      return put(mutateFile(name, content, random));
  }
}

function mutateFile(name: string, content: Uint8Array, random: Random): Uint8Array {
  if (name.endsWith('.safetensors')) return mutateSafetensors(content, random);
  if (!name.endsWith('.json')) return mutateBytes(content, random);
  return jsonBytes(mutateJson(JSON.parse(new TextDecoder().decode(content)), random), random);
}

/** A checkpoint in two shards with their index. */
function shardedFolder(): Record<string, Uint8Array> {
  const file = seedBytes('test/fixtures/llama-f32/model.safetensors');
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<string, unknown>;
  const names = Object.keys(header).filter((name) => name !== '__metadata__');
  const half = Math.ceil(names.length / 2);
  const shards = [names.slice(0, half), names.slice(half)].map((own) =>
    shardOf(own, header, file.subarray(8 + length)),
  );
  const nameOf = (index: number) => `model-0000${index + 1}-of-00002.safetensors`;
  const weight_map = Object.fromEntries(names.map((name, i) => [name, nameOf(i < half ? 0 : 1)]));
  return {
    'config.json': seedBytes('test/fixtures/llama-f32/config.json'),
    'model.safetensors.index.json': new TextEncoder().encode(JSON.stringify({ metadata: {}, weight_map })),
    [nameOf(0)]: at(shards, 0),
    [nameOf(1)]: at(shards, 1),
  };
}

function shardOf(names: readonly string[], header: Readonly<Record<string, unknown>>, data: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  const own: Record<string, unknown> = {};
  let offset = 0;
  for (const name of names) {
    const entry = header[name] as { data_offsets: [number, number] };
    const [begin, end] = entry.data_offsets;
    own[name] = { ...entry, data_offsets: [offset, offset + end - begin] };
    offset += end - begin;
    parts.push(data.subarray(begin, end));
  }
  return new Uint8Array(safetensorsBytes(own, Buffer.concat(parts)));
}

export const folder: Fuzzer = {
  name: 'checkpoint-folder',
  about: 'a checkpoint folder: config.json, shards with their index, links, other files',
  make: (random) => {
    const family = pickFamily(random);
    const whole = {
      'config.json': seedBytes('test/fixtures', family, 'config.json'),
      'model.safetensors': seedBytes('test/fixtures', family, 'model.safetensors'),
    };
    return mutateFolder(random.int(0, 1) === 0 ? whole : shardedFolder(), random);
  },
  run: (input, folder) => {
    writeInput(input, folder);
    return openAndPlan(folder, folder);
  },
};

/** Folders of test/fixtures, of PEFT and of mlx-lm. */
const ADAPTERS = [
  ...['lora', 'lora-gpt2', 'lora-phi3', 'adapters/patterns', 'adapters/dora', 'adapters/embeddings'].map((folder) => ({
    folder,
    weights: 'adapter_model.safetensors',
  })),
  ...['adapters/mlx', 'adapters/mlx-dora'].map((folder) => ({ folder, weights: 'adapters.safetensors' })),
];
const PEFT_FIELDS: ReadonlyArray<readonly [string, unknown]> = [
  ['peft_type', 'PROMPT_TUNING'],
  ['use_dora', true],
  ['target_modules', '.*(q|v)_proj'],
  ['target_modules', '(a+)+$'],
  ['layers_to_transform', [0]],
  ['rank_pattern', { '(.*)*q_proj': 4 }],
  ['alpha_pattern', { '((((a*)*)*)*)$': 3 }],
  ['init_lora_weights', 'pissa'],
  ['alora_invocation_tokens', [1, 2]],
  ['trainable_token_indices', [1]],
  ['layer_replication', [[0, 4]]],
  ['base_model_name_or_path', '../secret'],
  ['r', 10 ** 9],
  ['lora_alpha', Number.MAX_VALUE],
  ['bias', 'all'],
  ['exclude_modules', 'x'.repeat(100_000)],
  ['exclude_modules', '.*?a'.repeat(900)],
  ['lora_parameters', { rank: 3, scale: 1e308, keys: [''] }],
  ['fine_tune_type', 'dora'],
  ['num_layers', -1],
];

export const adapter: Fuzzer = {
  name: 'adapter',
  about: 'an adapter folder of PEFT or mlx-lm',
  make: (random) => {
    const { folder, weights } = random.pick(ADAPTERS);
    const files = {
      'adapter_config.json': seedBytes('test/fixtures', folder, 'adapter_config.json'),
      [weights]: seedBytes('test/fixtures', folder, weights),
    };
    if (random.int(0, 3) > 0) return mutateFolder(files, random);
    const config = seedJson('test/fixtures', folder, 'adapter_config.json') as Record<string, unknown>;
    const [key, value] = random.pick(PEFT_FIELDS);
    return { ...files, 'adapter_config.json': jsonBytes({ ...config, [key]: value }, random) };
  },
  run: (input, folder) => {
    writeInput(input, folder);
    return openAndPlan(folder, folder);
  },
};

export const onnx: Fuzzer = {
  name: 'onnx',
  about: 'an ONNX model with external data',
  make: (random) => {
    const { model, data } = random.pick(onnxSeeds());
    const made = random.int(0, 4) === 0 ? mutateBytes(model, random) : mutateProtobuf(model, random);
    return { 'model.onnx': made, ...(data === null ? {} : { data }) };
  },
  run: (input, folder) => {
    writeInput(input, folder);
    return openAndPlan(join(folder, 'model.onnx'), dirname(join(folder, 'model.onnx')));
  },
};

const MAGICS: readonly string[] = [
  'GGUF',
  'PK\u0003\u0004',
  '\u0080\u0002}q',
  '\u0089HDF\r\n\u001a\n',
  'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n',
  '{"a": 1}',
  '\u0093NUMPY',
  'TFL3',
  '\u001f\u008b',
  '<html>',
];

export const otherFormats: Fuzzer = {
  name: 'other-formats',
  about: 'files of other programs under the name of weights',
  make: (random) => {
    const name = random.pick(['model.safetensors', 'x.onnx', 'x.bin', 'x.pt', 'x.gguf', 'x.npz', 'model']);
    const body = Uint8Array.from({ length: random.pick([0, 1, 7, 8, 28, 300, 5000]) }, () => random.int(0, 255));
    const magic = Uint8Array.from(random.pick(MAGICS), (character) => character.charCodeAt(0));
    return { [name]: mutateBytes(Uint8Array.from([...magic, ...body]), random) };
  },
  run: (input, folder) => {
    writeInput(input, folder);
    const [name = ''] = Object.keys(input);
    return openAndPlan(join(folder, name), folder);
  },
};
