import type { Adapter, LoraModule } from '@shadow-gate/checkpoints/adapter';
import { UNKNOWN_ARCHITECTURE } from '@shadow-gate/checkpoints/config';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { describeDecoder } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { FolderFiles } from '@shadow-gate/platform/files';
import { describe, expect, it } from 'vitest';
import { languageModel } from '../../../../test/language-models.ts';
import { Weights } from '../../src/architectures/weights.ts';
import { openEngine } from '../runtime/engines.ts';
import { checkpointOf } from './checkpoint-of.ts';

const LLAMA = { model_type: 'llama', vocab_size: 8, hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 2 };

/** A vision-language model with the same text model. */
const LLAVA = { model_type: 'llava', text_config: LLAMA };

function weightsOf(
  tensors: Record<string, number[]>,
  adapter: Adapter | null = null,
  config: Record<string, unknown> = LLAMA,
): Weights {
  const checkpoint = checkpointOf(config, tensors);
  return new Weights(checkpoint, describeDecoder(checkpoint), adapter);
}

const entry = (name: string, shape: number[]) => checkpointOf(null, { [name]: shape }).tensors.get(name) as TensorEntry;

function adapterOf(modules: LoraModule[], saved: Record<string, number[]> = {}): Adapter {
  return {
    format: 'lora',
    path: '/a',
    files: new FolderFiles('/a'),
    modules,
    saved: new Map(Object.entries(saved).map(([name, shape]) => [name, entry(name, shape)])),
    tensors: new Map(),
    config: {},
    architecture: UNKNOWN_ARCHITECTURE,
    remote: null,
  };
}

const module = (target: string, a: number[] = [2, 4], b: number[] = [4, 2]): LoraModule => ({
  target,
  a: entry(`${target}.lora_A`, a),
  b: entry(`${target}.lora_B`, b),
  rank: 2,
  scale: 1,
  transposed: false,
  magnitude: null,
});

const EMBEDDINGS = { 'model.embed_tokens.weight': [8, 4] };

