import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '@shadow-gate/checkpoints';
import { areExpertFactorsTurned, type StackedModule } from '@shadow-gate/checkpoints/adapter';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { messageOf } from '../refusal.ts';
import { float32, writeSafetensors } from '../write-safetensors.ts';
import { adapterFixture, adapterWith, expectedOf, MEASURED_ADAPTERS } from './adapters.ts';

async function modulesOf(path: string): Promise<string[]> {
  const adapter = await openCheckpoint(path);
  if (adapter.format !== 'lora') throw new Error('not an adapter');
  return adapter.modules.map(({ target }) => target);
}

describe('an adapter that PEFT or mlx-lm saved', () => {
  it.each(MEASURED_ADAPTERS)('has the modules that they adapt: %s', async (name) => {
    expect(await modulesOf(adapterFixture(name))).toEqual(Object.keys(expectedOf(name).singularValues).sort());
  });

  it('has a copy of the embeddings as a saved weight, and biases that were trained', async () => {
    const embeddings = await openCheckpoint(adapterFixture('embeddings'));
    const bias = await openCheckpoint(adapterFixture('bias'));
    if (embeddings.format !== 'lora' || bias.format !== 'lora') throw new Error('not an adapter');
    expect([...embeddings.saved.keys()]).toEqual(['lm_head.weight', 'model.embed_tokens.weight']);
    expect([...bias.saved.keys()]).toContain('model.layers.1.self_attn.q_proj.bias');
  });
});

it('an alpha whose update has no finite energy is refused', async () => {
  for (const change of [{ alpha_pattern: { '.*': 1e308 } }, { lora_alpha: -1e200, alpha_pattern: {} }]) {
    expect(await messageOf(adapterWith('patterns', change))).toMatch(/its alpha is -?1e\+\d+, more than 1000000000/);
  }
});

it('an alpha that is NaN, as Python reads it, is refused and not left out', async () => {
  const folder = adapterWith('patterns', { lora_alpha: 'here' });
  const file = join(folder, 'adapter_config.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"here"', 'NaN'));
  expect(await messageOf(folder)).toMatch(/adapter_config\.json: "lora_alpha": .*(nan|number)/i);
});

it('a bias of B that PEFT would not load is refused, and so is one that is missing', async () => {
  expect(await messageOf(adapterWith('lora-bias', { lora_bias: false }))).toMatch(/has a bias of B, and lora_bias/);
  expect(await messageOf(adapterWith('patterns', { lora_bias: true }))).toMatch(
    /has no bias of B, and lora_bias is set/,
  );
});

describe('a config of PEFT that leaves out tensors of the file', () => {
  const MODULE = String.raw`module "model\.layers\.\d\.\S+" is in the file, and`;

  it.each<[string, Record<string, unknown>, string]>([
    ['a list', { target_modules: ['q_proj', 'k_proj'] }, 'target_modules'],
    ['a regular expression', { target_modules: '.*q_proj' }, 'target_modules'],
    ['a regular expression that matches only a part', { target_modules: 'q_proj|k_proj|down_proj' }, 'target_modules'],
    ['excluded modules', { exclude_modules: ['down_proj'] }, 'exclude_modules'],
    ['an expression of excluded modules', { exclude_modules: '.*layers[.]1[.].*' }, 'exclude_modules'],
    ['modules that are saved whole', { modules_to_save: ['mlp'] }, 'modules_to_save'],
    ['one layer', { layers_to_transform: 1 }, 'layers_to_transform'],
    ['a list of layers', { layers_to_transform: [0], layers_pattern: 'layers' }, 'layers_to_transform'],
    ['another name of the layers', { layers_to_transform: [0, 1], layers_pattern: ['blocks'] }, 'layers_to_transform'],
  ])('is refused with the module and the key: %s', async (_, change, key) => {
    const message = await messageOf(adapterWith('patterns', change));
    expect(message).toMatch(new RegExp(`${MODULE} ${key} of the config leaves it out`));
  });

  it.each<[string, Record<string, unknown>]>([
    ['all linear layers', { target_modules: 'all-linear' }],
    ['no list, which is the default of the model type', { target_modules: null }],
    ['more than the file has', { target_modules: ['q_proj', 'k_proj', 'down_proj', 'o_proj'] }],
    ['whole names', { target_modules: ['q_proj', 'k_proj', 'mlp.down_proj'] }],
    [
      "Unsloth's expression",
      {
        target_modules: String.raw`(?:.*?(?:language|text).*?(?:self_attn|mlp).*?(?:q_proj|k_proj).*?)|(?:\bmodel\.layers\.[\d]{1,}\.(?:self_attn|mlp)\.(?:(?:q_proj|k_proj|down_proj)))`,
      },
    ],
    ['all layers', { layers_to_transform: [0, 1], layers_pattern: null }],
    ['an empty list of layers', { layers_to_transform: [] }],
    ['layers without effect on an expression', { target_modules: '.*_proj', layers_to_transform: [7] }],
    [
      'options of training',
      { lora_dropout: 0.1, velora_config: { scale: 1 }, megatron_core: 'megatron.core', eva_config: { rho: 2 } },
    ],
    [
      'another task',
      { task_type: 'SEQ_CLS', inference_mode: false, auto_mapping: { parent_library: 'x' }, revision: 'main' },
    ],
    ['an unknown key that is off', { use_tomorrow: false, tomorrow_config: {} }],
    ['an initialization that keeps the base', { init_lora_weights: 'orthogonal' }],
  ])('is none of these: %s', async (_, change) => {
    expect(await modulesOf(adapterWith('patterns', change))).toEqual(await modulesOf(adapterFixture('patterns')));
  });
});

