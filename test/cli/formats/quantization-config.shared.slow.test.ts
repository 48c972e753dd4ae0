import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openReference } from '@shadow-gate/checkpoints';
import { refuseQuantized } from '@shadow-gate/checkpoints/formats';
import { describe, expect, it } from 'vitest';
import { type RawTensor, readRaw, writeSafetensors } from '../../../packages/checkpoints/test/write-safetensors.ts';
import { fixture, readJson, temporaryFolder } from '../../fixtures.ts';
import { runCli } from '../run-cli.ts';

type Json = Record<string, unknown>;
type Tensors = Record<string, RawTensor>;

const MLP = 'model.layers.0.mlp';

/** A quantized fixture with another config, other tensors or another file, as it is read. */
async function read(
  name: string,
  {
    config = {},
    tensors,
    files = {},
  }: {
    readonly config?: Json;
    readonly tensors?: (all: Tensors) => Tensors;
    readonly files?: Readonly<Record<string, Json>>;
  },
) {
  const folder = join(temporaryFolder(), name);
  cpSync(fixture('quantized', name), folder, { recursive: true });
  const file = join(folder, 'config.json');
  const whole = readJson<{ quantization_config?: Json }>(file);
  const section = { ...whole.quantization_config, ...config };
  writeFileSync(file, JSON.stringify({ ...whole, ...(whole.quantization_config && { quantization_config: section }) }));
  for (const [other, content] of Object.entries(files)) writeFileSync(join(folder, other), JSON.stringify(content));
  const weights = join(folder, 'model.safetensors');
  if (tensors) writeSafetensors(weights, tensors(readRaw(weights)));
  const checkpoint = await openReference(folder);
  refuseQuantized(checkpoint);
  return checkpoint;
}

const numbers = (...values: number[]): RawTensor => ({
  dtype: 'F32',
  shape: [values.length],
  data: new Uint8Array(Float32Array.from(values).buffer),
});

/** The weight of a module as plain numbers instead of codes. */
const unquantized = (module: string, shape: readonly number[]) => (all: Tensors) => {
  const others = Object.entries(all).filter(([name]) => !name.startsWith(`${module}.`));
  const size = shape.reduce((product, length) => product * length, 1);
  const weight = { dtype: 'BF16', shape: [...shape], data: new Uint8Array(2 * size) };
  return { ...Object.fromEntries(others), [`${module}.weight`]: weight };
};

describe('a quantization config that is not understood is refused', () => {
  it.each<[string, Json, string]>([
    ['int4-groups', { not_a_key: 1 }, 'Unrecognized key: "not_a_key"'],
    ['int4-groups', { quantization_status: 'frozen' }, 'quantization_status of the quantization config'],
    ['int4-groups', { quantization_status: undefined }, 'quantization_status of the quantization config'],
    ['int4-groups', { transform_config: { config_groups: {} } }, 'transform_config'],
    ['int4-groups', { sparsity_config: { format: 'sparse-24-bitmask' } }, 'sparsity_config'],
    ['int4-groups', { quant_method: 'Compressed-Tensors' }, 'quant_method'],
    ['fp8-blocks', { weight_scale_semantics: 'inverse' }, 'GPTQModel divides by these scales'],
    ['fp8-blocks', { weight_block_size: [128, '64'] }, 'weight_block_size'],
    ['fp8-blocks', { weight_block_size: undefined }, 'these codes are not read'],
    ['fp8-blocks', { expert_dtype: 'fp4' }, 'expert_dtype'],
    ['nf4-nested', { bnb_4bit_quant_type: 4 }, 'bnb_4bit_quant_type'],
    ['nf4-nested', { load_in_4bit: false, load_in_8bit: true }, 'these codes are not read'],
    ['nf4-nested', { load_in_8bit: true }, 'these codes are not read'],
    ['int8-bitsandbytes', { llm_int8_has_fp16_weight: true }, 'llm_int8_has_fp16_weight'],
    ['gptq-4bit', { bits: '4' }, 'bits of the quantization config'],
    ['gptq-4bit', { bits: 8 }, 'these codes are not read'],
    ['gptq-4bit', { group_size: 16 }, 'these codes are not read'],
    ['gptq-4bit', { damp_percent: null }, 'damp_percent'],
    ['gptq-4bit', { desc_act: 'yes' }, 'desc_act'],
    ['awq', { zero_point: false }, 'zero_point'],
    ['awq', { group_size: 32 }, 'these codes are not read'],
    ['auto-round', { data_type: 'mx_fp' }, 'data_type'],
    ['mxfp4', { modules_to_not_convert: 'lm_head' }, 'modules_to_not_convert'],
    ['torchao-int', { quant_type: undefined }, 'quant_type'],
  ])('%s with %j', async (name, config, message) => {
    await expect(read(name, { config })).rejects.toThrow(message);
  });

  it.each<[string, Json]>([
    ['int8-rows', { type: 'float' }],
    ['int8-rows', { strategy: 'tensor' }],
    ['int8-rows', { symmetric: false }],
    ['int8-rows', { dynamic: true }],
    ['int4-tensor', { symmetric: true }],
    ['int4-groups', { group_size: 12 }],
    ['int4-groups', { actorder: 'group' }],
    ['nvfp4', { group_size: 32, strategy: 'group' }],
    ['nvfp4', { scale_dtype: 'torch.uint8' }],
    ['fp8-stated-blocks', { block_structure: [64, 64] }],
    ['mxfp8', { scale_dtype: undefined }],
  ])('%s with weights of %j', async (name, weights) => {
    const config = readJson<{ quantization_config: { config_groups: Record<string, Json> } }>(
      join(fixture('quantized', name), 'config.json'),
    );
    const groups = config.quantization_config.config_groups;
    const group = { ...groups.group_0, weights: { ...(groups.group_0?.weights as Json), ...weights } };
    await expect(read(name, { config: { config_groups: { group_0: group } } })).rejects.toThrow();
    await expect(read(name, { config: { config_groups: groups } })).resolves.toBeDefined();
  });
});

