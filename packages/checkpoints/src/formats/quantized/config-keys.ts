import { UserError } from '@shadow-gate/platform';
import { validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import type { ConfigSection } from './format.ts';

/** Known keys of configs. Unknown keys and values of other types can change the numbers, and libraries differ. */

const flag = z.boolean();
const text = z.string();
const names = z.array(text);
const count = z.int().positive();
/** -1: one group for the whole row. */
const groupSize = z.union([count, z.literal(-1)]);
const object = z.record(text, z.unknown());

const keys = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape).partial();

/** How AutoRound made the weights: it writes these keys in every format. */
const AUTO_ROUND_MADE = Object.fromEntries(
  `amp batch_size enable_minmax_tuning enable_norm_bias_tuning enable_quanted_input gradient_accumulate_steps iters lr low_gpu_mem_usage
  low_cpu_mem_usage minmax_lr nsamples seqlen supported_types scale_dtype autoround_version provider quant_block_list
  to_quant_block_names backend enable_alg_ext disable_opt_rtn model_free quant_lm_head`
    .split(/\s+/)
    .map((key) => [key, z.union([z.number(), flag, text, z.null(), z.array(z.unknown())])]),
);

/** Only integers in plain groups are read, without quantized inputs: gptq.ts refuses the others. */
const AUTO_ROUND = {
  ...AUTO_ROUND_MADE,
  data_type: z.literal('int'),
  act_bits: z.int().nullable(),
  act_data_type: text.nullable(),
  act_group_size: z.int().nullable(),
  act_sym: flag.nullable(),
  act_dynamic: flag.nullable(),
  super_bits: z.null(),
  super_group_size: z.null(),
  static_attention_dtype: z.null(),
  static_kv_dtype: z.null(),
  static_attention_granularity: text.nullable(),
  static_kv_granularity: text.nullable(),
};

const GPTQ = {
  ...AUTO_ROUND,
  quant_method: text,
  method: z.literal('gptq'),
  bits: z.union([z.literal(2), z.literal(3), z.literal(4), z.literal(8)]),
  group_size: groupSize,
  desc_act: flag,
  sym: flag,
  format: text,
  checkpoint_format: text.nullable(),
  dynamic: z.record(text, object).nullable(),
  modules_in_block_to_quantize: z.union([names, z.array(names)]).nullable(),
  lm_head: flag,
  pack_dtype: z.literal('int32'),
  is_marlin_format: flag,
  rotation: z.unknown(),
  rotation_config: z.unknown(),
  // The rest describes how the weights were made, and kernels.
  damp_percent: z.number().gt(0).lt(1),
  damp_auto_increment: z.union([z.number(), z.literal(false)]).nullable(),
  static_groups: flag,
  act_group_aware: flag.nullable(),
  true_sequential: flag,
  mse: z.number(),
  meta: object.nullable(),
  tokenizer: text.nullable(),
  dataset: z.union([names, text]).nullable(),
  model_seqlen: count.nullable(),
  block_name_to_quantize: z.union([text, z.array(z.union([text, names]))]).nullable(),
  module_name_preceding_first_block: names.nullable(),
  batch_size: count,
  pad_token_id: z.int().nullable(),
  max_input_length: count.nullable(),
  cache_block_outputs: flag,
  use_cuda_fp16: flag,
  use_exllama: flag,
  disable_exllama: flag.nullable(),
  exllama_config: object.nullable(),
  backend: text.nullable(),
  model_name_or_path: text.nullable(),
  model_file_base_name: text.nullable(),
};

/** Kernels disagree on what is subtracted without zeros. */
const AWQ = {
  ...GPTQ,
  method: z.literal('awq'),
  bits: z.literal(4),
  w_bit: z.literal(4),
  q_group_size: groupSize,
  zero_point: z.literal(true),
  version: text,
  modules_to_not_convert: names.nullable(),
  do_fuse: flag,
  modules_to_fuse: object.nullable(),
  fuse_max_seq_len: count.nullable(),
};

