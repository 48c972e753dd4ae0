import { describeDecoder } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { fixture, readJson } from '../../../test/fixtures.ts';
import { languageModel } from '../../../test/language-models.ts';
import { readTensors } from '../../checkpoints/test/read-tensors.ts';
import { explainingUnknownFamilies } from '../src/unknown-family.ts';
import { checkpointOf } from './architectures/checkpoint-of.ts';

type Config = Record<string, unknown>;
type Shapes = Record<string, readonly number[]>;

async function explanation(config: Config, shapes: Shapes): Promise<UserError> {
  const checkpoint = checkpointOf(config, shapes);
  const error = await explainingUnknownFamilies(checkpoint, () => describeDecoder(checkpoint)).catch((e: unknown) => e);
  if (!(error instanceof UserError)) throw new Error('the family is known');
  return error;
}

/** A fixture of a known family under another name. */
function renamed(name: string, changes: Config = {}): [Config, Shapes] {
  const folder = languageModel(name);
  const config = readJson<Config>(`${folder}/config.json`);
  const tensors = [...readTensors(`${folder}/model.safetensors`)];
  const shapes = Object.fromEntries(tensors.map(([tensor, { shape }]) => [tensor, shape]));
  return [{ ...config, model_type: 'new', architectures: ['NewForCausalLM'], ...changes }, shapes];
}

describe('an unknown family', () => {
  // As transformers 5.24 saves them: make_unknown_families.py.
  const models = readJson<Record<string, { config: Config; shapes: Shapes }>>(fixture('unknown-families.json'));

  it.each([
    [
      'bamba',
      /model_type "bamba" is not supported: the nearest known family, granitemoehybrid, would use \d+ of its \d+ tensors, miss \d+ and not understand \d+ keys of its config$/,
    ],
    ['codegen', /the nearest known family, gptj, would use 19 of its 21 tensors, miss 6 and not understand 1 key/],
    [
      'exaone_moe',
      /the nearest known family, \w+, would use \d+ of its \d+ tensors, miss \d+ and not understand \d+ keys/,
    ],
    ['mamba', /"mamba" is not supported: none of the known families has even a quarter of its tensors$/],
    [
      'jamba',
      /"jamba" is not supported: the nearest known family, falcon_h1, would use 19 of its 50 tensors, miss 32 and/,
    ],
    ['t5', /"t5" is not supported: it has an encoder as well as a decoder, and only decoders are run here$/],
  ])('is compared with the known ones: %s', async (name, pattern) => {
    const { config, shapes } = models[name] ?? { config: {}, shapes: {} };
    const error = await explanation(config, shapes);
    expect(error.problem).toMatch(pattern);
    expect(error.code).toBe('unsupported-model');
    expect(error.hint).toMatch(/spectra alone \(--only spectra: \d+ matrices\)/);
    expect(error.hint.includes('--endpoint')).toBe(name !== 't5');
    // It fits a terminal.
    expect(error.lines.length).toBeLessThan(10);
  });

  it('that has the tensors and keys of a known one is not taken for it', async () => {
    const error = await explanation(...renamed('qwen3'));
    expect(error.problem).toMatch(/the nearest known family, qwen3, would use (\d+) of its \1 tensors$/);
    expect(error.lines).toEqual([
      'it differs from qwen3 neither in tensors nor in keys, and can still compute something else:',
      '  if you know that it does not, set model_type to "qwen3" in config.json',
    ]);
  });

  it('is told by its name from families with the same tensors', async () => {
    const [config, shapes] = renamed('llama');
    for (const [modelType, nearest] of [
      ['my_llama', 'llama'],
      ['mistral_x', 'mistral'],
    ]) {
      expect((await explanation({ ...config, model_type: modelType }, shapes)).problem).toContain(
        `family, ${nearest}, `,
      );
    }
    const { model_type: _, ...rest } = config;
    const unnamed = await explanation({ ...rest, architectures: ['LlamaForCausalLM'] }, shapes);
    expect(unnamed.problem).toMatch(/config\.json has no model_type: the nearest known family, llama, /);
  });

  it('lists the keys and tensors that differ, and its own code', async () => {
    const own = { AutoModelForCausalLM: 'modeling_new.NewForCausalLM' };
    const [config, shapes] = renamed('llama', { model_type: 'llama_new', my_scale: 2, auto_map: own });
    const { 'model.layers.1.mlp.up_proj.weight': up, ...without } = shapes;
    const error = await explanation(config, { ...without, 'model.layers.1.mlp.extra.weight': up ?? [] });
    expect(error.lines).toEqual([
      'tensors that llama does not have:',
      '  model.layers.*.mlp.extra.weight',
      'tensors that llama has, and this file lacks or has in another shape:',
      '  model.layers.*.mlp.up_proj.weight',
      'keys of config.json that llama does not know:',
      '  "my_scale": 2',
      'what it computes is in code of its own (modeling_new.NewForCausalLM), which is never run here',
    ]);
  });

  it('around a known text model is named', async () => {
    const [text, shapes] = renamed('qwen3', { model_type: 'qwen3' });
    const error = await explanation({ model_type: 'new_vl', text_config: text }, shapes);
    expect(error.problem).toContain('family, qwen3, would use');
    expect(error.lines.at(-1)).toBe('its text_config is of a known family, qwen3: the model around it is not known');
  });

  it('that does not continue text is not compared', async () => {
    const { config, shapes } = models.codegen ?? { config: {}, shapes: {} };
    const error = await explanation({ ...config, model_type: 'bert', architectures: ['BertForMaskedLM'] }, shapes);
    expect(error.problem).toMatch(/"bert" is not supported: its class, BertForMaskedLM, does not continue text$/);
  });

  it('is known at once, also with many layers and experts', async () => {
    const { config, shapes } = models.exaone_moe ?? { config: {}, shapes: {} };
    const many = Object.entries(shapes).flatMap(([name, shape]) =>
      Array.from({ length: 60 }, (_, i): [string, readonly number[]] => [
        name.replace('layers.2', `layers.${i}`),
        shape,
      ]),
    );
    const started = performance.now();
    await explanation({ ...config, num_hidden_layers: 60 }, Object.fromEntries(many));
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
