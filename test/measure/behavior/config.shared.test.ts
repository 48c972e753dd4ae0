import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { openReference } from '@shadow-gate/checkpoints';
import { withNumberKinds } from '@shadow-gate/checkpoints/config';
import { describeConfig } from '@shadow-gate/language-model';
import { parsePythonJson } from '@shadow-gate/python';
import { describe, expect, it } from 'vitest';
import { configPart } from '../../../src/measure/behavior/config-part.ts';
import { fixture, readJson } from '../../fixtures.ts';

type Json = Record<string, unknown>;

const configOf = (name: string) => readJson<Json>(fixture('language-models', name, 'config.json'));
const digestOf = (config: Json) => configPart(config)?.digest;

/** Configs of the same checkpoints, as transformers 4 and 5 write them. */
const FORMS = readJson<Record<string, Record<'4' | '5', Json>>>(fixture('config-forms.json'));

describe('what config.json says about arithmetic and length', () => {
  const llama = configOf('llama');

  it.each<[string, Json]>([
    ['half of the length', { max_position_embeddings: 32 }],
    [
      'positions that are stretched beyond a length',
      { rope_scaling: { rope_type: 'dynamic', factor: 4 }, max_position_embeddings: 64 },
    ],
    ['another length for servers', { model_max_length: 40 }],
    ['another attention for long texts on servers', { dual_chunk_attention_config: { chunk_size: 40 } }],
    ['another epsilon', { rms_norm_eps: 1e-3 }],
    ['a key that nobody knows', { attention_temperature: 2 }],
  ])('is another with %s, which is named', (_, edit) => {
    const [before, after] = [
      configPart({ ...llama, rope_scaling: null }),
      configPart({ ...llama, rope_scaling: null, ...edit }),
    ];
    expect(after?.digest).not.toBe(before?.digest);
    expect(after?.values).not.toEqual(before?.values);
  });

  it('is another with other factors for long texts', () => {
    const phi3 = configOf('phi3-longrope');
    const scaling = phi3.rope_scaling as { long_factor: number[] };
    const edited = { ...phi3, rope_scaling: { ...scaling, long_factor: scaling.long_factor.map(() => 100) } };
    expect(digestOf(edited)).not.toBe(digestOf(phi3));
    expect(configPart(edited)?.values['rope_parameters.long_factor']).toBe('[100,100,100]');
  });

  it.each(Object.entries(FORMS))('is the same as transformers 4 and 5 write it (%s)', (_, forms) => {
    expect(digestOf(forms['5'])).toBe(digestOf(forms['4']));
  });

  it('is the same with another history, training, precision, storage and order of keys', () => {
    const rewritten = Object.fromEntries(Object.entries(llama).reverse());
    const same = {
      ...rewritten,
      ...{ transformers_version: '9', _name_or_path: 'org/base', unsloth_version: '2026.1', dtype: 'float16' },
      ...{ use_cache: false, _attn_implementation: 'sdpa', attention_dropout: 0.1, initializer_range: 0.5 },
      ...{
        quantization_config: { quant_method: 'gptq', bits: 4 },
        eos_token_id: 7,
        pad_token_id: 0,
        pretraining_tp: 1,
      },
      // Defaults of the class.
      ...{ tie_word_embeddings: false, attention_bias: false, mlp_bias: false },
    };
    expect(digestOf(same)).toBe(digestOf(llama));
  });

  it.each(['llama', 'exaone4', 'apertus', 'llama-yarn', 'phi3-longrope', 'stablelm'])(
    'is the same in a GGUF file, whose positions have factors in place of a scaling (%s)',
    async (name) => {
      const { config } = await openReference(fixture('gguf', 'models', `${name}.gguf`));
      expect(digestOf(config ?? {})).toBe(digestOf(configOf(name)));
    },
  );

  it('of a family that is not known, counts key by key', () => {
    const config = { model_type: 'no_such', hidden_size: 8, max_position_embeddings: 64, rope_theta: 500 };
    expect(digestOf({ ...config, max_position_embeddings: 32 })).not.toBe(digestOf(config));
    expect(digestOf({ ...config, window: 8 })).not.toBe(digestOf(config));
    const { rope_theta, ...rest } = config;
    const written = {
      ...rest,
      rope_parameters: { rope_theta, rope_type: 'default' },
      dtype: 'float16',
      new_switch: false,
    };
    expect(digestOf(written)).toBe(digestOf(config));
  });

  it('of a family that is not known, hides no value behind a key that is named as its path', () => {
    const config = { model_type: 'no_such', text_config: { hidden_size: 8 }, 'text_config.hidden_size': 8 };
    expect(digestOf({ ...config, text_config: { hidden_size: 9 } })).not.toBe(digestOf(config));
    const rope = { model_type: 'no_such', rope_parameters: { rope_theta: 500 } };
    expect(digestOf({ rope_theta: 7, ...rope })).not.toBe(digestOf(rope));
    expect(digestOf({ rope_theta: 500, ...rope })).toBe(digestOf(rope));
  });

  it('is read of a config that asks for more than any model has, in little memory', () => {
    const { decoder } = describeConfig({ ...llama, num_hidden_layers: 2000, head_dim: 65_536 });
    expect(JSON.stringify(decoder).length).toBeLessThan(10e6);
    // No model has so many layers: the keys are compared.
    expect(describeConfig({ ...llama, num_hidden_layers: 1e9 }).decoder).toBeNull();
  });

  it('has the keys of the parts of a model for images', () => {
    const { values = {} } = configPart(configOf('qwen2-5-vl')) ?? {};
    expect(Object.keys(values).some((key) => key.startsWith('vision_config.'))).toBe(true);
  });

  it('is nothing where there is no config', () => {
    expect(configPart({})).toBeNull();
  });
});

/** Edits by which the reference rounds otherwise, and no more: sizes of blocks, and forms of GELU. */
const ROUNDING = /(mamba_chunk_size|chunk_size|reorder_and_upcast_attn)$|"gelu_new"$/;

describe('edits of config.json after which transformers has other logits', () => {
  /** See make_config_edits.py. */
  interface Edits {
    readonly edits: Readonly<Record<string, { readonly other?: Readonly<Record<string, unknown>> }>>;
  }
  const names = readdirSync(fixture('config-edits')).map((file) => basename(file, '.json'));
  const editsOf = (name: string) =>
    Object.entries(readJson<Edits>(fixture('config-edits', `${name}.json`)).edits).flatMap(([path, { other = {} }]) =>
      Object.keys(other).map((text) => [path, text] as const),
    );

  it('are all another config', () => {
    const all = names.flatMap((name) => editsOf(name).map(([path, text]) => ({ name, path, text })));
    const plain = new Map(names.map((name) => [name, digestOf(configOf(name))]));
    const missed = all.filter(({ name, path, text }) => digestOf(edited(name, path, text)) === plain.get(name));
    expect(all.length).toBeGreaterThan(2500);
    const shown = missed.map(({ name, path, text }) => `${name} ${path} ${text}`);
    expect(
      shown.filter((_, i) => !ROUNDING.test(missed[i]?.path ?? '') && !ROUNDING.test(missed[i]?.text ?? '')),
    ).toEqual([]);
  });

  function edited(name: string, path: string, text: string): Json {
    const config = JSON.parse(readFileSync(fixture('language-models', name, 'config.json'), 'utf8')) as Json;
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const inner = keys.reduce((values, key) => values[key] as Json, config);
    if (text === '') delete inner[last];
    else inner[last] = (withNumberKinds(parsePythonJson(`{"value": ${text}}`)) as Json).value;
    return config;
  }
});