describe('Weights', () => {
  it('finds the backbone under all namings of a file', () => {
    const find = (embeddings: string, ...others: string[]) =>
      weightsOf(Object.fromEntries([embeddings, ...others].map((name) => [name, [8, 4]]))).naming;
    expect(find('model.embed_tokens.weight')).toEqual({ backbone: 'model.', head: 'lm_head' });
    expect(find('embed_tokens.weight')).toEqual({ backbone: '', head: 'lm_head' });
    const inside = (embeddings: string, ...others: string[]) =>
      weightsOf(Object.fromEntries([embeddings, ...others].map((name) => [name, [8, 4]])), null, LLAVA).naming;
    expect(inside('language_model.model.embed_tokens.weight')).toEqual({
      backbone: 'language_model.model.',
      head: 'language_model.lm_head',
    });
    expect(inside('model.language_model.embed_tokens.weight', 'lm_head.weight')).toEqual({
      backbone: 'model.language_model.',
      head: 'lm_head',
    });
  });

  it('finds no text model alone under the names of a vision-language model: transformers starts from random numbers', () => {
    for (const name of ['language_model.model.', 'model.language_model.', 'model.text_model.'])
      expect(() => weightsOf({ [`${name}embed_tokens.weight`]: [8, 4] })).toThrow(/has no embeddings/);
  });

  // What safetensors' save_model, and with it accelerate, writes of a tied model.
  it('reads tied embeddings under the name of the output layer, if the file has only that', () => {
    const files = (head: string, backbone: string) => ({
      [head]: [8, 4],
      [`${backbone}layers.0.mlp.up_proj.weight`]: [1],
    });
    const read = (more: object, tensors: Record<string, number[]>) => {
      const isInside = Object.keys(tensors).some((name) => name.startsWith('language_model.'));
      const checkpoint = checkpointOf({ ...(isInside ? LLAVA : LLAMA), ...more }, tensors);
      return new Weights(checkpoint, describeDecoder(checkpoint), null).tensor('embed_tokens.weight', [8, 4]).name;
    };
    const tied = { tie_word_embeddings: true };
    expect(read(tied, files('lm_head.weight', 'model.'))).toBe('lm_head.weight');
    const nested = files('language_model.lm_head.weight', 'language_model.model.');
    expect(read(tied, nested)).toBe('language_model.lm_head.weight');
    expect(() => read({}, files('lm_head.weight', 'model.'))).toThrow(
      /has no embeddings \(model.embed_tokens.weight\)/,
    );
  });

  it('leaves out a layer behind the last that predicts a further token, and no other', () => {
    // Names of DeepSeek-V3 on the Hub: model.layers.61 of 61 layers.
    const further = { 'model.layers.1.eh_proj.weight': [4, 8], 'model.layers.1.mlp.up_proj.weight': [4, 4] };
    expect(() => weightsOf({ ...EMBEDDINGS, ...further }).refuseUnused()).not.toThrow();
    const last = { ...EMBEDDINGS, ...further, 'model.layers.2.mlp.up_proj.weight': [4, 4] };
    expect(() => weightsOf(last).refuseUnused()).toThrow(/has "model.layers.2.mlp.up_proj.weight", which its config/);
    const described = { ...EMBEDDINGS, 'model.layers.0.eh_proj.weight': [4, 8] };
    expect(() => weightsOf(described).refuseUnused()).toThrow(/has "model.layers.0.eh_proj.weight", which its config/);
  });

  it('names the missing embeddings', () => {
    const run = () => weightsOf({ 'transformer.wte.weight': [8, 4] });
    expect(run).toThrow(UserError);
    expect(run).toThrow('/m has no embeddings (model.embed_tokens.weight)');
  });

  it.each<[string, string, number[], RegExp]>([
    ['is missing', 'norm.weight', [4], /\/m has no tensor "model\.norm\.weight", which its config\.json describes/],
    [
      'has another shape',
      'embed_tokens.weight',
      [9, 4],
      /"model\.embed_tokens\.weight" is \[8, 4\], and \[9, 4\] in config\.json/,
    ],
    ['has fewer dimensions', 'embed_tokens.weight', [32], /is \[8, 4\], and \[32\] in config\.json/],
  ])('names a tensor that %s', (_, name, shape, pattern) => {
    const run = () => weightsOf(EMBEDDINGS).tensor(name, shape);
    expect(run).toThrow(UserError);
    expect(run).toThrow(pattern);
  });

  it('names a tensor of integers', () => {
    const checkpoint = checkpointOf(LLAMA, EMBEDDINGS);
    const bytes: FullCheckpoint = {
      ...checkpoint,
      tensors: new Map([...checkpoint.tensors].map(([name, item]) => [name, { ...item, dtype: 'I8' }])),
    };
    const run = () => new Weights(bytes, describeDecoder(bytes), null).tensor('embed_tokens.weight', [8, 4]);
    expect(run).toThrow(/"model\.embed_tokens\.weight" is I8, and only float32/);
  });

  it('finds the modules of an adapter, whichever name PEFT gave them', () => {
    // In memory the backbone of LLaVA is model.language_model, in its file language_model.model.
    const tensors = { 'language_model.model.embed_tokens.weight': [8, 4] };
    const lora = module('model.language_model.layers.0.self_attn.q_proj.weight');
    const weights = weightsOf(tensors, adapterOf([lora]), LLAVA);
    expect(weights.lora('layers.0.self_attn.q_proj.weight')).toBe(lora);
    expect(() => weights.refuseUnused()).not.toThrow();
  });

  it('refuses modules that the decoder does not have', () => {
    const adapter = adapterOf([module('model.layers.7.self_attn.q_proj.weight')], { 'score.weight': [2, 4] });
    const weights = weightsOf(EMBEDDINGS, adapter);
    expect(() => weights.refuseUnused()).toThrow(UserError);
    expect(() => weights.refuseUnused()).toThrow(
      '/a adapts "layers.7.self_attn.q_proj.weight" and 1 more, which the language model of /m does not have',
    );
  });

  it('refuses weights of layers that the config does not describe', () => {
    const more = { 'model.layers.0.self_attn.q_norm.weight': [2], 'model.layers.1.mlp.up_proj.weight': [8, 4] };
    // Weights outside of the layers are not checked, and old files have tables in the layers.
    const free = {
      'model.layers.0.self_attn.rotary_emb.inv_freq': [1],
      'vision.layers.0.weight': [1],
      'score.weight': [1],
    };
    expect(() => weightsOf({ ...EMBEDDINGS, ...free }).refuseUnused()).not.toThrow();
    expect(() => weightsOf({ ...EMBEDDINGS, ...free, ...more }).refuseUnused()).toThrow(
      '/m has "model.layers.0.self_attn.q_norm.weight" and 1 more, which its config.json does not describe',
    );
  });

  it.each([
    ['A', module('model.norm.weight', [2, 5])],
    ['B', module('model.norm.weight', [2, 4], [5, 2])],
  ])('refuses an adapter with another width: %s', (_, lora) => {
    const weights = weightsOf(EMBEDDINGS, adapterOf([lora]));
    expect(() => weights.expectLora(lora, 4, 4)).toThrow(
      /\/a: module "model\.norm\.weight" has A \[.*the layer of the base model is 4 → 4/,
    );
  });

  it('uses weights that an adapter saved whole, and checks their shape', () => {
    const weights = weightsOf(EMBEDDINGS, adapterOf([], { 'model.embed_tokens.weight': [9, 4] }));
    expect(() => weights.tensor('embed_tokens.weight', [8, 4])).toThrow(/^\/a: tensor .* is \[9, 4\]/);
    expect(weights.tensor('embed_tokens.weight', [9, 4]).shape).toEqual([9, 4]);
  });
});

describe('a checkpoint that cannot run', () => {
  const path = languageModel('llama');

  it('is refused when it is opened if a weight of any layer is missing', async () => {
    const without = (name: string) =>
      openEngine(path, {
        edit: (checkpoint) => ({
          ...checkpoint,
          tensors: new Map([...checkpoint.tensors].filter(([key]) => key !== name)),
        }),
      });
    for (const name of ['model.layers.1.mlp.down_proj.weight', 'model.norm.weight', 'lm_head.weight']) {
      await expect(without(name), name).rejects.toThrow(`has no tensor "${name}"`);
      await expect(without(name), name).rejects.toBeInstanceOf(UserError);
    }
  });

  it('is refused when it is opened if its weights have another width', async () => {
    await expect(openEngine(path, { config: { intermediate_size: 32 } })).rejects.toThrow(
      /"model\.layers\.0\.mlp\.gate_proj\.weight" is \[24, 16\], and \[32, 16\] in config\.json/,
    );
  });

  it('is refused when it is opened if the config does not describe all weights', async () => {
    await expect(openEngine(path, { config: { num_hidden_layers: 1 } })).rejects.toThrow(
      /has "model\.layers\.1\.[^"]+" and \d+ more, which its config\.json does not describe/,
    );
  });

  it('is refused when it is opened with an adapter of another model', async () => {
    const adapter = adapterOf([module('model.layers.2.self_attn.q_proj.weight', [2, 16], [16, 2])]);
    await expect(openEngine(path, { adapter })).rejects.toThrow(/adapts "layers\.2\.self_attn\.q_proj\.weight"/);
  });
});
