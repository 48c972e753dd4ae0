/**
 * Rotary positions (Su et al. 2021, arXiv 2104.09864) and their length scalings, from config.json of either layout:
 * `rope_theta` + `rope_scaling`, or `rope_parameters`.
 */
import { at } from '@shadow-gate/platform';
import { isObject } from '@shadow-gate/platform/json';
import type { Config } from './config.ts';
import type { Rope } from './decoder.ts';
import { shown } from './key-types.ts';
import { ropeNumber, SCALINGS } from './rope-scaling.ts';

export type Parameters = Readonly<Record<string, unknown>>;

export interface RopeDefaults {
  readonly theta: number;
  /** Share of a head's dimensions that is rotated. */
  readonly partial?: number;
  /** Can the config change it? Not in families whose code rotates all dimensions. */
  readonly mayBePartial?: boolean;
  /** The family's own keys for base and share have priority over `rope_theta`. */
  readonly hasOwnKeys?: boolean;
  /** Context length of the original training, if the family has its own key for it. */
  readonly original?: number;
  /** Pairs of dimensions are neighbors. */
  readonly interleaved?: boolean;
  /** For a config without any rotary parameters. */
  readonly missing?: Parameters;
  /** Parameters that the family itself reads or its code ignores. */
  readonly more?: readonly string[];
  /**
   * How the three positions of image tokens share the pairs of dimensions by default. `isWhole`: `mrope_section` adds
   * up to all pairs.
   */
  readonly sections?: { readonly missing: readonly number[]; readonly isWhole: boolean };
  /** The family's names of types. */
  readonly renamed?: Readonly<Record<string, string>>;
}

/** @throws UserError for an unknown type of scaling, or a missing parameter */
export function readRope(config: Config, headDim: number, defaults: RopeDefaults): Rope {
  return buildRope(config, headDim, ropeParameters(config, defaults), defaults);
}

/** The rotary parameters of a config in either layout. */
export function ropeParameters(config: Config, { missing = {} }: Pick<RopeDefaults, 'missing'> = {}): Parameters {
  const scaling = config.object('rope_scaling');
  return scaling !== null && Object.keys(scaling).length > 0 ? scaling : (config.object('rope_parameters') ?? missing);
}

const EVERY_TYPE = ['rope_theta', 'rope_type', 'type', 'partial_rotary_factor', 'factor'];

/** Notes of other tools, and sections for image tokens, which make no difference for text. */
const UNUSED_KEYS = ['finetuned', 'mrope_section', 'mrope_interleaved'];

/** The length of the original training, if no key outside the parameters counts. */
function originalMaxPositions(config: Config, parameters: Parameters): number {
  const key = 'original_max_position_embeddings';
  return ropeNumber(config, parameters, key) ?? config.number('max_position_embeddings');
}

/** The parameters of one type of layers; none if it is missing. */
export function parametersOfType(config: Config, byType: Parameters | null, type: string): Parameters {
  const parameters = byType?.[type] ?? {};
  if (!isObject(parameters)) throw config.error(`rope_parameters of ${type} are ${shown(parameters)}, not an object`);
  ropeNumber(config, parameters, 'rope_theta');
  return parameters;
}

/**
 * The rotary positions of each type of layers, in classes that only read `rope_parameters` with a set for each type.
 * @param types of the layers
 * @param missing for a config without any rotary parameters
 */
export function ropesByType<T extends string>(
  config: Config,
  types: readonly string[],
  missing: Readonly<Record<T, Parameters>>,
): (type: T, headDim: number) => Rope {
  config.expect('rope_theta', null, 'this class reads rope_parameters only');
  if (config.has('rope_scaling'))
    throw config.error('rope_scaling is there, and this class reads rope_parameters only');
  const written: Parameters = config.object('rope_parameters') ?? missing;
  return (type, headDim) => {
    const parameters = types.includes(type) ? written[type] : missing[type];
    if (!isObject(parameters) || !('rope_theta' in parameters)) {
      throw config.error(`rope_parameters has no ${JSON.stringify(type)} with a rope_theta`);
    }
    return buildRope(config, headDim, parameters, { theta: 10000, hasOwnKeys: true });
  };
}

