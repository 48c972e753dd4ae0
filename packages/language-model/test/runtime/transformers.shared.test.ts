import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter } from '@shadow-gate/checkpoints/adapter';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { describe, expect, it } from 'vitest';
import { readJson, temporaryFolder } from '../../../../test/fixtures.ts';
import { languageModel } from '../../../../test/language-models.ts';
import { readTensors } from '../../../checkpoints/test/read-tensors.ts';
import { float32, writeSafetensors } from '../../../checkpoints/test/write-safetensors.ts';
import { difference, openKvCache, openLora, TOLERANCE, withEngine } from './engines.ts';
import { casesOf, expectCases, expectFolder } from './expect-logits.ts';

/** One for each kind of block; transformers.shared.slow.test.ts has every folder. */
const ONE_OF_EACH = [
  'llama',
  'mistral',
  'qwen2-window',
  'qwen3',
  'qwen3-moe',
  'gemma2',
  'gemma3-text-v5',
  'gemma3n-text',
  'gemma4',
  'gemma4-text-v5',
  'gpt2',
  'gpt-neox',
  'falcon-alibi',
  'bloom-normed',
  'opt-350m',
  'phi3-longrope',
  'stablelm',
  'smollm3-nope',
  'glm4',
  'gpt-oss',
  'deepseek-v3',
  'deepseek-v4-v5',
  'llama4',
  'qwen3-5',
  'lfm2',
  'granite-hybrid',
  'nemotron-h',
];

describe('the logits are those of transformers', () => {
  it.each(ONE_OF_EACH)('the logits of %s are those of transformers', expectFolder);

  it.each(['lora', 'lora-rslora'])('the logits with the adapter %s are those of transformers', async (name) => {
    const adapter = await openLora(languageModel(name));
    const [base] = casesOf('llama');
    await withEngine(languageModel('llama'), { adapter }, async (engine) => {
      await expectCases(engine, casesOf(name));
      await openKvCache(engine);
      await expectCases(engine, casesOf(name));
      // The adapter changes the logits.
      expect(difference(await engine.logits(base?.tokens ?? []), base?.logits ?? [])).toBeGreaterThan(0.1);
    });
  });
});

/** Tensors under other names. */
const renamed =
  (name: (old: string) => string) =>
  (checkpoint: FullCheckpoint): FullCheckpoint => ({
    ...checkpoint,
    tensors: new Map([...checkpoint.tensors].map(([old, entry]) => [name(old), { ...entry, name: name(old) }])),
  });

