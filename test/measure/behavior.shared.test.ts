import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint, openReference } from '@shadow-gate/checkpoints';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { openTokenPlace } from '@shadow-gate/language-model/tokens';
import { directoryStore } from '@shadow-gate/platform/key-value-store';
import { describe, expect, it } from 'vitest';
import { ggufBytes, list, pair } from '../../packages/checkpoints/test/formats/gguf/write-gguf.ts';
import { type RawTensor, writeSafetensors } from '../../packages/checkpoints/test/write-safetensors.ts';
import { describeFiles, digestFiles } from '../../src/measure/behavior/behavior-files.ts';
import { measureLogitScale } from '../../src/measure/behavior/logit-scale.ts';
import { readBehaviorValues } from '../../src/measure/behavior/part.ts';
import { sampleTokens } from '../../src/measure/behavior/token-sample.ts';
import { MAX_SHOWN } from '../../src/measure/schema/behavior.ts';
import { fixture, readJson, temporaryFolder } from '../fixtures.ts';
import { measurePath } from './measure-path.ts';

type Json = Record<string, unknown>;

function f32(shape: number[], values: number[]): RawTensor {
  return { dtype: 'F32', shape, data: Buffer.from(Float32Array.from(values).buffer) };
}

/** A small model with a tokenizer of its own. */
function model(): string {
  const folder = join(temporaryFolder(), 'model');
  cpSync(fixture('language-models', 'llama'), folder, { recursive: true });
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'generation_config.json']) {
    cpSync(fixture('tokenizers', 'llama3', name), join(folder, name));
  }
  return folder;
}

function edit(folder: string, name: string, change: (json: Json) => Json): void {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(change(readJson<Json>(file))));
}

async function filesOf(folder: string) {
  return describeFiles(await openCheckpoint(folder), null);
}

/** The parts that differ between a model and its edited copy. */
async function changedBy(change: (folder: string) => void): Promise<string[]> {
  const folder = model();
  const before = await filesOf(folder);
  change(folder);
  const after = await filesOf(folder);
  return Object.keys(before).filter(
    (part) => before[part as keyof typeof before]?.digest !== after[part as keyof typeof after]?.digest,
  );
}

const scaleOf = async (folder: string) => measureLogitScale(await openCheckpoint(folder), null);

describe('the size of the logits', () => {
  it('adds 1 to the weights of the norm where the language model inside does', async () => {
    const folder = join(temporaryFolder(), 'model');
    cpSync(fixture('language-models', 'gemma2'), folder, { recursive: true });
    edit(folder, 'config.json', (config) => ({ model_type: 'paligemma', text_config: config }));
    expect((await scaleOf(folder))?.norm?.rms).toBeCloseTo(1.0374108813280911, 6);
  });

  // numpy 2.4 in float64: sqrt((W**2).mean()), sqrt((g**2).mean()), c * norm(W * g) / sqrt(len(W)).
  it.each([
    ['llama', 0.48624481610141485, 1.0635020355452627, 2.082354739797352],
    ['gemma2', 0.4071752789273737, 1.0374108813280911, 2.0709963801188747],
    ['granite', 0.49848423960054533, 1.0130116806335936, 2.919478299283453],
    ['gpt2', 0.49669358442440226, 1.082944175013187, 2.1315828692358356],
  ])('agrees with numpy (%s)', async (name, head, norm, logits) => {
    const scale = await scaleOf(fixture('language-models', name));
    expect(scale?.head.rms).toBeCloseTo(head, 7);
    expect(scale?.norm?.rms).toBeCloseTo(norm, 7);
    expect(scale?.logits).toBeCloseTo(logits, 7);
  });

  // numpy 2.4: six bits a weight, times the scale of a row, plus its bias.
  it('is that of the numbers that a quantized head stands for', async () => {
    const scale = await scaleOf(fixture('quantized', 'mlx-affine'));
    expect(scale?.head.rms).toBeCloseTo(0.20016464666598183, 7);
    expect(scale?.logits).toBeCloseTo(1.6013171733278548, 7);
  });

  /** Two tokens, three features. */
  function tiny(head: number[], norm: number[]): string {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'config.json'), '{"model_type": "llama"}');
    writeSafetensors(join(folder, 'model.safetensors'), {
      'lm_head.weight': f32([2, 3], head),
      'model.norm.weight': f32([3], norm),
    });
    return folder;
  }

  it('moves with the head and with the final norm, which change no answer to multiple choice', async () => {
    const [head, norm] = [
      [1, -2, 3, 0.5, 0, 4],
      [1, 2, 0.5],
    ];
    const logits = async (factor: number, gain: number) =>
      (
        await scaleOf(
          tiny(
            head.map((x) => x * factor),
            norm.map((x) => x * gain),
          ),
        )
      )?.logits;
    expect(await logits(1, 1)).toBeCloseTo(Math.sqrt((1 + 16 + 2.25 + 0.25 + 0 + 4) / 2), 6);
    expect(await logits(1 / 1024, 1)).toBeCloseTo(Math.sqrt(23.5 / 2) / 1024, 9);
    expect(await logits(1, 128)).toBeCloseTo(Math.sqrt(23.5 / 2) * 128, 4);
  });

  it('is unknown for an adapter without its base model, and that of the base model with it', async () => {
    const adapter = await openCheckpoint(fixture('language-models', 'lora'));
    const base = await openReference(fixture('language-models', 'llama'));
    expect(await measureLogitScale(adapter, null)).toBeNull();
    expect((await measureLogitScale(adapter, base))?.logits).toBeCloseTo(2.08235474, 7);
  });

  it('is unknown where the head has NaN, which is a finding of its own', async () => {
    expect(await scaleOf(tiny([1, 2, Number.NaN, 3, 4, 5], [1, 1, 1]))).toBeNull();
  });
});