/**
 * The rotary positions of layers without and with a window. In older configs, `rope_scaling` and `rope_theta` are those
 * of layers without a window.
 * @param bases by default; `slidingKey` is the key of the second
 */
export function ropesWithWindows(
  config: Config,
  headDim: number,
  bases: { readonly full: number; readonly sliding: number; readonly slidingKey?: string },
): { readonly full: Rope; readonly sliding: Rope } {
  const scaling = config.object('rope_scaling');
  const byType = config.object('rope_parameters');
  ropeNumber(config, scaling ?? {}, 'rope_theta');
  if (byType && !('full_attention' in byType || 'sliding_attention' in byType)) {
    throw config.error('rope_parameters has neither "full_attention" nor "sliding_attention"');
  }
  // The class has a rope_type by then, and reads no other name of it.
  if (scaling !== null && 'type' in scaling && !('rope_type' in scaling)) {
    throw config.error('rope_scaling has "type", and no "rope_type"');
  }
  const build = (type: string, theta: number, more: Parameters | null) => {
    const parameters = { rope_theta: theta, ...parametersOfType(config, byType, type), ...more };
    return buildRope(config, headDim, parameters, { theta, original: originalMaxPositions(config, parameters) });
  };
  const sliding = bases.slidingKey === undefined ? null : config.optionalNumber(bases.slidingKey);
  return {
    full: build('full_attention', config.optionalNumber('rope_theta') ?? bases.full, scaling),
    sliding: build('sliding_attention', sliding ?? bases.sliding, null),
  };
}

/** `rope_type`, or `type` where that is missing: null is not missing. */
export function ropeType(parameters: Parameters): unknown {
  const { type = 'default', rope_type: written = type } = parameters;
  return written;
}

/**
 * The length of the original training, if there is also a key outside the parameters. Versions of transformers disagree
 * about which one counts.
 */
function originalBeside(config: Config, parameters: Parameters, { isRead }: { readonly isRead: boolean }): number {
  const key = 'original_max_position_embeddings';
  const beside = config.optionalNumber(key);
  if (!isRead) return config.number('max_position_embeddings');
  const original = originalMaxPositions(config, parameters);
  if (beside !== null) config.expect(key, original, `the rotary parameters have ${original}`);
  return original;
}

