import { UserError } from '../../platform/user-error.ts';
import type { FullCheckpoint, TensorEntry } from '../types.ts';
import { bitsandbytes } from './bitsandbytes.ts';
import { compressedTensors } from './compressed-tensors.ts';
import { isSection, type QuantizedFormat, type Section, type Source, type Tensors } from './format.ts';
import { fp8 } from './fp8.ts';
import { gptqAndAwq } from './gptq.ts';
import { mlx } from './mlx.ts';
import { mxfp4 } from './mxfp4.ts';
import { torchao } from './torchao.ts';

const FORMATS: readonly QuantizedFormat[] = [bitsandbytes, compressedTensors, fp8, gptqAndAwq, mlx, mxfp4, torchao];

/**
 * The tensors of a checkpoint, of which quantized weights have the name and the shape of what they stand for, and a recipe. What
 * only belongs to their recipes is no tensor of its own any more. In the order of the names.
 */
export async function readQuantized(
  { tensors, config }: Pick<FullCheckpoint, 'tensors' | 'config'>,
  source: Omit<Source, 'config'>,
): Promise<Tensors> {
  const section = sectionOf(config);
  const weights = [];
  for (const format of FORMATS)
    weights.push(...(await format.find(tensors, section, { ...source, config: config ?? {} })));
  if (weights.length === 0) return tensors;
  refuseParts(weights.flatMap(({ recipe }) => recipe.stored));
  const used = new Set(weights.flatMap(({ recipe }) => recipe.stored.map(({ name }) => name)));
  const all = new Map([...tensors].filter(([name]) => !used.has(name)));
  for (const { name, format, shape, recipe } of weights) {
    const [codes] = recipe.stored;
    // A name that is there twice is left to those who refuse it.
    if (codes === undefined || all.has(name)) return tensors;
    const size = shape.reduce((product, length) => product * length, 1);
    const byteLength = recipe.stored.reduce((sum, { byteLength: bytes }) => sum + bytes, 0);
    all.set(name, { ...codes, name, dtype: format, shape, size, byteLength, recipe });
  }
  return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Codes are read from one run of bytes. @throws UserError for codes or scales in parts, as a sharded quantized model has them */
function refuseParts(stored: readonly TensorEntry[]): void {
  const found = stored.find(({ layout }) => layout !== undefined);
  if (!found) return;
  throw new UserError(
    `${found.file}: ${JSON.stringify(found.name)} of a quantized weight is in parts, or not contiguous, which is not read`,
    'save the quantized weights in whole tensors, or give the checkpoint that was quantized',
  );
}

function sectionOf(config: FullCheckpoint['config']): Section {
  const text = config?.text_config;
  const own = config?.quantization_config ?? config?.compression_config;
  const section = own ?? (isSection(text) ? (text.quantization_config ?? text.compression_config) : undefined);
  return isSection(section) ? section : {};
}