describe('a config of PEFT that changes what runs in another way', () => {
  it.each<[string, unknown, RegExp]>([
    ['alora_invocation_tokens', [1, 2], /only after these tokens.*--endpoint/],
    ['use_qalora', true, /pooled inputs.*merge/],
    ['use_bdlora', { nblocks: 2 }, /block-diagonal.*merge/],
    ['kasa_config', { beta: 1 }, /KaSA.*merge/],
    ['monteclora_config', { n: 1 }, /MonteCLoRA/],
    ['arrow_config', { top_k: 3 }, /Arrow.*--endpoint/],
    ['layer_replication', [[0, 2]], /creates layers/],
    ['trainable_token_indices', [1], /rows of the embeddings/],
    ['megatron_config', { hidden_size: 1 }, /Megatron/],
    ['init_lora_weights', 'pissa', /changed the base weights.*convert.*set init_lora_weights to true/],
    ['init_lora_weights', 'loftq', /changed the base weights — merge it, or, if the changed base/],
    ['init_lora_weights', 'tomorrow', /is not known/],
    ['scale_everything_by', 3, /the key "scale_everything_by" is not known/],
    ['use_dora', true, /uses DoRA and has no lora_magnitude_vector/],
    ['bias', 'some', /"bias"/],
    ['rank_pattern', { q_proj: 'two' }, /"rank_pattern"\."q_proj"/],
    ['target_modules', 7, /"target_modules"/],
  ])('is refused: %s %j', async (key, value, pattern) => {
    const message = await messageOf(adapterWith('patterns', { [key]: value }));
    expect(key === 'use_dora' || message.includes(key)).toBe(true);
    expect(message).toMatch(pattern);
  });

  it('is refused if it ties the output layer to adapted embeddings', async () => {
    expect(await messageOf(adapterWith('embeddings', { ensure_weight_tying: true }))).toMatch(
      /ensure_weight_tying is set and "lm_head.weight" is adapted/,
    );
    await expect(openCheckpoint(adapterWith('patterns', { ensure_weight_tying: true }))).resolves.toBeDefined();
  });

  it('is refused if magnitudes are in the file and use_dora is not', async () => {
    expect(await messageOf(adapterWith('dora', { use_dora: false }))).toMatch(/uses DoRA, and use_dora .* is not true/);
  });
});

describe('another kind of PEFT adapter', () => {
  it.each(['PROMPT_TUNING', 'P_TUNING', 'PREFIX_TUNING', 'MULTITASK_PROMPT_TUNING', 'CPT'])(
    'is refused without the advice to merge it, since it changes no weights: %s',
    async (type) => {
      const message = await messageOf(adapterWith('patterns', { peft_type: type }));
      expect(message).toMatch(new RegExp(`is a ${type} adapter, which cannot be measured: it changes no weights`));
      expect(message).not.toContain('merge');
    },
  );

  it.each(['LOHA', 'LOKR', 'IA3', 'OFT', 'VERA', 'ADALORA', 'TRAINABLE_TOKENS'])(
    'is named, and can be merged: %s',
    async (type) => {
      expect(await messageOf(adapterWith('patterns', { peft_type: type }))).toMatch(
        new RegExp(`is a ${type} adapter.*merge_and_unload`),
      );
    },
  );

  it.each(['XLORA', 'POLY', 'ADAPTION_PROMPT'])('is named, and cannot be merged: %s', async (type) => {
    const message = await messageOf(adapterWith('patterns', { peft_type: type }));
    expect(message).toMatch(new RegExp(`is a ${type} adapter.*depends on the input`));
    expect(message).not.toContain('merge');
  });

  it('is refused with a type that nobody knows', async () => {
    expect(await messageOf(adapterWith('patterns', { peft_type: 'TOMORROW' }))).toMatch(
      /"TOMORROW" adapter, which is not known/,
    );
  });
});