describe('the files that decide how a model is used', () => {
  it('are found where they are, and null where they are not', async () => {
    const files = await filesOf(model());
    expect(Object.entries(files).map(([part, found]) => [part, found !== null])).toEqual([
      ['tokenizer', true],
      ['special-tokens', true],
      ['chat-template', true],
      ['generation-config', true],
      ['config', true],
      ['code', false],
    ]);
    expect(files['special-tokens']?.values).toMatchObject({ bos_token: '"<|begin_of_text|>"' });
    const bare = await filesOf(fixture('language-models', 'llama'));
    expect(bare.tokenizer).toBeNull();
    expect(bare['chat-template']).toBeNull();
  });

  it('two tokens that swapped their ids are another tokenizer', async () => {
    const swapped = await changedBy((folder) =>
      edit(folder, 'tokenizer.json', (json) => {
        const { vocab, ...rest } = json.model as { vocab: Record<string, number> };
        const [[one, i], [two, j]] = Object.entries(vocab).slice(10, 12) as [[string, number], [string, number]];
        return { ...json, model: { ...rest, vocab: { ...vocab, [one]: j, [two]: i } } };
      }),
    );
    expect(swapped).toEqual(['tokenizer']);
  });

  it('a tokenizer that another release saved is the same', async () => {
    const same = await changedBy((folder) =>
      edit(folder, 'tokenizer.json', ({ version: _, truncation: __, ...json }) => {
        const { merges, vocab, ...rest } = json.model as { merges: unknown[]; vocab: object };
        const pairs = merges.map((merge) =>
          typeof merge === 'string' ? merge.split(' ') : (merge as string[]).join(' '),
        );
        const reversed = Object.fromEntries(Object.entries(vocab).reverse());
        return {
          padding: { strategy: 'BatchLongest' },
          ...json,
          model: { merges: pairs, ...rest, dropout: null, vocab: reversed },
        };
      }),
    );
    expect(same).toEqual([]);
    const byteFallback = await changedBy((folder) =>
      edit(folder, 'tokenizer.json', (json) => ({ ...json, model: { ...(json.model as Json), byte_fallback: true } })),
    );
    expect(byteFallback).toEqual(['tokenizer']);
  });

  it('a slow tokenizer counts by its bytes', async () => {
    const folder = join(temporaryFolder(), 'slow');
    cpSync(fixture('language-models', 'llama'), folder, { recursive: true });
    writeFileSync(join(folder, 'tokenizer.model'), 'one');
    const before = await filesOf(folder);
    expect(Object.keys(before.tokenizer?.values ?? {})).toEqual(['tokenizer.model']);
    writeFileSync(join(folder, 'tokenizer.model'), 'two');
    expect((await filesOf(folder)).tokenizer?.digest).not.toBe(before.tokenizer?.digest);
  });

  it('special tokens count by their texts and by the ids in config.json', async () => {
    const config = (change: (json: Json) => Json) =>
      changedBy((folder) => edit(folder, 'tokenizer_config.json', change));
    expect(await config((json) => ({ ...json, eos_token: '<|eot_id|>' }))).toEqual(['special-tokens']);
    expect(await config((json) => ({ ...json, model_max_length: 7, padding_side: 'left' }))).toEqual([]);
    const ids = await changedBy((folder) => edit(folder, 'config.json', (json) => ({ ...json, eos_token_id: 7 })));
    expect(ids).toEqual(['special-tokens']);
  });

  it('a chat template is the same in a file and in tokenizer_config.json, whatever its line ends', async () => {
    const moved = await changedBy((folder) =>
      edit(folder, 'tokenizer_config.json', ({ chat_template, ...json }) => {
        writeFileSync(join(folder, 'chat_template.jinja'), String(chat_template).replaceAll('\n', '\r\n'));
        return json;
      }),
    );
    expect(moved).toEqual([]);
    const edited = await changedBy((folder) => writeFileSync(join(folder, 'chat_template.jinja'), '{{ messages }}'));
    expect(edited).toEqual(['chat-template']);
    const another = await changedBy((folder) => {
      mkdirSync(join(folder, 'additional_chat_templates'));
      writeFileSync(join(folder, 'additional_chat_templates', 'rag.jinja'), '{{ documents }}');
    });
    expect(another).toEqual(['chat-template']);
  });

  it('a generation config counts without its history', async () => {
    const config = (change: (json: Json) => Json) =>
      changedBy((folder) => edit(folder, 'generation_config.json', change));
    expect(await config((json) => ({ ...json, transformers_version: '9', _from_model_config: true }))).toEqual([]);
    expect(await config((json) => ({ ...json, temperature: 3 }))).toEqual(['generation-config']);
    expect(await config(() => ({ broken: true }))).toEqual(['generation-config']);
  });

  it('code counts where an auto_map loads it, with the files that the named one imports, and is never executed', async () => {
    const code = (folder: string, text: string) => {
      writeFileSync(join(folder, 'modeling_mine.py'), 'from .rotary import apply');
      writeFileSync(join(folder, 'rotary.py'), text);
    };
    const map = { auto_map: { AutoModelForCausalLM: 'modeling_mine.Mine' } };
    expect(await changedBy((folder) => code(folder, 'raise SystemExit'))).toEqual([]);
    const folder = model();
    code(folder, 'raise SystemExit');
    edit(folder, 'config.json', (json) => ({ ...json, ...map }));
    const before = (await filesOf(folder)).code;
    expect(Object.keys(before?.values ?? {})).toEqual(['auto_map', 'modeling_mine.py', 'rotary.py']);
    code(folder, 'import os');
    expect((await filesOf(folder)).code?.digest).not.toBe(before?.digest);
  });

  it('an adapter has its own files, and else those of its base model; without that they are unknown', async () => {
    const adapter = join(temporaryFolder(), 'adapter');
    cpSync(fixture('language-models', 'lora'), adapter, { recursive: true });
    const base = await openReference(model());
    const alone = await describeFiles(await openCheckpoint(adapter), null);
    expect(Object.values(alone)).toEqual([null, null, null, null, null, null]);
    const inherited = await describeFiles(await openCheckpoint(adapter), base);
    expect(inherited).toEqual(await describeFiles(base, null));
    for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
      cpSync(fixture('tokenizers', 'gemma', name), join(adapter, name));
    }
    const own = await describeFiles(await openCheckpoint(adapter), base);
    expect(own.tokenizer?.digest).not.toBe(inherited.tokenizer?.digest);
    expect(own['generation-config']).toEqual(inherited['generation-config']);
  });

  it('nothing in them is an error: damaged, nested without end, folders, links to secrets', async () => {
    const folder = model();
    const digests = new Set([digestFiles(await filesOf(folder))]);
    const secret = join(temporaryFolder(), 'secret');
    writeFileSync(secret, '{"secret": "hunter2"}');
    const damages: ReadonlyArray<() => void> = [
      () => writeFileSync(join(folder, 'generation_config.json'), '{"temperature": '),
      () => writeFileSync(join(folder, 'generation_config.json'), `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`),
      () => writeFileSync(join(folder, 'tokenizer.json'), '[]'),
      () => writeFileSync(join(folder, 'tokenizer_config.json'), '{"chat_template": [1], "added_tokens_decoder": 3}'),
      () => mkdirSync(join(folder, 'chat_template.jinja')),
      () => symlinkSync(secret, join(folder, 'tokenizer.model')),
      () => symlinkSync(secret, join(folder, 'special_tokens_map.json')),
    ];
    for (const damage of damages) {
      damage();
      const files = await filesOf(folder);
      expect(JSON.stringify(files)).not.toContain('hunter2');
      digests.add(digestFiles(files));
    }
    // All but the sentencepiece file, which nothing loads if there is a tokenizer.json, are another behavior.
    expect(digests.size).toBe(damages.length);
  });

  it('a file with thousands of keys does not fill the measurement, and each of them counts', () => {
    const keys = (last: number) =>
      Object.fromEntries([...Array.from({ length: 5000 }, (_, i) => [`key ${i}`, i]), ['zz'.repeat(100), last]]);
    const [one, two] = [readBehaviorValues(keys(1)), readBehaviorValues(keys(2))];
    expect(Object.keys(one?.values ?? {})).toHaveLength(MAX_SHOWN);
    expect(one?.keys).toBe(5001);
    expect(one?.digest).not.toBe(two?.digest);
  });

  it('NaN is another value than none, and shown as Python writes it', () => {
    const temperature = (value: unknown) => readBehaviorValues({ top_k: 3, temperature: [value] });
    expect(temperature(Number.NaN)?.values).toEqual({ temperature: '[NaN]', top_k: '3' });
    expect(temperature(Number.NaN)?.digest).not.toBe(temperature(null)?.digest);
  });
});

