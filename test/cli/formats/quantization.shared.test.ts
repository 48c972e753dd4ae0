import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openReference } from '@shadow-gate/checkpoints';
import { refuseQuantized } from '@shadow-gate/checkpoints/formats';
import { describeDecoder } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { initializer, node, onnx, writeOnnx } from '../../../packages/checkpoints/test/write-onnx.ts';
import { float32, type RawTensor, writeSafetensors } from '../../../packages/checkpoints/test/write-safetensors.ts';
import { checkpointOf } from '../../../packages/language-model/test/architectures/checkpoint-of.ts';
import { fixture, temporaryFolder } from '../../fixtures.ts';
import { runCli } from '../run-cli.ts';

const BYTES: Readonly<Record<string, number>> = {
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E8M0: 1,
  F16: 2,
  BF16: 2,
  I16: 2,
  I64: 8,
};

/** Small codes and scales: the numbers are never read. */
const zeros = (dtype: string, ...shape: number[]): RawTensor => {
  const size = shape.reduce((product, length) => product * length, 1);
  return { dtype, shape, data: new Uint8Array(size * (BYTES[dtype] ?? 4)) };
};

const PROJECTION = 'model.layers.0.mlp.down_proj';

/**
 * The tensors of one layer as each library saves it. bitsandbytes 0.50.2 and torchao 0.18.0 were listed from files that
 * transformers 5.24.0 saved; the others follow their libraries' documentation.
 */
const LAYERS: ReadonlyArray<readonly [method: string, Readonly<Record<string, RawTensor>>]> = [
  [
    'bitsandbytes, 4-bit',
    {
      weight: zeros('U8', 4096, 1),
      'weight.absmax': zeros('U8', 128),
      'weight.nested_absmax': zeros('F32', 1),
      'weight.nested_quant_map': zeros('F32', 256),
      'weight.quant_map': zeros('F32', 16),
      'weight.quant_state.bitsandbytes__nf4': zeros('U8', 169),
    },
  ],
  // With scales that do not belong to the codes.
  [
    'bitsandbytes, 8-bit',
    { weight: zeros('I8', 64, 128), SCB: zeros('F32', 32), weight_format: { ...zeros('U8'), shape: [] } },
  ],
  [
    'GPTQ',
    {
      qweight: zeros('I32', 16, 64),
      qzeros: zeros('I32', 1, 8),
      scales: zeros('F16', 1, 64),
      // Not as many inputs as the codes have.
      g_idx: zeros('I32', 100),
    },
  ],
  ['GPTQ or AWQ', { qweight: zeros('I32', 128, 8), qzeros: zeros('I32', 1, 8), scales: zeros('F16', 1, 64) }],
  // With scales that do not belong to the codes.
  ['FP8', { weight: zeros('F8_E4M3', 64, 128), weight_scale_inv: zeros('F32', 3, 1) }],
  ['FP8', { weight: zeros('F8_E4M3', 64, 128), weight_scale: zeros('F32', 65, 1) }],
  // In blocks of 96 rows or of 128, which nothing states.
  ['FP8', { weight: zeros('F8_E4M3', 192, 128), weight_scale_inv: zeros('F32', 2, 1) }],
  // A plain cast, without scales.
  ['FP8', { weight: zeros('F8_E4M3', 64, 128) }],
  ['FP8', { weight: zeros('F8_E4M3', 8192) }],
  ['torchao', { 'weight:tensor_impl:data': zeros('I8', 64, 128), 'weight:tensor_impl:scale': zeros('F32', 64) }],
  ['VPTQ', { indices: zeros('I32', 1, 64, 8), 'centroids.weight': zeros('F16', 1, 2048) }],
  ['SpQR', { dense_weights: zeros('I64', 64, 8), in_perm: zeros('I16', 128) }],
  ['MXFP4', { down_proj_blocks: zeros('U8', 2, 64, 4, 16), down_proj_scales: zeros('U8', 2, 64, 8) }],
  ['NVFP4', { weight: zeros('U8', 64, 64), weight_scale: zeros('F8_E4M3', 64, 4), weight_scale_2: zeros('F32', 1) }],
  [
    'compressed-tensors',
    { weight_packed: zeros('I32', 64, 16), weight_scale: zeros('BF16', 64, 1), weight_shape: zeros('I32', 2) },
  ],
  ['integer weights with scales', { weight: zeros('I8', 64, 128), weight_scale: zeros('BF16', 63, 1) }],
  // What belongs to the weight and to no recipe: inputs are multiplied by it, columns permuted, or another zero
  // subtracted.
  [
    'integer weights with scales',
    { weight: zeros('I8', 64, 128), weight_scale: zeros('BF16', 64), pre_quant_scale: zeros('BF16', 128) },
  ],
  [
    'integer weights with scales',
    { weight: zeros('I8', 64, 128), weight_scale: zeros('BF16', 64, 8), weight_g_idx: zeros('I32', 128) },
  ],
  [
    'FP8',
    {
      weight: zeros('F8_E4M3', 64, 128),
      weight_scale: zeros('F32', 64, 1),
      weight_zero_point: zeros('F8_E4M3', 64, 1),
    },
  ],
  // MXFP6 in bytes, which would be MXFP4 with groups of 48.
  ['compressed-tensors', { weight_packed: zeros('U8', 64, 96), weight_scale: zeros('U8', 64, 4) }],
  // Groups of 12, of no microscaling format.
  ['integer weights with scales', { weight: zeros('F8_E4M3', 64, 48), weight_scale: zeros('U8', 64, 4) }],
  ['MLX', { weight: zeros('U32', 64, 16), scales: zeros('F16', 64, 2), biases: zeros('F16', 64, 2) }],
  ['torchao', { _weight_qdata: zeros('I8', 64, 128), _weight_scale: zeros('F32', 64, 1) }],
  ['quanto', { 'weight._data': zeros('I8', 64, 128), 'weight._scale': zeros('F32', 64, 1) }],
  ['HQQ', { W_q: zeros('U8', 32, 128), scale: zeros('F16', 64, 1), zero: zeros('F16', 64, 1) }],
  ['EETQ', { weight: zeros('I8', 128, 64), weight_scales: zeros('F16', 64) }],
  ['AQLM', { codes: zeros('I8', 64, 16, 1), codebooks: zeros('F16', 1, 256, 1, 8), scales: zeros('F16', 64, 1, 1, 1) }],
  ['EXL2', { q_weight: zeros('I32', 16, 64), q_scale: zeros('I32', 1, 8) }],
];