describe('what libraries write into healthy checkpoints is read', () => {
  it.each<[string, Json]>([
    // llm-compressor.
    [
      'int4-groups',
      {
        version: '0.12.2',
        kv_cache_scheme: null,
        global_compression_ratio: 1.5,
        sparsity_config: {},
        transform_config: {},
      },
    ],
    ['int4-groups', { sparsity_config: { format: 'dense', global_sparsity: 0.1, sparsity_structure: 'unstructured' } }],
    // DeepSeek V3.1, Qwen3, Mistral.
    ['fp8-blocks', { fmt: 'e4m3', scale_fmt: 'ue8m0', modules_to_not_convert: ['lm_head', 'model.layers.0.mlp.gate'] }],
    ['fp8-tensor', { activation_scheme: 'static', dequantize: false, modules_to_not_convert: ['model.vision_tower'] }],
    ['fp8-rows', { activation_scale_ub: 1200, modules_to_not_convert: ['model.layers.1.mlp.down_proj'] }],
    // Unsloth; ModelOpt.
    ['nf4-nested', { llm_int8_skip_modules: ['lm_head', 'multi_modal_projector', 'model.layers.3.mlp'] }],
    // AutoGPTQ, GPTQModel, transformers.
    [
      'gptq-4bit',
      {
        damp_percent: 0.1,
        static_groups: false,
        true_sequential: true,
        model_name_or_path: null,
        model_file_base_name: 'model',
        is_marlin_format: false,
        meta: { quantizer: ['gptqmodel:7.7.0'], static_groups: false },
        lm_head: false,
        pack_dtype: 'int32',
        method: 'gptq',
        format: 'gptq',
      },
    ],
    [
      'gptq-8bit',
      { tokenizer: null, dataset: 'c4', modules_in_block_to_quantize: null, use_cuda_fp16: false, backend: null },
    ],
    ['awq', { modules_to_not_convert: null, do_fuse: false, exllama_config: null, backend: 'autoawq' }],
    [
      'auto-round',
      { autoround_version: '0.16.1', iters: 200, block_name_to_quantize: 'model.layers', nsamples: 128, lr: null },
    ],
    ['torchao-float', { include_input_output_embeddings: false, modules_to_not_convert: null }],
  ])('%s with %j', async (name, config) => {
    await expect(read(name, { config })).resolves.toBeDefined();
  });
});

