import { UserError } from '@shadow-gate/platform';
import { isObject } from '@shadow-gate/platform/json';
import { isFloatingPoint } from '../tensors/dtype.ts';
import type { TensorEntry } from '../tensors/tensor-entry.ts';
import { hasRecipes, isReadable } from '../tensors/tensor-value.ts';
import type { FullCheckpoint } from './full-checkpoint.ts';
import type { ConfigSection } from './quantized/format.ts';
import { MAX_NESTING, METHOD_KEYS } from './quantized/settings.ts';

/** Recognizes quantized weights that are not read: their scales would be measured in place of the weights. */

type Model = Pick<FullCheckpoint, 'config' | 'tensors' | 'onnx'>;

interface StoredQuantization {
  readonly method: string;
  /** `config`: config.json alone says so, and the tensors are plain floating-point numbers. */
  readonly shownBy: 'tensors' | 'config';
}

/** By config.json, or by names and types: a lone file has no config, and not every method marks its tensors. */
export function findQuantization({ config, tensors, onnx }: Model): StoredQuantization | null {
  const configured = config && describeConfig(config);
  const operator = onnx?.find(({ quantizedBy }) => quantizedBy !== null)?.quantizedBy;
  const stored = operator ? `ONNX, ${operator}` : describeTensors(tensors);
  if (stored !== null) return { method: configured ?? stored, shownBy: 'tensors' };
  if (hasRecipes(tensors)) return null;
  return configured === null ? null : { method: configured, shownBy: 'config' };
}

export function refuseQuantized(checkpoint: FullCheckpoint): void {
  const quantization = findQuantization(checkpoint);
  if (quantization === null) return;
  const { method, shownBy } = quantization;
  const name = checkpoint.remote?.name ?? checkpoint.path;
  if (shownBy === 'tensors') {
    throw new UserError(
      `${name} is quantized (${method}), and these codes are not read`,
      'give the checkpoint that it was quantized from; of quantized weights, bitsandbytes, compressed-tensors, ModelOpt, GPTQ, AWQ, AutoRound, FP8, MXFP4, MLX and torchao are read',
    );
  }
  // Programs obey the config: they would quantize these weights on loading, or miss tensors.
  throw new UserError(
    `${name} is quantized (${method}) according to its config.json, though its tensors are not: what programs load is not what is stored`,
    'give the checkpoint that it was quantized from; if the weights were dequantized, remove the quantization from config.json',
  );
}

const METHODS = new Map([
  ['gptq', 'GPTQ'],
  ['awq', 'AWQ'],
  ['fp8', 'FP8'],
  ['fbgemm_fp8', 'FP8 of FBGEMM'],
  ['mxfp4', 'MXFP4'],
  ['hqq', 'HQQ'],
  ['eetq', 'EETQ'],
  ['aqlm', 'AQLM'],
  ['bitnet', 'BitNet'],
  ['modelopt', 'ModelOpt'],
  ['auto-round', 'AutoRound'],
  ['quark', 'Quark'],
  ['quanto', 'quanto'],
  ['higgs', 'HIGGS'],
  ['fp_quant', 'FP-Quant'],
  ['vptq', 'VPTQ'],
  ['spqr', 'SpQR'],
]);

/** Including MLX's. */
export const QUANTIZATION_KEYS = [...METHOD_KEYS, 'quantization'];

function describeConfig(config: ConfigSection, depth = 0): string | null {
  for (const key of METHOD_KEYS) {
    if (isObject(config[key])) return describeMethod(config[key]);
    // Anything but an object is not understood by the programs that load it either.
    if (typeof config[key] === 'string') return `${config[key]}`.slice(0, 40);
  }
  // MLX names no method.
  const mlx = config.quantization;
  if (isObject(mlx) && ['bits', 'group_size', 'mode', 'quant_method', 'quant_algo'].some((key) => key in mlx)) {
    return 'quant_method' in mlx || 'quant_algo' in mlx ? describeMethod(mlx) : withBits('MLX', mlx);
  }
  if (depth >= MAX_NESTING) return null;
  for (const [key, value] of Object.entries(config)) {
    const nested = key.endsWith('_config') && isObject(value) ? describeConfig(value, depth + 1) : null;
    if (nested !== null) return nested;
  }
  return null;
}