/** Codes, zeros, scales and groups that belong together, of 4 bits. */
const GPTQ_LAYER = {
  qweight: zeros('I32', 16, 64),
  qzeros: zeros('I32', 2, 8),
  scales: zeros('F16', 2, 64),
  g_idx: zeros('I32', 128),
};
const FP8_LAYER = { weight: zeros('F8_E4M3', 64, 128), weight_scale: zeros('F32', 64, 1) };

/** NF4 by its name. */
const nf4Layer = (...types: readonly string[]) => ({
  weight: zeros('U8', 4096, 1),
  'weight.absmax': zeros('F32', 128),
  'weight.quant_map': zeros('F32', 16),
  ...Object.fromEntries(
    types.map((type, i): [string, RawTensor] => {
      const state = JSON.stringify({ quant_type: type, blocksize: 64, shape: [64, 128] });
      return [
        `weight.quant_state.bitsandbytes__${i === 0 ? 'nf4' : type}`,
        { dtype: 'U8', shape: [state.length], data: Buffer.from(state) },
      ];
    }),
  ),
});

/** Layers that can be read, by a config that says what cannot. */
const UNREAD_SETTINGS: ReadonlyArray<readonly [Readonly<Record<string, RawTensor>>, Record<string, unknown>]> = [
  // Rotated weights; a method of other kernels; 8 bits of activations.
  [GPTQ_LAYER, { quant_method: 'gptq', bits: 4, group_size: 64, sym: false, rotation: 'hadamard' }],
  [GPTQ_LAYER, { quant_method: 'marlin', bits: 4 }],
  [GPTQ_LAYER, { quant_method: 'auto-round', bits: 4, packing_format: 'auto_round:exllamav2', act_bits: 8 }],
  [FP8_LAYER, { quant_method: 'quark' }],
  // Another type than the name says, and two of them.
  [nf4Layer('fp4'), { load_in_4bit: true }],
  [nf4Layer('nf4', 'fp4'), { load_in_4bit: true }],
];