describe('a LoRA inside a module that is saved whole', () => {
  it.each(['modules_to_save', 'original_module'])('is refused: %s', async (wrapper) => {
    const folder = adapterWith('patterns', {});
    const at = `base_model.model.classifier.${wrapper}`;
    writeSafetensors(join(folder, 'adapter_model.safetensors'), {
      [`${at}.lora_A.weight`]: float32([2, 4], Array(8).fill(1)),
      [`${at}.lora_B.weight`]: float32([4, 2], Array(8).fill(1)),
    });
    expect(await messageOf(folder)).toMatch(/module "classifier\..*" is a LoRA inside a module that is saved whole/);
  });
});

describe('tokens that were trained with the LoRA', () => {
  it('are refused by name', async () => {
    const folder = adapterWith('patterns', {});
    const name = 'base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta';
    writeSafetensors(join(folder, 'adapter_model.safetensors'), { [name]: float32([2, 2], [1, 0, 0, 1]) });
    expect(await messageOf(folder)).toMatch(/"model\.embed_tokens" has ".*trainable_tokens_delta", which plain LoRA/);
  });
});

describe('patterns of a config', () => {
  it.each([
    '(a+)+$',
    '(?<=x)q_proj',
    '(?!a)*',
    String.raw`(.)\1`,
    '(?i)q_proj',
    '(((((a*)*)*)*)*)*',
    'x{1,100000}',
    'a**',
    '[z-a]',
    '(',
    'q_proj)',
    '(?:'.repeat(500) + ')'.repeat(500),
    'a'.repeat(5000),
    '(?:(?:(?:a{900}){900}){900})',
  ])('are refused if they are not supported: %s', async (pattern) => {
    const message = await messageOf(adapterWith('patterns', { target_modules: pattern }));
    expect(message).toMatch(/is not a supported pattern/);
    expect(message.length).toBeLessThan(400);
  });
});

it('the config of an adapter that is not JSON is named', async () => {
  const folder = adapterWith('patterns', {});
  writeFileSync(join(folder, 'adapter_config.json'), '{');
  expect(await messageOf(folder)).toMatch(/adapter_config\.json/);
});

describe('which way the factors of experts are', () => {
  const factor = (shape: readonly number[]): TensorEntry => ({
    name: 'factor',
    dtype: 'F32',
    shape,
    size: shape.reduce((product, size) => product * size, 1),
    file: '',
    offset: 0,
    byteLength: 0,
  });
  /** Two experts with rank 3. */
  const stack = (input: number, output: number): StackedModule => ({
    target: 'layers.0.mlp.experts.down_proj',
    a: factor([6, input]),
    b: factor([output, 6]),
    rank: 3,
    scale: 1,
    experts: 2,
    transposed: false,
    magnitude: null,
  });
  const turned = (modules: readonly StackedModule[], version: string | undefined, family: string) =>
    areExpertFactorsTurned(
      { path: 'adapter', config: version === undefined ? {} : { peft_version: version } },
      modules.map((module, i) => ({ module, input: 8, output: i === 0 ? 8 : 16 })),
      family,
    );

  it.each<[string, StackedModule[], string | undefined, string, boolean]>([
    ['PEFT 0.21', [stack(8, 8)], '0.21.2', 'qwen3_moe', false],
    ['PEFT 0.19.1', [stack(8, 8)], '0.19.1', 'gpt_oss', false],
    ['a version from the source', [stack(8, 8)], '0.20.1.dev0@abc', 'mixtral', false],
    ['PEFT 0.21 of Llama 4, whose layout it does not know', [stack(8, 8)], '0.21.2', 'llama4_text', true],
    ['PEFT 0.18 of a family that is stored by inputs', [stack(8, 8)], '0.18.1', 'gpt_oss', false],
    ['PEFT 0.17, which writes no version', [stack(8, 8)], undefined, 'llama4', false],
    ['another stack, whatever the version', [stack(8, 8), stack(16, 8)], '0.18.0', 'qwen3_moe', true],
    ['another stack the other way', [stack(8, 8), stack(8, 16)], '0.19.0', 'qwen3_moe', false],
  ])('is known from %s', (_, modules, version, family, expected) => {
    expect(turned(modules, version, family)).toBe(expected);
  });

  it.each([
    ['0.18.1', 'qwen3_moe'],
    ['0.19.0', 'gpt_oss'],
    [undefined, 'mixtral'],
  ])('is refused where nothing tells it: PEFT %s, %s', (version, family) => {
    expect(() => turned([stack(8, 8)], version, family)).toThrow(
      /as many inputs as outputs, and PEFT .* merge the adapter/,
    );
  });
});