describe('weights in another layout', () => {
  it.each<[string, string, (old: string) => string]>([
    ['a backbone without its prefix', 'llama', (old) => old.replace(/^model\./, '')],
    ['GPT-2 with its prefix', 'gpt2', (old) => `transformer.${old}`],
    [
      'LLaVA as transformers 5 saves it',
      'llava',
      (old) =>
        old.replace(/^language_model\.model\./, 'model.language_model.').replace(/^language_model\.lm_head/, 'lm_head'),
    ],
    [
      'LLaVA as on the Hub',
      'llava',
      (old) =>
        old.replace(/^model\.language_model\./, 'language_model.model.').replace(/^lm_head/, 'language_model.lm_head'),
    ],
    ['Gemma 3 as on the Hub', 'gemma3', (old) => old.replace(/^model\.language_model\./, 'language_model.model.')],
    ['Qwen2.5-VL as on the Hub', 'qwen2-5-vl', (old) => old.replace(/^model\.language_model\./, 'model.')],
  ])('give the same logits: %s', async (_, name, rename) => {
    await withEngine(languageModel(name), { edit: renamed(rename) }, (engine) => expectCases(engine, casesOf(name)));
  });

  it('give the same logits: Gemma 3n as the text half of the whole model', async () => {
    const edit = (checkpoint: FullCheckpoint): FullCheckpoint => ({
      ...checkpoint,
      config: { model_type: 'gemma3n', text_config: checkpoint.config, audio_config: {}, vision_config: {} },
    });
    await withEngine(languageModel('gemma3n-text'), { edit }, (engine) => expectCases(engine, casesOf('gemma3n-text')));
  });

  it.each(['mixtral', 'qwen3-moe'])(
    'give the same logits: %s with stacked experts, as transformers 5 saves them',
    async (name) => {
      const folder = join(temporaryFolder(), name);
      mkdirSync(folder);
      const tensors = readTensors(join(languageModel(name), 'model.safetensors'));
      const stacked = stackExperts(tensors);
      expect([...stacked.keys()].some((key) => key.endsWith('experts.gate_up_proj'))).toBe(true);
      const written = Object.fromEntries(
        [...stacked].map(([key, { shape, values }]) => [key, float32(shape, [...values])]),
      );
      writeSafetensors(join(folder, 'model.safetensors'), written);
      writeFileSync(join(folder, 'config.json'), JSON.stringify(readJson(join(languageModel(name), 'config.json'))));
      await withEngine(folder, {}, (engine) => expectCases(engine, casesOf(name)));
    },
  );

  it('give the same logits with the two constants of xIELU as vectors', async () => {
    const edit = (checkpoint: FullCheckpoint): FullCheckpoint => ({
      ...checkpoint,
      tensors: new Map(
        [...checkpoint.tensors].map(([name, entry]) => [
          name,
          entry.shape.length === 0 ? { ...entry, shape: [1] } : entry,
        ]),
      ),
    });
    await withEngine(languageModel('apertus'), { edit }, (engine) => expectCases(engine, casesOf('apertus')));
  });

  it('give the same logits with an output layer that the config ties to the embeddings', async () => {
    // transformers 5 does this if the two differ.
    await withEngine(languageModel('llama'), { config: { tie_word_embeddings: true } }, (engine) =>
      expectCases(engine, casesOf('llama')),
    );
  });
});

type Tensors = ReturnType<typeof readTensors>;

/** [count, 2 · width, hidden], gate rows first, and [count, hidden, width]. */
function stackExperts(tensors: Tensors): Tensors {
  const out: Tensors = new Map();
  const stacks = new Map<string, { shape: readonly number[]; values: number[] }[]>();
  const isGate = /\.(w1|gate_proj)\.weight$/;
  for (const [name, tensor] of tensors) {
    const match =
      /^(.*?)\.(?:block_sparse_moe|mlp)\.experts\.(\d+)\.(w1|w2|w3|gate_proj|up_proj|down_proj)\.weight$/.exec(name);
    if (!match) {
      out.set(name.replace('block_sparse_moe.gate', 'mlp.gate'), tensor);
      continue;
    }
    const [, layer, index, part] = match;
    const isDown = part === 'w2' || part === 'down_proj';
    const key = `${layer}.mlp.experts.${isDown ? 'down_proj' : 'gate_up_proj'}`;
    const experts = stacks.get(key) ?? [];
    stacks.set(key, experts);
    const before = experts[Number(index)];
    const own = [...tensor.values];
    experts[Number(index)] = before
      ? {
          shape: [2 * (tensor.shape[0] ?? 0), tensor.shape[1] ?? 0],
          values: isGate.test(name) ? [...own, ...before.values] : [...before.values, ...own],
        }
      : { shape: tensor.shape, values: own };
  }
  for (const [key, experts] of stacks) {
    const shape = [experts.length, ...(experts[0]?.shape ?? [])];
    out.set(key, { shape, values: Float32Array.from(experts.flatMap(({ values }) => values)) });
  }
  return out;
}