describe('the cache of measurements', () => {
  it.each([
    [
      'generation config',
      (folder: string) => edit(folder, 'generation_config.json', (json) => ({ ...json, top_k: 3 })),
    ],
    ['chat template', (folder: string) => writeFileSync(join(folder, 'chat_template.jinja'), '{{ messages }}')],
    [
      'code',
      (folder: string) => {
        writeFileSync(join(folder, 'tokenization_mine.py'), 'pass');
        edit(folder, 'tokenizer_config.json', (json) => ({
          ...json,
          auto_map: { AutoTokenizer: ['tokenization_mine.T', null] },
        }));
      },
    ],
  ])('has no stale measurement for the same weights with another %s', async (_, change) => {
    const folder = model();
    const store = directoryStore(temporaryFolder());
    const run = () => measurePath({ checkpoint: folder, device: 'cpu', store });
    const first = await run();
    expect((await run()).run.time, 'from the cache').toBe(first.run.time);
    change(folder);
    const second = await run();
    expect(second.checkpoint.digest).toBe(first.checkpoint.digest);
    expect(second.behavior?.files).not.toEqual(first.behavior?.files);
  });
});

describe('the tokenizer of a GGUF file', () => {
  const sampleOf = async (path: string) => {
    const place = await openTokenPlace(path);
    return sampleTokens({ format: 'gguf', ...place, tensors: new Map() } as unknown as FullCheckpoint, null);
  };
  const filesAt = async (format: 'gguf' | 'safetensors', path: string) =>
    describeFiles({ format, ...(await openTokenPlace(path)), config: {} }, null);
  const gguf = fixture('gguf-tokenizers', 'bpe.gguf');
  const original = fixture('gguf-tokenizers', 'bpe');

  it('has the parts that the files of its original have', async () => {
    const [ours, theirs] = await Promise.all([filesAt('gguf', gguf), filesAt('safetensors', original)]);
    for (const key of ['pre_tokenizer', 'merges']) {
      expect(ours.tokenizer?.values[key]).toBe(theirs.tokenizer?.values[key]);
    }
    expect(ours['special-tokens']?.values).toEqual({ bos_token: '"<|begin|>"', eos_token: '"<|eot|>"' });
    expect(ours['chat-template']?.keys).toBe(2);
    expect(ours['generation-config']).toBeNull();
  });

  it('is the same as that of its original, by what it does', async () => {
    expect(await sampleOf(gguf)).toEqual(await sampleOf(original));
  });

  it.each<[string, (json: Json) => Json]>([
    ['splits', (json) => ({ ...json, pre_tokenizer: { ...(json.pre_tokenizer as Json), pretokenizers: [] } })],
    ['normalizes', (json) => ({ ...json, normalizer: { type: 'NFC' } })],
    ['adds no BOS', (json) => ({ ...json, post_processor: null })],
    [
      'knows one token by another name',
      (json) => JSON.parse(JSON.stringify(json).replaceAll('<think>', '<thing>')) as Json,
    ],
  ])('is another one than one that %s', async (_, change) => {
    const folder = join(temporaryFolder(), 'bpe');
    cpSync(original, folder, { recursive: true });
    edit(folder, 'tokenizer.json', change);
    expect(await sampleOf(folder)).not.toEqual(await sampleOf(gguf));
  });

  it('is another one where a control token became a plain one, which text no longer is', async () => {
    const bytes = readFileSync(gguf);
    const key = 'tokenizer.ggml.token_type';
    // Behind the key: the types of the value and of what it lists, and how many.
    const list = bytes.indexOf(key) + key.length + 4 + 4;
    const types = list + 8;
    const ids = Array.from({ length: Number(bytes.readBigUInt64LE(list)) }, (_, id) => id);
    const control = ids.filter((id) => bytes.readInt32LE(types + 4 * id) === 3);
    expect(control.length).toBeGreaterThan(3);
    const before = await sampleOf(original);
    for (const id of control) {
      const flipped = join(temporaryFolder(), 'flipped.gguf');
      const copy = Buffer.from(bytes);
      copy.writeInt32LE(1, types + 4 * id);
      writeFileSync(flipped, copy);
      expect(await sampleOf(flipped)).not.toEqual(before);
    }
  });

  it('has its ends of turns and its sampling in the file', async () => {
    const written = (pairs: readonly Buffer[]) => {
      const path = join(temporaryFolder(), 'model.gguf');
      const tokens = ['<unk>', '<s>', '</s>', 'a', '<end>', '<call>'];
      const all = [
        pair('tokenizer.ggml.model', 'string', 'llama'),
        list('tokenizer.ggml.tokens', 'string', tokens),
        list(
          'tokenizer.ggml.scores',
          'float32',
          tokens.map(() => 0),
        ),
        list('tokenizer.ggml.token_type', 'int32', [2, 3, 3, 1, 3, 3]),
      ];
      writeFileSync(path, ggufBytes({ pairs: [...all, ...pairs] }));
      return filesAt('gguf', path);
    };
    const plain = await written([]);
    expect(plain['generation-config']).toBeNull();
    const ends = await written([
      pair('tokenizer.ggml.eot_token_id', 'uint32', 4),
      pair('tokenizer.ggml.eom_token_id', 'uint32', 5),
    ]);
    expect(ends['special-tokens']?.values).toEqual({
      ...plain['special-tokens']?.values,
      eot_token_id: '4',
      eom_token_id: '5',
    });
    const sampling = await written([
      pair('general.sampling.temp', 'float32', 0.6),
      pair('general.sampling.top_k', 'int32', 20),
      pair('general.sampling.top_p', 'float32', 0.95),
      pair('general.sampling.min_p', 'float32', 0.05),
      pair('general.sampling.penalty_repeat', 'float32', 1.1),
      pair('general.sampling.sequence', 'string', 'kt'),
    ]);
    expect(sampling['generation-config']?.values).toEqual({
      temperature: '0.6',
      top_k: '20',
      top_p: '0.95',
      min_p: '0.05',
      repetition_penalty: '1.1',
      'general.sampling.sequence': '"kt"',
    });
  });

  it('that is not known is known by its bytes', async () => {
    const unknown = fixture('gguf-tokenizers', 'unknown.gguf');
    expect((await filesAt('gguf', unknown)).tokenizer?.values['tokenizer.json']).toMatch(/^sha256:/);
    expect(await sampleOf(unknown)).toBeNull();
  });
});