const FP8 = {
  quant_method: text,
  activation_scheme: z.enum(['dynamic', 'static']),
  weight_block_size: z.tuple([count, count]).nullable(),
  dequantize: flag,
  modules_to_not_convert: names.nullable(),
  ignored_layers: names.nullable(),
  modules_to_convert: z.array(z.never()).nullable(),
  scale_fmt: z.enum(['float', 'ue8m0']),
  expert_dtype: z.literal('fp8'),
  fmt: z.enum(['e4m3', 'float8_e4m3fn']),
  kv_cache_scheme: text.nullable(),
};

const BITSANDBYTES = {
  quant_method: z.literal('bitsandbytes'),
  load_in_4bit: flag,
  load_in_8bit: flag,
  _load_in_4bit: flag,
  _load_in_8bit: flag,
  llm_int8_threshold: z.number().nonnegative(),
  llm_int8_skip_modules: names.nullable(),
  // Which modules stay on the CPU without quantization depends on the machine that loads them.
  llm_int8_enable_fp32_cpu_offload: z.literal(false),
  llm_int8_has_fp16_weight: z.literal(false),
  bnb_4bit_compute_dtype: z.enum(['float32', 'float16', 'bfloat16']),
  bnb_4bit_quant_type: z.enum(['nf4', 'fp4']),
  bnb_4bit_use_double_quant: flag,
  bnb_4bit_quant_storage: z.enum(['uint8', 'int8', 'float16', 'bfloat16', 'float32', 'float64']),
};

const dtype = z.enum(
  'float32 float16 bfloat16 float64 float8_e4m3fn float8_e8m0fnu uint8 int8 int16 int32'
    .split(' ')
    .map((name) => `torch.${name}`),
);

const ARGUMENTS = {
  num_bits: count,
  type: z.enum(['int', 'float']),
  symmetric: flag,
  group_size: groupSize.nullable(),
  strategy: z.enum(['tensor', 'channel', 'group', 'block', 'token', 'tensor_group', 'attn_head']).nullable(),
  block_structure: z.tuple([count, count]).nullable(),
  dynamic: z.union([flag, z.literal('local')]),
  actorder: z.union([z.enum(['weight', 'static', 'group', 'dynamic']), z.literal(false)]).nullable(),
  scale_dtype: dtype.nullable(),
  zp_dtype: dtype.nullable(),
  observer: text.nullable(),
  observer_kwargs: object,
};
const PLAIN_FORMAT = ['int-quantized', 'float-quantized', 'naive-quantized', 'mxfp8-quantized'] as const;
const FORMATS = [...PLAIN_FORMAT, 'pack-quantized', 'nvfp4-pack-quantized', 'mxfp4-pack-quantized'] as const;

const GROUP = {
  targets: names,
  // Codes of weights that are quantized on the fly are not stored.
  weights: keys({ ...ARGUMENTS, dynamic: z.literal(false) }).nullable(),
  input_activations: keys(ARGUMENTS)
    .refine(({ strategy, dynamic }) => strategy !== 'token' || dynamic === true, 'tokens have no stored scales')
    .nullable(),
  output_activations: z.null(),
  format: z.enum([...FORMATS, 'dense']).nullable(),
};
export type QuantizationGroup = z.infer<ReturnType<typeof keys<typeof GROUP>>>;

const COMPRESSED = {
  quant_method: text,
  version: text.nullable(),
  config_groups: z.record(text, keys(GROUP).required({ targets: true })),
  format: z.enum([...FORMATS, 'mixed-precision']),
  // Programs that obey other states compute new codes from the codes.
  quantization_status: z.literal('compressed'),
  ignore: names.nullable(),
  kv_cache_scheme: keys(ARGUMENTS).nullable(),
  global_compression_ratio: z.number().nullable(),
  // Empty or dense if it is not used.
  sparsity_config: keys({
    format: z.literal('dense'),
    global_sparsity: z.number().nullable(),
    sparsity_structure: text.nullable(),
    registry_requires_subclass: flag,
    targets: names.nullable(),
    ignore: names.nullable(),
  }).nullable(),
  transform_config: z.strictObject({}).nullable(),
  moe_sparsity_config: z.null(),
  run_compressed: z.literal(true).nullable(),
  dequantize: z.literal(false),
  use_optimized_inference: flag,
};