/** A folder in which one layer is quantized and the embeddings are not. */
function quantizedFolder(layer: Readonly<Record<string, RawTensor>>, config: Record<string, unknown> = {}): string {
  const folder = join(temporaryFolder(), 'quantized');
  mkdirSync(folder);
  const named = Object.entries(layer).map(([leaf, tensor]): [string, RawTensor] => [`${PROJECTION}.${leaf}`, tensor]);
  writeSafetensors(join(folder, 'model.safetensors'), {
    'model.embed_tokens.weight': float32([2, 2], [1, 2, 3, 4]),
    ...Object.fromEntries(named),
  });
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ model_type: 'llama', ...config }));
  return folder;
}

const GPTQ = { quantization_config: { quant_method: 'gptq', bits: 4 } };
const gptqLayer = LAYERS.find(([method]) => method === 'GPTQ')?.[1] ?? {};

describe('a quantized checkpoint is refused by name, and nothing of it is measured', () => {
  it.each(LAYERS)('%s, as its tensors show', async (method, layer) => {
    const folder = quantizedFolder(layer);
    for (const checkpoint of [folder, join(folder, 'model.safetensors')]) {
      const { code, stdout, stderr } = await runCli('spectra', '--checkpoint', checkpoint, '--json');
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(`${checkpoint} is quantized (${method}), and these codes are not read`);
    }
  });

  it.each<[string, Record<string, unknown>]>([
    ['GPTQ, 4-bit', GPTQ],
    ['MLX, 4-bit', { quantization: { group_size: 64, bits: 4, lm_head: false } }],
    ['NVFP4', { quantization: { quant_algo: 'NVFP4' } }],
    ['FP8', { thinker_config: { text_config: { quantization_config: { quant_method: 'fp8' } } } }],
  ])('%s, as config.json and the tensors show', async (method, config) => {
    const { code, stderr } = await runCli('spectra', '--checkpoint', quantizedFolder(gptqLayer, config));
    expect(code).toBe(2);
    expect(stderr).toContain(`is quantized (${method})`);
  });

  it.each(UNREAD_SETTINGS)('layer %# by its config, whose settings are not read', async (layer, settings) => {
    const read = (section: unknown) => openReference(quantizedFolder(layer, { quantization_config: section }));
    await expect(read(settings).then(refuseQuantized)).rejects.toThrow('these codes are not read');
    // It is these settings that are refused.
    if ('load_in_4bit' in settings)
      await expect(openReference(quantizedFolder(nf4Layer('nf4'))).then(refuseQuantized)).resolves.toBeUndefined();
    const { quant_method: method } = settings;
    if (method !== 'gptq') return;
    await expect(read({ ...settings, rotation: null }).then(refuseQuantized)).rejects.toThrow('desc_act');
    await expect(read({ ...settings, rotation: null, desc_act: true }).then(refuseQuantized)).resolves.toBeUndefined();
  });

  it('with a description that is no description, which is not read', async () => {
    const folder = quantizedFolder({
      weight: zeros('U8', 32, 1),
      'weight.absmax': zeros('F32', 1),
      'weight.quant_map': zeros('F32', 16),
      'weight.quant_state.bitsandbytes__nf4': zeros('U8', 100_000),
    });
    const { code, stderr } = await runCli('spectra', '--checkpoint', folder);
    expect(code).toBe(2);
    expect(stderr).toMatch(/bitsandbytes__nf4.*it describes a quantized weight in 100000 bytes/);
  });

  it('with every command, and in every role', async () => {
    const [plain, quantized] = [fixture('llama-f32'), quantizedFolder(gptqLayer, GPTQ)];
    const out = join(temporaryFolder(), 'out.json');
    for (const args of [
      ['measure', '--checkpoint', quantized, '--out', out],
      ['measure', '--checkpoint', quantized, '--out', out, '--only', 'spectra'],
      ['measure', '--checkpoint', plain, '--reference', quantized, '--out', out],
      ['spectra', '--checkpoint', plain, '--reference', quantized],
      ['check', '--checkpoint', quantized, '--only', 'spectra'],
      ['check', '--checkpoint', plain, '--baseline', quantized, '--only', 'spectra'],
      ['check', '--checkpoint', plain, '--reference', quantized, '--only', 'spectra'],
    ]) {
      const { code, stdout, stderr } = await runCli(...args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr).toMatch(/quantized \(GPTQ, 4-bit\).*give the checkpoint that it was quantized from/);
      expect(existsSync(out), args.join(' ')).toBe(false);
    }
  });

  it('where only config.json tells of it: what programs load is not what is stored', async () => {
    const folder = join(temporaryFolder(), 'dequantized');
    cpSync(fixture('llama-f32'), folder, { recursive: true });
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...GPTQ }));
    const { code, stderr } = await runCli('spectra', '--checkpoint', folder);
    expect(code).toBe(2);
    expect(stderr).toMatch(/\(GPTQ, 4-bit\) according to its config\.json.*remove the quantization from config\.json/);
  });

  it.each<[string, string[]]>([
    ['DequantizeLinear', ['scale']],
    ['MatMulInteger', ['x']],
    ['MatMulNBits', ['scales']],
  ])('an ONNX model with %s', async (operator, others) => {
    const path = writeOnnx(join(temporaryFolder(), 'model.onnx'), {
      tensors: [initializer('plain', float32([2, 2], [1, 2, 3, 4])), initializer('codes', zeros('I8', 4, 4))],
      nodes: [node('MatMul', ['x', 'plain']), node(operator, ['codes', ...others])],
    });
    const { code, stderr } = await runCli('spectra', '--checkpoint', path);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`is quantized (ONNX, ${operator})`) });
  });

  it('an ONNX model with 8-bit floats', async () => {
    const codes = new onnx.TensorProto({ name: 'codes', dataType: 17, dims: [4, 4], rawData: new Uint8Array(16) });
    const path = writeOnnx(join(temporaryFolder(), 'model.onnx'), {
      tensors: [initializer('plain', float32([2, 2], [1, 2, 3, 4])), codes],
      nodes: [
        node('MatMul', ['x', 'plain']),
        node('Cast', ['codes'], { output: 'wide' }),
        node('MatMul', ['x', 'wide']),
      ],
    });
    const { code, stderr } = await runCli('spectra', '--checkpoint', path);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('is quantized (FP8)') });
  });
});