describe('a module that is stored otherwise than its config says is refused', () => {
  const isQuantized = 'is quantized, and its config says that it is not';
  const isPlain = 'is not quantized, and its config says that it is';
  it.each<[string, Json]>([
    ['int4-groups', { ignore: ['lm_head', `${MLP}.down_proj`] }],
    ['int4-groups', { ignore: ['lm_head', 're:.*mlp'] }],
    ['int4-groups', { ignore: ['Linear'] }],
    ['fp8-tensor', { modules_to_not_convert: ['lm_head', `${MLP}.down_proj`] }],
    ['fp8-tensor', { ignored_layers: [MLP] }],
    ['fp8-rows', { modules_to_not_convert: ['model.layers.0.mlp'] }],
    ['nf4-nested', { llm_int8_skip_modules: ['down_proj'] }],
    ['int8-bitsandbytes', { llm_int8_skip_modules: ['down_proj'] }],
    ['awq', { modules_to_not_convert: ['mlp.down_proj'] }],
    ['gptq-4bit', { dynamic: { '-:.*down_proj': {} } }],
    ['gptq-4bit', { modules_in_block_to_quantize: [['self_attn.q_proj']] }],
    ['auto-round', { extra_config: { [`${MLP}.down_proj`]: { bits: 16 } } }],
    ['mxfp4', { modules_to_not_convert: ['model.layers.1.mlp.experts', 'lm_head'] }],
  ])('%s with %j', async (name, config) => {
    await expect(read(name, { config })).rejects.toThrow(new RegExp(`${isQuantized}|these codes are not read`));
  });

  it.each<[string, readonly number[], Json]>([
    ['int4-groups', [72, 150], { ignore: ['lm_head', `${MLP}.down_proj`] }],
    ['fp8-tensor', [72, 150], { modules_to_not_convert: [`${MLP}.down_proj`] }],
    ['fp8-rows', [72, 150], { modules_to_not_convert: [`${MLP}.down_proj`] }],
    ['nf4-nested', [72, 150], { llm_int8_skip_modules: [`${MLP}.down_proj`] }],
    ['gptq-4bit', [64, 96], { dynamic: { '-:.*down_proj': {} } }],
    ['awq', [64, 96], { modules_to_not_convert: ['down_proj'] }],
  ])('%s with a layer that is not quantized, unless it is said', async (name, shape, config) => {
    const tensors = unquantized(`${MLP}.down_proj`, shape);
    await expect(read(name, { tensors })).rejects.toThrow(isPlain);
    await expect(read(name, { tensors, config })).resolves.toBeDefined();
  });

  it('experts in one tensor, which transformers replaces by those of FP8', async () => {
    const stacked = { dtype: 'BF16', shape: [2, 4, 4], data: new Uint8Array(64) };
    const tensors = (all: Tensors) => ({ ...all, [`${MLP}.experts.gate_up_proj`]: stacked });
    const config = { modules_to_not_convert: [`${MLP}.experts`] };
    await expect(read('fp8-tensor', { tensors })).rejects.toThrow(isPlain);
    await expect(read('fp8-tensor', { tensors, config })).resolves.toBeDefined();
    await expect(read('nf4-nested', { tensors })).resolves.toBeDefined();
  });

  it('unless it predicts further tokens: such layers are left as they are, and no program loads them', async () => {
    const weight = { dtype: 'BF16', shape: [4, 4], data: new Uint8Array(32) };
    const tensors = (all: Tensors) => ({ ...all, 'mtp.layers.0.self_attn.q_proj.weight': weight });
    await expect(read('fp8-tensor', { tensors })).resolves.toBeDefined();
    await expect(read('gptq-4bit', { tensors })).resolves.toBeDefined();
  });

  it('a head that compressed-tensors would quantize', async () => {
    await expect(read('int4-groups', { config: { ignore: [] } })).rejects.toThrow(`"lm_head.weight" ${isPlain}`);
  });

  it('ModelOpt, with the names of its own file', async () => {
    const own = readJson<{ quantization: Json }>(join(fixture('quantized', 'nvfp4-modelopt'), 'hf_quant_config.json'));
    const files = (excluded: readonly string[]) => ({
      'hf_quant_config.json': { ...own, quantization: { ...own.quantization, exclude_modules: excluded } },
    });
    await expect(read('nvfp4-modelopt', { files: files(['lm_head']) })).resolves.toBeDefined();
    await expect(read('nvfp4-modelopt', { files: files(['lm_head', 'model.layers.0.mlp*']) })).rejects.toThrow(
      isQuantized,
    );
  });
});