const MODELOPT = {
  quant_method: text,
  quant_algo: text.nullable(),
  kv_cache_quant_algo: text.nullable(),
  group_size: count.nullable(),
  exclude_modules: names.nullable(),
  ignore: names.nullable(),
  config_groups: z.record(text, object),
  quantized_layers: z.record(text, object),
  kv_cache_scheme: z.union([text, object]).nullable(),
  has_zero_point: z.literal(false),
  pre_quant_scale: z.literal(false),
  producer: object,
  weights: object,
  input_activations: object.nullable(),
};

const TORCHAO = {
  quant_method: text,
  quant_type: object,
  // Written by transformers 4, and dropped by 5.
  quant_type_kwargs: z.strictObject({}),
  include_embedding: z.literal(false),
  modules_to_not_convert: names.nullable(),
  include_input_output_embeddings: flag,
  untie_embedding_weights: flag,
};

/** Settings of all modules, and of single ones by name. */
const MLX = z
  .strictObject({ group_size: count, bits: count, mode: text.optional(), quant_method: z.never().optional() })
  .catchall(
    z.union([
      flag,
      z.strictObject({ group_size: count, bits: count, mode: text.optional(), global_scale: flag.optional() }),
    ]),
  );

/** Including the keys without which libraries do not load a checkpoint. */
const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  gptq: keys(GPTQ).required({ bits: true }),
  awq: keys(AWQ),
  'auto-round': keys({ ...GPTQ, packing_format: text, extra_config: z.record(text, object).nullable() }).required({
    bits: true,
  }),
  fp8: keys(FP8),
  fbgemm_fp8: keys({
    quant_method: text,
    modules_to_not_convert: names.nullable(),
    activation_scale_ub: z.number().positive(),
  }),
  bitsandbytes: keys(BITSANDBYTES),
  mxfp4: keys({ quant_method: text, modules_to_not_convert: names.nullable(), dequantize: flag }),
  'compressed-tensors': keys(COMPRESSED).required({ config_groups: true, quantization_status: true }),
  modelopt: keys(MODELOPT),
  torchao: keys(TORCHAO).required({ quant_type: true }),
  mlx: MLX,
};
const SAME: Readonly<Record<string, string>> = { 'intel/auto-round': 'auto-round', mxfp8: 'fp8' };

/** @param method in lower case @throws UserError for an unknown key or value of a known method */
export function refuseUnknownSettings(settings: ConfigSection, method: string, file: string): void {
  if (settings.weight_scale_semantics !== undefined) {
    throw new UserError(
      `${file}: weight_scale_semantics is ${JSON.stringify(settings.weight_scale_semantics)?.slice(0, 40)}: GPTQModel divides by these scales, and transformers and vLLM multiply by them`,
      'give the checkpoint that it was quantized from, or quantize it in another format',
    );
  }
  const schema = SCHEMAS[SAME[method] ?? method];
  if (schema === undefined) return;
  const parsed = validate(schema, settings);
  // Programs do not recognize methods in other cases.
  const isNamed = settings.quant_method === undefined || settings.quant_method === method;
  if (parsed.success && isNamed) return;
  const { path, message } = parsed.success ? { path: ['quant_method'], message: 'Invalid input' } : parsed.issue;
  const key =
    path.length === 0 ? 'the quantization config' : `${path.map(String).join('.')} of the quantization config`;
  throw new UserError(
    `${file}: ${key} is not understood (${message.replace('expected nonoptional, received undefined', 'missing')})`,
    'programs can make other numbers of the same codes: restore the settings that the quantizer wrote, or give the checkpoint that it was quantized from',
  );
}