describe('an adapter', () => {
  /** An adapter of the folder llama in a folder of its own, in float32. */
  async function adapterOf(tensors: Record<string, { shape: number[]; values: number[] }>) {
    const folder = temporaryFolder();
    writeSafetensors(
      join(folder, 'adapter_model.safetensors'),
      Object.fromEntries(Object.entries(tensors).map(([name, { shape, values }]) => [name, float32(shape, values)])),
    );
    writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify({ peft_type: 'LORA', r: 2, lora_alpha: 3 }));
    return openLora(folder);
  }
  /** A model with one weight [rows, columns] changed, in float32. */
  function merged(model: string, name: string, change: (value: number, row: number, column: number) => number): string {
    const folder = temporaryFolder();
    const tensors = readTensors(join(languageModel(model), 'model.safetensors'));
    const written = [...tensors].map(([key, { shape, values }]) => {
      const width = shape[1] ?? 1;
      const own = [...values].map((value, i) =>
        key === name ? change(value, Math.floor(i / width), i % width) : value,
      );
      return [key, float32(shape, own)] as const;
    });
    writeSafetensors(join(folder, 'model.safetensors'), Object.fromEntries(written));
    writeFileSync(join(folder, 'config.json'), JSON.stringify(readJson(join(languageModel(model), 'config.json'))));
    return folder;
  }
  async function expectSame(model: string, adapter: Adapter, mergedModel: string): Promise<void> {
    const expected = await withEngine(mergedModel, {}, (engine) => engine.logits(tokens));
    await withEngine(languageModel(model), { adapter }, async (engine) => {
      expect(difference(await engine.logits(tokens), expected)).toBeLessThanOrEqual(TOLERANCE);
    });
  }
  const wave = (count: number, step: number) => Array.from({ length: count }, (_, i) => Math.sin(step * (i + 1)));
  const [vocabulary, hidden, tokens] = [64, 16, [5, 60, 9, 5, 33, 12]];

  it('of the embeddings adds scale · (B·A)ᵀ to them', async () => {
    // PEFT: lora_embedding_A [rank, vocabulary], lora_embedding_B [hidden, rank].
    const [a, b] = [wave(2 * vocabulary, 0.7), wave(hidden * 2, 1.1)];
    const adapter = await adapterOf({
      'base_model.model.model.embed_tokens.lora_embedding_A': { shape: [2, vocabulary], values: a },
      'base_model.model.model.embed_tokens.lora_embedding_B': { shape: [hidden, 2], values: b },
    });
    const both = merged('llama', 'model.embed_tokens.weight', (value, token, i) => {
      const at = (r: number) => (a[r * vocabulary + token] as number) * (b[i * 2 + r] as number);
      return value + (3 / 2) * (at(0) + at(1));
    });
    await expectSame('llama', adapter, both);
  });

  it('of keys that no layer reads, as those of layers that share them once were, changes nothing (Gemma 4)', async () => {
    const module = 'base_model.model.model.language_model.layers.5.self_attn.k_proj';
    const adapter = await adapterOf({
      [`${module}.lora_A.weight`]: { shape: [2, 16], values: wave(2 * 16, 0.7) },
      [`${module}.lora_B.weight`]: { shape: [32, 2], values: wave(32 * 2, 1.1) },
    });
    await expectSame('gemma4', adapter, languageModel('gemma4'));
  });

  it('replaces the weights that it saved whole', async () => {
    const values = wave(vocabulary * hidden, 0.3);
    const adapter = await adapterOf({
      'base_model.model.lm_head.weight': { shape: [vocabulary, hidden], values },
    });
    const both = merged('llama', 'lm_head.weight', (_, row, column) => values[row * hidden + column] as number);
    await expectSame('llama', adapter, both);
  });

  it('of Conv1D weights (GPT-2), which are stored [in, out], adds scale · B·A too', async () => {
    const [a, b] = [wave(2 * 16, 0.7), wave(48 * 2, 1.1)];
    const adapter = await adapterOf({
      'base_model.model.transformer.h.1.attn.c_attn.lora_A.weight': { shape: [2, 16], values: a },
      'base_model.model.transformer.h.1.attn.c_attn.lora_B.weight': { shape: [48, 2], values: b },
    });
    const both = merged('gpt2', 'h.1.attn.c_attn.weight', (value, input, output) => {
      const at = (r: number) => (b[output * 2 + r] as number) * (a[r * 16 + input] as number);
      return value + (3 / 2) * (at(0) + at(1));
    });
    await expectSame('gpt2', adapter, both);
  });
});