function describeMethod(settings: ConfigSection): string {
  const isBits = settings.load_in_4bit === true || settings.load_in_8bit === true;
  const named = settings.quant_method ?? settings.quant_algo ?? (isBits ? 'bitsandbytes' : null);
  // MLX repeats its own settings under the key of others.
  if (named === null && 'group_size' in settings && 'bits' in settings) return withBits('MLX', settings);
  const written = typeof named === 'string' ? named.slice(0, 40) : 'unknown method';
  return withBits(METHODS.get(written) ?? written, settings);
}

function withBits(method: string, settings: ConfigSection): string {
  const bits = settings.bits ?? (settings.load_in_4bit === true ? 4 : settings.load_in_8bit === true ? 8 : null);
  return typeof bits === 'number' ? `${method}, ${bits}-bit` : method;
}

/** Names that only quantized checkpoints have, whatever the tensor's type. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/\.g_idx$/, 'GPTQ'],
  [/\.q(weight|zeros)$/, 'GPTQ or AWQ'],
  [/\.SCB$/, 'bitsandbytes, 8-bit'],
  [/\.(nested_)?(absmax|quant_map)$|\.quant_state\./, 'bitsandbytes, 4-bit'],
  [/\.weight_(packed|global_scale)$/, 'compressed-tensors'],
  [/\.weight_scale_inv$/, 'FP8'],
  [/\._\w+_qdata$|\.weight:\w/, 'torchao'],
  [/\.(res_|outlier_)?centroids\.weight$/, 'VPTQ'],
  [/\.dense_weights$/, 'SpQR'],
  [/\.weight\._(data|qdata|scale|shift|zeropoint)(\._data)?$/, 'quanto'],
];

const CODES: readonly (readonly [RegExp, string])[] = [
  [/_blocks$/, 'MXFP4'],
  [/\.W_q$/, 'HQQ'],
  [/\.codes$/, 'AQLM'],
  [/\.q_weight$/, 'EXL2'],
  [/\.trellis$/, 'EXL3'],
  [/\.Qidxs$/i, 'QuIP#'],
];

/** Names of tensors that accompany integer codes: in the same module, or after the codes' name and `_`. */
const COMPANIONS: readonly (readonly [string, string])[] = [
  ['weight_scale_2', 'NVFP4'],
  ['weight_scales', 'EETQ'],
  ['weight_scale', 'integer weights with scales'],
  ['scales', 'integer weights with scales'],
  ['scale', 'integer weights with scales'],
  ['weight_format', 'bitsandbytes, 8-bit'],
  ['s', 'Marlin'],
];

function describeTensors(tensors: ReadonlyMap<string, TensorEntry>): string | null {
  for (const [pattern, method] of NAMES) {
    for (const name of tensors.keys()) if (pattern.test(name)) return method;
  }
  let found: string | null = null;
  for (const entry of tensors.values()) {
    const method = describeTensor(entry, tensors);
    // The 8-bit floats of other methods are scales.
    if (method !== null && method !== 'FP8') return method;
    found ??= method;
  }
  return found;
}

function describeTensor(entry: TensorEntry, tensors: ReadonlyMap<string, TensorEntry>): string | null {
  const { name, dtype, shape } = entry;
  if (isReadable(entry)) return null;
  const codes = CODES.find(([pattern]) => pattern.test(name));
  if (codes) return codes[1];
  // Some methods store a weight as one row of codes.
  const isFlatWeight = shape.length === 1 && name.endsWith('.weight');
  if ((shape.length < 2 && !isFlatWeight) || dtype === 'BOOL' || dtype === 'C64') return null;
  if (dtype.startsWith('F8_')) return 'FP8';
  if (isFloatingPoint(dtype)) return `${dtype.slice(1, 2)}-bit floating point`;
  // Codes are narrow; indices and masks have their own names.
  if (dtype.endsWith('64') || /(^|[._])(bias|mask|ids?|ind(ex|ices))$/.test(name)) return null;
  const module = name.slice(0, name.lastIndexOf('.') + 1);
  const companion = COMPANIONS.find(([leaf]) => tensors.has(`${module}${leaf}`) || tensors.has(`${name}_${leaf}`));
  if (!companion) return null;
  // MLX packs codes into words of 32 bits.
  return dtype === 'U32' ? 'MLX' : companion[1];
}
