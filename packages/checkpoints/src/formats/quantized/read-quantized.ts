import { UserError } from '@shadow-gate/platform';
import { NamePatterns } from '../../naming/name-pattern.ts';
import { isMeasuredDtype } from '../../tensors/dtype.ts';
import { eachChunk } from '../../tensors/element-bytes.ts';
import type { TensorEntry, Tensors } from '../../tensors/tensor-entry.ts';
import type { FullCheckpoint } from '../full-checkpoint.ts';
import { refuseAbsurdScales } from './activation-scales.ts';
import { bitsandbytes } from './bitsandbytes.ts';
import { compressedTensors } from './compressed-tensors.ts';
import { groupScheme, quantizationGroupFinder } from './config-groups.ts';
import type { QuantizationGroup } from './config-keys.ts';
import { isConv1d, turned } from './conv1d.ts';
import type { QuantizedFormat, QuantizedWeight, TensorSource } from './format.ts';
import { fp8 } from './fp8.ts';
import { gptqAndAwq } from './gptq.ts';
import { gptqSettings } from './gptq-settings.ts';
import { refuseSkippedValues } from './gptq-values.ts';
import { mlx } from './mlx.ts';
import { mxfp4 } from './mxfp4.ts';
import { quantizationMethod, quantizationSettings } from './settings.ts';
import { refuseOtherModules } from './stated-modules.ts';
import { torchao } from './torchao.ts';

const FORMATS: readonly QuantizedFormat[] = [bitsandbytes, compressedTensors, fp8, gptqAndAwq, mlx, mxfp4, torchao];

/** A checkpoint's tensors. Quantized ones get their usual name and shape, and a recipe that replaces their parts. */
export async function readQuantized(
  checkpoint: Pick<FullCheckpoint, 'tensors' | 'config' | 'path' | 'files' | 'architecture'>,
  source: Omit<TensorSource, 'config' | 'scheme' | 'gptq'>,
): Promise<Tensors> {
  const { tensors, config, path, architecture } = checkpoint;
  if (![...tensors.values()].some(isCode)) return tensors;
  await source.fetch([...tensors.values()].filter(({ name }) => DESCRIPTION.test(name)));
  const settings = await quantizationSettings(checkpoint);
  const method = quantizationMethod(settings);
  const patterns = new NamePatterns(path);
  const group = quantizationGroupFinder(settings, patterns);
  const whole: TensorSource = {
    ...source,
    config: config ?? {},
    scheme: (module) => {
      const own = method === 'compressed-tensors' ? group(module) : null;
      if (own === null) return undefined;
      return areInputsScaled(own, module, tensors) ? groupScheme(own, settings.format) : null;
    },
    gptq: gptqSettings(settings, patterns),
  };
  const weights: QuantizedWeight[] = [];
  for (const { methods, turnsConv1d, find } of FORMATS) {
    if (method !== null && methods && !methods.includes(method)) continue;
    const found = await find(tensors, settings, whole);
    const isTurned = ({ name }: QuantizedWeight) => turnsConv1d === true && isConv1d(name, architecture.layoutType);
    for (const weight of found) weights.push(isTurned(weight) ? turned(weight) : weight);
  }
  if (weights.length === 0) return tensors;
  refuseParts(weights.flatMap(({ recipe }) => recipe.stored));
  const read = assembled(tensors, wholeWeights(weights, tensors));
  refuseOtherModules(read, { settings, method, patterns, path, architecture });
  await refuseSkippedValues(read, { source: whole, method });
  await refuseAbsurdScales(tensors, source);
  return method === 'gptq' ? withZeroBiases(read, source) : read;
}

/** Do the scales exist by which layers round their inputs? */
function areInputsScaled({ input_activations: inputs }: QuantizationGroup, module: string, tensors: Tensors): boolean {
  if (!inputs || inputs.dynamic === true) return true;
  const isGlobal = inputs.dynamic === 'local' || inputs.strategy === 'tensor_group';
  return tensors.has(`${module}.${isGlobal ? 'input_global_scale' : 'input_scale'}`);
}

/** Tensors that are read to know the shape and settings of each weight. */
const DESCRIPTION = /\.(weight_shape|weight_format)$|\.quant_state\.bitsandbytes__/;