describe('codes that two programs would read differently are refused', () => {
  const gptq = {
    qweight: zeros('I32', 16, 64),
    qzeros: zeros('I32', 4, 8),
    scales: zeros('F16', 4, 64),
    g_idx: zeros('I32', 128),
  };
  const { g_idx: _, ...awq } = { ...gptq, qweight: zeros('I32', 128, 8) };
  const packed = {
    weight_packed: zeros('I32', 64, 16),
    weight_scale: zeros('BF16', 64, 4),
    weight_shape: { ...zeros('I32', 2), data: new Uint8Array(new Int32Array([64, 128]).buffer) },
  };
  const ordered = { ...packed, weight_g_idx: zeros('I32', 128) };
  const groups = (weights: Record<string, unknown>) => ({
    quant_method: 'compressed-tensors',
    quantization_status: 'compressed',
    config_groups: { group_0: { targets: ['Linear'], weights: { group_size: 32, ...weights } } },
  });
  const settings = { quant_method: 'gptq', bits: 4, group_size: 32, sym: false, desc_act: true };

  it.each<[string, Readonly<Record<string, RawTensor>>, Record<string, unknown>, boolean]>([
    ['GPTQ', gptq, settings, true],
    [
      'GPTQ, with both names of its format',
      gptq,
      { ...settings, checkpoint_format: 'gptq_v2', format: 'gptq_v2' },
      true,
    ],
    ['GPTQ, with two formats', gptq, { ...settings, checkpoint_format: 'gptq', format: 'gptq_v2' }, false],
    ['GPTQ, in planes', gptq, { ...settings, format: 'gptq_p' }, false],
    ['GPTQ of Marlin', gptq, { ...settings, is_marlin_format: true }, false],
    ['the layout of GPTQ, of another program', gptq, { quant_method: 'auto-round', bits: 4 }, false],
    ['AWQ', awq, { quant_method: 'awq', bits: 4, group_size: 32, format: 'gemm' }, true],
    ['AWQ of another kernel', awq, { quant_method: 'awq', bits: 4, group_size: 32, format: 'gemv' }, false],
    ['compressed-tensors', packed, groups({ num_bits: 4 }), true],
    ['compressed-tensors, of other bits', packed, groups({ num_bits: 3 }), false],
    ['compressed-tensors, with an order of columns', ordered, groups({ num_bits: 4, actorder: 'group' }), true],
    ['compressed-tensors, with one that is not stated', ordered, groups({ num_bits: 4 }), false],
  ])('%s', async (_, layer, quantization_config, isRead) => {
    const { code, stderr } = await runCli('spectra', '--checkpoint', quantizedFolder(layer, { quantization_config }));
    expect({ code, refused: /is quantized .*these codes are not read/.test(stderr) }).toEqual(
      isRead ? { code: 0, refused: false } : { code: 2, refused: true },
    );
  });
});

