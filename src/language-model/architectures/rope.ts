/**
 * Rotary positions (Su et al. 2021, arXiv 2104.09864) and their length scalings, from config.json of either layout:
 * `rope_theta` + `rope_scaling`, or `rope_parameters`.
 */
import { at } from '../../platform/at.ts';
import type { Config } from './config.ts';
import type { Rope } from './decoder.ts';
import { knownTypesHint, numberOf, SCALINGS } from './rope-scaling.ts';

export type Parameters = Readonly<Record<string, unknown>>;

export interface RopeDefaults {
  readonly theta: number;
  /** Share of a head's dimensions that is rotated. */
  readonly partial?: number;
  /** Can the config have another share? Not in families whose code rotates all dimensions. */
  readonly mayBePartial?: boolean;
  /** The family has other keys for base and share, which have priority over `rope_theta`. */
  readonly hasOwnKeys?: boolean;
  /** Context length of the original training, if the family has a key of its own for it. */
  readonly original?: number;
  /** Pairs of dimensions are neighbors. */
  readonly interleaved?: boolean;
  /** Used where the config has no rotary parameters at all. */
  readonly missing?: Parameters;
  /** Parameters that the family itself reads, or that its code ignores. */
  readonly more?: readonly string[];
  /** This family's names of types. */
  readonly renamed?: Readonly<Record<string, string>>;
}

/** @throws UserError for an unknown type of scaling, or a missing parameter */
export function readRope(config: Config, headDim: number, defaults: RopeDefaults): Rope {
  return ropeOf(config, headDim, ropeParameters(config, defaults), defaults);
}

/** The rotary parameters of a config in either layout. */
export function ropeParameters(config: Config, { missing = {} }: Pick<RopeDefaults, 'missing'> = {}): Parameters {
  return config.object('rope_scaling') ?? config.object('rope_parameters') ?? missing;
}

const EVERY_TYPE = ['rope_theta', 'rope_type', 'type', 'partial_rotary_factor'];

/** Notes of other tools, and sections for the positions of image tokens, which make no difference for text. */
const UNUSED_KEYS = ['finetuned', 'mrope_section', 'mrope_interleaved'];

/** The length of the original training in families with parameters for each type of layer, where no key beside them counts. */
export function originalOf(config: Config, parameters: Parameters): number {
  const key = 'original_max_position_embeddings';
  return numberOf(config, parameters, key) ?? config.number('max_position_embeddings');
}

/** The rotary positions of one set of parameters. */
export function ropeOf(config: Config, headDim: number, parameters: Parameters, defaults: RopeDefaults): Rope {
  const besideTheta = config.optionalNumber('rope_theta');
  const besidePartial = config.optionalNumber('partial_rotary_factor');
  const theta =
    numberOf(config, parameters, 'rope_theta') ?? (defaults.hasOwnKeys ? null : besideTheta) ?? defaults.theta;
  const partial =
    numberOf(config, parameters, 'partial_rotary_factor') ??
    (defaults.hasOwnKeys ? null : besidePartial) ??
    defaults.partial ??
    1;
  if (theta <= 0) throw config.error(`the rotary base is ${theta}, and must be positive`);
  const written = parameters.rope_type ?? parameters.type ?? 'default';
  if (typeof written !== 'string') throw config.error('rope_type is not a string');
  const type = defaults.renamed?.[written] ?? written;
  const scaling = Object.hasOwn(SCALINGS, type) ? SCALINGS[type] : undefined;
  if (!scaling) throw config.error(`rope_type ${JSON.stringify(written)} is not supported`, knownTypesHint());
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
      `the rotary parameters of type ${JSON.stringify(written)} have the unknown key ${JSON.stringify(foreign)}: ${JSON.stringify(parameters[foreign])}`,
    );
  }
  const powers = Array.from({ length: dim / 2 }, (_, i) =>
    Math.fround(Math.fround(theta) ** Math.fround((2 * i) / dim)),
  );
  const rope = scaling.build({
    config,
    parameters,
    dim,
    partial,
    theta,
    powers,
    plain: powers.map((power) => Math.fround(1 / power)),
    original:
      defaults.original ??
      config.optionalNumber('original_max_position_embeddings') ??
      numberOf(config, parameters, 'original_max_position_embeddings') ??
      config.number('max_position_embeddings'),
  });
  return { ...rope, interleaved: defaults.interleaved ?? false };
}

/** Does a sequence of this many tokens use the frequencies for long sequences? */
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
