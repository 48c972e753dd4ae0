import { given, UserError } from '@shadow-gate/platform';
import type { GgufModel } from '../model.ts';
import { decimal, headDim, present, rmsSizes, shortestDecimal, theta } from './common.ts';

/** Tensors with frequencies or factors, which `scalingOf` reads. */
export const ROPE_TENSORS = ['rope_freqs.weight', 'rope_factors_long.weight', 'rope_factors_short.weight'];

/** Rotary positions in transformers' form. llama.cpp's divisors of frequencies (`rope_freqs`) are LongRoPE factors. */
export function rope(model: GgufModel, options: Scaling = {}): Record<string, unknown> {
  return { rope_parameters: parameters(model, options) };
}

function parameters(model: GgufModel, options: Scaling = {}): Record<string, unknown> {
  return { rope_type: 'default', ...scalingOf(model, options), rope_theta: theta(model) };
}

export function rotatedSizes(model: GgufModel): Record<string, unknown> {
  expectWholeHeads(model);
  return { ...rmsSizes(model), ...headDim(model), ...rope(model) };
}

/** Layers with a window have their own base, and their positions are not scaled. */
export function ropeByType(model: GgufModel, localTheta: number): Record<string, unknown> {
  const rope_theta = decimal(model, 'rope.freq_base_swa') ?? localTheta;
  return {
    rope_parameters: {
      full_attention: parameters(model),
      sliding_attention: { rope_type: 'default', rope_theta },
    },
  };
}

/** The rotated share of each head, if only a part is rotated. */
export function partialRotary(model: GgufModel, head: number): Record<string, unknown> {
  const dimensions = model.number('rope.dimension_count');
  return dimensions === null || dimensions === head ? {} : { partial_rotary_factor: dimensions / head };
}

/** @throws UserError if only a part of each head is rotated */
export function expectWholeHeads(model: GgufModel): void {
  const dimensions = model.number('rope.dimension_count');
  const heads = model.numberOfEach('attention.head_count', model.layers)?.find((count) => count !== 0) ?? 1;
  const head = model.number('attention.key_length') ?? model.required('embedding_length') / heads;
  if (dimensions !== null && dimensions !== head) {
    throw new UserError(
      `${model.metadata.file}: ${dimensions} of ${head} dimensions of a head are rotated, which models of architecture ${model.architecture} do not have`,
      'convert the model again',
    );
  }
}

interface Scaling {
  readonly truncate?: boolean;
  /** YaRN's magnitude by `yarn_log_multiplier`, by which ln(factor) is multiplied. */
  readonly mscale?: (logMultiplier: number) => Readonly<Record<string, number>>;
}

function scalingOf(model: GgufModel, scaling: Scaling): Record<string, unknown> | null {
  const type = model.string('rope.scaling.type') ?? 'linear';
  const factor = model.number('rope.scaling.factor') ?? model.number('rope.scale_linear');
  const attention = model.number('rope.scaling.attn_factor');
  const factors = longRope(model);
  if (factors !== null) {
    // llama.cpp divides by the factors, and scales the result.
    if (type === 'yarn') throw notRun(model, 'YaRN with factors of its own (rope_freqs.weight)');
    return { ...factors, ...present('attention_factor', attention) };
  }
  if (attention !== null && attention !== 1) {
    throw notRun(model, `rope.scaling.attn_factor ${shortestDecimal(attention)} without factors`);
  }
  if (type === 'yarn') return yarn(model, factor, scaling);
  model.ignore('rope.scaling.original_context_length');
  if (type === 'none' || factor === null || factor === 0 || factor === 1) return null;
  if (type === 'linear') return { rope_type: 'linear', factor: shortestDecimal(factor) };
  throw notRun(model, `rope.scaling.type ${JSON.stringify(type)}`);
}

/** Frequencies divided by the numbers of a tensor, with different ones for long inputs (Phi 3). */
function longRope(model: GgufModel): Record<string, unknown> | null {
  const all = model.numbersOf('rope_freqs.weight');
  const short = all ?? model.numbersOf('rope_factors_short.weight');
  const long = all ?? model.numbersOf('rope_factors_long.weight');
  if (short === null || long === null) return null;
  const original = model.number('rope.scaling.original_context_length');
  const length = model.required('context_length');
  return {
    rope_type: 'longrope',
    short_factor: short.map(shortestDecimal),
    long_factor: long.map(shortestDecimal),
    ...(all === null
      ? present('original_max_position_embeddings', original)
      : { original_max_position_embeddings: length, attention_factor: 1 }),
  };
}

function yarn(model: GgufModel, factor: number | null, { truncate, mscale }: Scaling): Record<string, unknown> {
  const extrapolation = model.number('rope.scaling.yarn_ext_factor') ?? 1;
  const logMultiplier = model.number('rope.scaling.yarn_log_multiplier');
  if (extrapolation !== 1 || factor === null || (logMultiplier !== null && mscale === undefined)) {
    throw notRun(model, 'YaRN with such settings');
  }
  return {
    rope_type: 'yarn',
    factor: shortestDecimal(factor),
    ...present('original_max_position_embeddings', model.number('rope.scaling.original_context_length')),
    ...present('attention_factor', decimal(model, 'rope.scaling.yarn_attn_factor')),
    ...present('beta_fast', decimal(model, 'rope.scaling.yarn_beta_fast')),
    ...present('beta_slow', decimal(model, 'rope.scaling.yarn_beta_slow')),
    ...given({ truncate }),
    ...(logMultiplier === null || mscale === undefined ? {} : mscale(logMultiplier)),
  };
}

function notRun(model: GgufModel, what: string): UserError {
  return new UserError(
    `${model.metadata.file}: ${what} is not read here`,
    'use a release of shadow-gate that knows it',
  );
}