describe('the methods that config.json names', () => {
  const withConfig = (quantization_config: unknown) => checkpointOf({ model_type: 'llama', quantization_config });

  it.each<[string, ReturnType<typeof checkpointOf>]>([
    ['GPTQ, 4-bit', withConfig({ quant_method: 'gptq', bits: 4, group_size: 128 })],
    ['AWQ, 4-bit', withConfig({ quant_method: 'awq', bits: 4, zero_point: true })],
    ['bitsandbytes, 4-bit', withConfig({ quant_method: 'bitsandbytes', load_in_4bit: true, load_in_8bit: false })],
    ['bitsandbytes, 8-bit', withConfig({ load_in_8bit: true })],
    ['FP8', withConfig({ quant_method: 'fp8' })],
    ['MLX, 4-bit', withConfig({ group_size: 64, bits: 4 })],
    ['unknown method', withConfig({ something: 1 })],
    [
      'GPTQ, 3-bit',
      checkpointOf({ model_type: 'llava', text_config: { quantization_config: { quant_method: 'gptq', bits: 3 } } }),
    ],
  ])('%s is refused for spectra and to be run', (method, checkpoint) => {
    for (const refuse of [() => refuseQuantized(checkpoint), () => describeDecoder(checkpoint)]) {
      expect(refuse).toThrow(UserError);
      expect(refuse).toThrow(`/m is quantized (${method})`);
    }
  });

  it('are found before the family, which may not be supported either', () => {
    const run = () =>
      describeDecoder(checkpointOf({ model_type: 'mamba', quantization_config: { quant_method: 'awq' } }));
    expect(run).toThrow(/quantized \(AWQ\)/);
  });
});

describe('plain weights', () => {
  it.each([
    ['attn.bias', zeros('U8', 1, 1, 4, 4)],
    ['attn.relative_position_index', zeros('I32', 4, 4)],
    ['attn.position_ids', zeros('I32', 1, 4)],
  ])('are not refused for a buffer next to a scale: %s', async (name, buffer) => {
    const path = join(temporaryFolder(), 'model.safetensors');
    writeSafetensors(path, {
      'lm_head.weight': float32([2, 2], [1, 2, 3, 4]),
      [name]: buffer,
      'attn.scale': zeros('F32', 4),
    });
    const { code, stderr } = await runCli('spectra', '--checkpoint', path);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it.each([
    'model.embed_tokens.weight',
    'encoder.resblocks.0.attn.in_proj_weight',
    'quantizer.codebooks',
    'model.layers.0.layer_scale',
    'blocks.0.attn.W_Q',
    'decoder.log_scales',
  ])('are not refused for their name: %s', (name) => {
    expect(() =>
      refuseQuantized(checkpointOf({ model_type: 'llama', quantization_config: null }, { [name]: [2, 2] })),
    ).not.toThrow();
  });
});