export function buildRope(config: Config, headDim: number, parameters: Parameters, defaults: RopeDefaults): Rope {
  const besideTheta = config.optionalNumber('rope_theta');
  const besidePartial = config.optionalNumber('partial_rotary_factor');
  if (besidePartial === null && config.has('partial_rotary_factor') && defaults.partial !== undefined) {
    throw config.error('partial_rotary_factor is null');
  }
  const theta =
    ropeNumber(config, parameters, 'rope_theta') ?? (defaults.hasOwnKeys ? null : besideTheta) ?? defaults.theta;
  const partial =
    ropeNumber(config, parameters, 'partial_rotary_factor') ??
    (defaults.hasOwnKeys ? null : besidePartial) ??
    defaults.partial ??
    1;
  if (theta <= 0) throw config.error(`the rotary base is ${theta}, and must be positive`);
  const written = ropeType(parameters);
  if (typeof written !== 'string') throw config.error(`rope_type is ${shown(written)}, not a text`);
  const type = defaults.renamed?.[written] ?? written;
  const scaling = Object.hasOwn(SCALINGS, type) ? SCALINGS[type] : undefined;
  if (!scaling) {
    const hint = `use a model with one of the types ${Object.keys(SCALINGS).join(', ')}`;
    throw config.error(`rope_type ${shown(written)} is not supported`, hint);
  }
  const isWhole = scaling.wholeHeads ?? false;
  if (partial !== 1 && defaults.mayBePartial !== true && !isWhole) {
    throw config.error(`partial_rotary_factor is ${partial}, and this family rotates whole heads`);
  }
  if (isWhole && (partial < 0 || partial > 1)) throw config.error(`partial_rotary_factor is ${partial}, not a share`);
  const dim = isWhole ? headDim : Math.trunc(headDim * partial);
  if (dim < 2 || dim > headDim || dim % 2 !== 0) throw config.error(`${dim} of ${headDim} dimensions cannot be rotary`);
  const known = new Set([...EVERY_TYPE, ...UNUSED_KEYS, ...scaling.keys, ...(defaults.more ?? [])]);
  const foreign = Object.keys(parameters).find((key) => !known.has(key) && parameters[key] !== null);
  if (foreign !== undefined) {
    throw config.error(
      `the rotary parameters of type ${shown(written)} have the unknown key ${JSON.stringify(foreign)}: ${shown(parameters[foreign])}`,
    );
  }
  if (defaults.sections) expectSections(config, parameters, dim / 2, defaults.sections);
  const powers = powersOf(theta, dim);
  const rope = scaling.build({
    config,
    parameters,
    dim,
    partial,
    theta,
    powers,
    plain: frequenciesOf(powers),
    original:
      defaults.original ??
      originalBeside(config, parameters, { isRead: ['llama3', 'longrope', 'yarn'].includes(type) }),
  });
  return { ...rope, interleaved: defaults.interleaved ?? false };
}

/** Rotary positions of families whose code has one base and no length scaling. */
export function plainRope(dim: number, theta: number): Rope {
  return { dim, frequencies: frequenciesOf(powersOf(theta, dim)), magnitude: 1, long: null, interleaved: false };
}

function powersOf(theta: number, dim: number): number[] {
  return Array.from({ length: dim / 2 }, (_, i) => Math.fround(Math.fround(theta) ** Math.fround((2 * i) / dim)));
}

function frequenciesOf(powers: readonly number[]): number[] {
  return powers.map((power) => Math.fround(1 / power));
}

/** Text has one position for all sections, but the class splits the dimensions all the same. */
function expectSections(
  config: Config,
  { mrope_section: written }: Parameters,
  pairs: number,
  { missing, isWhole }: NonNullable<RopeDefaults['sections']>,
): void {
  const sections: unknown = written === undefined ? missing : written;
  const isValid =
    Array.isArray(sections) && sections.length >= missing.length && sections.every((size) => Number.isInteger(size));
  if (!isValid) throw config.error(`mrope_section is ${shown(sections)}, not a list of ${missing.length} sizes`);
  const total = (sections as readonly number[]).reduce((sum, size) => sum + size, 0);
  if (isWhole && total !== pairs) throw config.error(`mrope_section has ${total} pairs of dimensions, not ${pairs}`);
}

/** Does a sequence of this many tokens use the frequencies for long ones? */
export function isLong(rope: Rope, length: number): boolean {
  return rope.long !== null && length > rope.long.above;
}

/**
 * Cosines and sines of positions 0 … length − 1, each [length, dim / 2]. Angles are rounded to float32 before the
 * cosine, as in the reference code.
 */
export function ropeTables(
  rope: Rope,
  length: number,
  { isLong: useLong }: { readonly isLong: boolean },
): { cos: Float32Array; sin: Float32Array } {
  const { frequencies, magnitude } = useLong && rope.long ? rope.long : rope;
  const half = rope.dim / 2;
  const cos = new Float32Array(length * half);
  const sin = new Float32Array(length * half);
  for (let position = 0; position < length; position += 1) {
    for (let i = 0; i < half; i += 1) {
      const angle = Math.fround(position * at(frequencies, i));
      cos[position * half + i] = Math.cos(angle) * magnitude;
      sin[position * half + i] = Math.sin(angle) * magnitude;
    }
  }
  return { cos, sin };
}