describe('a tensor that PEFT does not load', () => {
  const MODULE = 'base_model.model.model.layers.0.self_attn.q_proj';
  const HEAD = 'base_model.model.lm_head';
  const factors = (module: string, name = '') => ({
    [`${module}.lora_A${name}.weight`]: float32([2, 4], Array(8).fill(1)),
    [`${module}.lora_B${name}.weight`]: float32([4, 2], Array(8).fill(1)),
  });
  const weight = (name: string) => ({ [name]: float32([4, 4], Array(16).fill(1)) });
  const adapterOf = (tensors: Parameters<typeof writeSafetensors>[1], modulesToSave: readonly string[] = []) => {
    const folder = temporaryFolder();
    writeSafetensors(join(folder, 'adapter_model.safetensors'), tensors);
    const config = {
      peft_type: 'LORA',
      r: 2,
      lora_alpha: 2,
      target_modules: ['q_proj'],
      modules_to_save: modulesToSave,
    };
    writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify(config));
    return folder;
  };

  // Tried with PEFT 0.21: the logits are those without the tensor.
  it.each([
    [
      factors('model.layers.0.self_attn.q_proj'),
      /"model\..*lora_A\.weight": its name does not begin with "base_model\.model\."/,
    ],
    [{ ...factors(MODULE), ...weight('lm_head.weight') }, /"lm_head\.weight": its name does not begin/],
    [{ ...factors(MODULE), ...weight(`${HEAD}.modules_to_save.weight`) }, /modules_to_save\.weight": PEFT saves such/],
    [{ ...factors(MODULE), ...weight(`${HEAD}.modules_to_save.default.weight`) }, /PEFT saves such modules without/],
    [{ ...factors(MODULE), ...weight(`${HEAD}.base_layer.weight`) }, /its module has no LoRA, and so no base_layer/],
    [{ ...factors(MODULE), ...weight(`${MODULE}.weight`) }, /its module has a LoRA, and so base_layer/],
    [{ ...factors(MODULE), ...weight(`${MODULE}.bias`) }, /its module has a LoRA, and so base_layer/],
    [
      { ...factors(MODULE), ...weight(`${MODULE}.weight`), ...weight(`${MODULE}.base_layer.weight`) },
      /does not load the tensor ".*": there is ".*" as well/,
    ],
  ])('is refused by name: %#', async (tensors, message) => {
    const folder = adapterOf(tensors);
    const said = await messageOf(folder);
    expect(said).toContain(`${folder}: PEFT does not load the tensor "`);
    expect(said).toMatch(message);
  });

  it('is refused for factors of an adapter with another name', async () => {
    expect(await messageOf(adapterOf(factors(MODULE, '.other')))).toMatch(
      /"model\..*q_proj" has ".*lora_A\.other\.weight"/,
    );
  });

  it('does not include one without an entry in modules_to_save, a copy next to a LoRA, or the default name', async () => {
    const savedOf = async (folder: string) => {
      const adapter = await openCheckpoint(folder);
      return adapter.format === 'lora' ? [...adapter.saved.keys()] : null;
    };
    expect(await savedOf(adapterOf({ ...factors(MODULE), ...weight(`${HEAD}.weight`) }))).toEqual(['lm_head.weight']);
    expect(await savedOf(adapterOf({ ...factors(MODULE), ...weight(`${HEAD}.weight`) }, ['lm_head']))).toEqual([
      'lm_head.weight',
    ]);
    const own = 'model.layers.0.self_attn.q_proj.weight';
    expect(await savedOf(adapterOf({ ...factors(MODULE), ...weight(`${MODULE}.base_layer.weight`) }))).toEqual([own]);
    expect(await savedOf(adapterOf(factors(MODULE, '.default')))).toEqual([]);
    const trained = { [`${HEAD}.original_module.weight`]: float32([4, 4], Array(16).fill(1)) };
    expect(await savedOf(adapterOf({ ...factors(MODULE), ...trained }))).toEqual([]);
  });
});