/** Can it be the first tensor of a quantized weight? Codes of bitsandbytes can have any type. */
function isCode({ name, dtype }: TensorEntry): boolean {
  return !isMeasuredDtype(dtype) || name.includes('.quant_state.');
}

/** Mark biases of zeros. They are as long as the layer's outputs, too large to be read at once like descriptions. */
async function withZeroBiases(tensors: Tensors, { fetch }: Pick<TensorSource, 'fetch'>): Promise<Tensors> {
  const biases = [...tensors.values()].filter(
    ({ name }) => name.endsWith('.bias') && tensors.get(`${name.slice(0, -'bias'.length)}weight`)?.recipe !== undefined,
  );
  await fetch(biases);
  const all = new Map(tensors);
  for (const bias of biases) {
    let isZero = true;
    await eachChunk(bias, (bytes) => {
      isZero &&= bytes.every((byte) => byte === 0);
    });
    if (isZero) all.set(bias.name, { ...bias, isZero: true });
  }
  return all;
}

function assembled(tensors: Tensors, weights: readonly QuantizedWeight[]): Tensors {
  const used = new Set(weights.flatMap(({ recipe }) => recipe.stored.map(({ name }) => name)));
  const isCacheScale = (name: string) => weights.length > 0 && CACHE_SCALE.test(name);
  const all = new Map([...tensors].filter(([name]) => !used.has(name) && !isCacheScale(name)));
  for (const { name, format, shape, recipe } of weights) {
    const [codes] = recipe.stored;
    // A repeated name is refused elsewhere.
    if (codes === undefined || all.has(name)) return tensors;
    const size = shape.reduce((product, length) => product * length, 1);
    const byteLength = recipe.stored.reduce((sum, { byteLength: bytes }) => sum + bytes, 0);
    all.set(name, { ...codes, name, dtype: format, shape, size, byteLength, recipe });
  }
  return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** @throws UserError for codes or scales in parts, as in a sharded quantized model: one run of bytes is needed */
function refuseParts(stored: readonly TensorEntry[]): void {
  const found = stored.find(({ layout }) => layout !== undefined);
  if (!found) return;
  throw new UserError(
    `${found.file}: ${JSON.stringify(found.name)} of a quantized weight is in parts, or not contiguous, which is not read`,
    'save the quantized weights in whole tensors, or give the checkpoint that was quantized',
  );
}

/** Tensors of activations and of the KV cache, which are not quantized here. */
const UNUSED =
  /^(input|output|activation|act|q|k|v|kv|prob_output)_(global_)?(scale|zero_point)(_ub)?$|^([qkv]_)?bias$|^e_score_correction_bias$/;

/** Scales of a KV cache have names of the attention or its projections. */
const CACHE_SCALE = /^(.*(?:attn|attention)(?:\.\w+_proj)?)\.(?:q|k|v|kv|prob_output)_(?:scale|zero_point)$/;

/** Weights whose recipes use all that is stored for them. Other tensors, such as input factors, would change them. */
function wholeWeights(weights: readonly QuantizedWeight[], tensors: Tensors): QuantizedWeight[] {
  const read = new Set(weights.flatMap(({ name, recipe }) => [name, ...recipe.stored.map((entry) => entry.name)]));
  const leftOver = new Map<string, string[]>();
  for (const name of tensors.keys()) {
    if (read.has(name)) continue;
    for (const stem of stemsOf(name)) leftOver.set(stem, [...(leftOver.get(stem) ?? []), name.slice(stem.length + 1)]);
  }
  return weights.filter(({ name }) => {
    const others = leftOver.get(name.replace(/\.weight$/, '')) ?? [];
    return others.every((leaf) => UNUSED.test(leaf));
  });
}

/** Modules that a name may belong to: `a.b` for `a.b.weight.c.d`, `a.b.c`, and `a.b_c` of a stack. */
function stemsOf(name: string): string[] {
  const dot = name.lastIndexOf('.');
  const parent = name.slice(0, Math.max(dot, 0));
  const leaf = name.slice(dot + 1);
  const inside = name.indexOf('.weight.');
  const stems = [inside === -1 ? parent : name.slice(0, inside)];
  for (let end = leaf.indexOf('_'); end !== -1; end = leaf.indexOf('_', end + 1)) {
    stems.push(name.slice(0, dot + 1 + end));
  }
  return stems.filter((stem) => stem !== '');
}