describe('values that some programs skip are refused', () => {
  it('zeros of GPTQ that are not the middle, where the config says symmetric', async () => {
    await expect(read('gptq-4bit', { config: { sym: true } })).rejects.toThrow(
      'qzeros" has other zeros than the middle',
    );
    await expect(read('gptq-4bit', { config: { sym: undefined } })).rejects.toThrow('has other zeros than the middle');
    await expect(read('auto-round', { config: { sym: true } })).rejects.toThrow('has other zeros than the middle');
    for (const [name, word] of [
      ['gptq-4bit', 0x77],
      ['gptq-8bit', 0x7f],
    ] as const) {
      const tensors = (all: Tensors) =>
        Object.fromEntries(
          Object.entries(all).map(([tensor, raw]) => [
            tensor,
            tensor.endsWith('.qzeros') ? { ...raw, data: new Uint8Array(raw.data.length).fill(word) } : raw,
          ]),
        );
      await expect(read(name, { config: { sym: true }, tensors })).resolves.toBeDefined();
    }
  });

  it('an order of columns, where the config says that there is none', async () => {
    const { tensors } = await read('gptq-4bit', {});
    expect(tensors.size).toBeGreaterThan(0);
    await expect(read('gptq-4bit', { config: { desc_act: false } })).rejects.toThrow('columns in another order');
    await expect(read('gptq-3bit', { config: { desc_act: false } })).resolves.toBeDefined();
  });

  it('two descriptions of the same codes', async () => {
    const files = (bits: number) => ({ 'quantize_config.json': { bits, group_size: 32, desc_act: true } });
    await expect(read('gptq-4bit', { files: files(4) })).resolves.toBeDefined();
    await expect(read('gptq-4bit', { files: files(3) })).rejects.toThrow('bits is 3, and 4 in config.json');
  });
});

describe('a scale of activations or of the KV cache', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, 0, -0.5, 1e30, 1e-30])('of %d is refused', async (value) => {
    for (const [name, scale] of [
      ['fp8-tensor', `${MLP}.down_proj.input_scale`],
      ['fp8-tensor', `${MLP}.down_proj.activation_scale`],
      ['int8-rows', 'model.layers.0.self_attn.k_scale'],
      ['fp8-rows', 'model.layers.0.self_attn.v_proj.v_scale'],
      ['nvfp4', `${MLP}.up_proj.input_global_scale`],
    ] as const) {
      const tensors = (all: Tensors) => ({ ...all, [scale]: numbers(value) });
      await expect(read(name, { tensors }), scale).rejects.toThrow('by which no activation can be scaled');
    }
  });

  it('of a usual size is read, in any type', async () => {
    for (const raw of [
      numbers(0.02),
      { dtype: 'BF16', shape: [1], data: Uint8Array.of(0xa4, 0x3c) },
      { dtype: 'F16', shape: [1], data: Uint8Array.of(0x1f, 0x25) },
    ]) {
      const tensors = (all: Tensors) => ({ ...all, [`${MLP}.down_proj.input_scale`]: raw });
      await expect(read('fp8-tensor', { tensors })).resolves.toBeDefined();
    }
  });

  it('is there where layers round their inputs with it', async () => {
    const group = {
      targets: ['Linear'],
      weights: { num_bits: 8, type: 'int', strategy: 'channel' },
      input_activations: { num_bits: 8, type: 'int', strategy: 'tensor', dynamic: false },
    };
    const config = { config_groups: { group_0: group } };
    await expect(read('int8-rows', { config })).rejects.toThrow('these codes are not read');
    const tensors = (all: Tensors) => {
      const modules = Object.keys(all).filter((name) => name.endsWith('.weight_scale'));
      const scales = modules.map((name) => [name.replace('weight_scale', 'input_scale'), numbers(0.02)]);
      return { ...all, ...Object.fromEntries(scales) };
    };
    await expect(read('int8-rows', { config, tensors })).resolves.toBeDefined();
  });
});

describe('a scale of weights', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e38])('of %d fails the check, with the tensor', async (value) => {
    const tensors = (all: Tensors) => ({
      ...all,
      [`${MLP}.down_proj.weight_scale_inv`]: { ...numbers(value), shape: [] },
    });
    const { path } = await read('fp8-tensor', { tensors });
    const reference = fixture('quantized', 'fp8-tensor');
    const { code, stdout } = await runCli('check', '--checkpoint', path, '--reference', reference, '--only', 'spectra');
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringMatching(/fail: model\.layers\.0\.mlp\.down_proj\.weight contains [\d,]+ (NaN|Inf) value/),
    });
  });
});
