import { configKindIn } from '@shadow-gate/checkpoints/config';
import { at } from '@shadow-gate/platform';
import type { Config } from './config.ts';
import type { Rope } from './decoder.ts';
import { shown } from './key-types.ts';

type ScaledRope = Omit<Rope, 'interleaved'>;

/**
 * Length scalings of rotary positions. Every step is rounded to float32 in the order of transformers'
 * modeling_rope_utils.py: position 100,000 turns a difference in the last bit of a frequency into 0.006 radians.
 */
const { fround } = Math;

type Parameters = Readonly<Record<string, unknown>>;

interface UnscaledRope {
  readonly config: Config;
  readonly parameters: Parameters;
  readonly dim: number;
  readonly theta: number;
  /** Share of a head's dimensions that is rotated. */
  readonly partial: number;
  /** Powers of the base, one per pair of dimensions, as float32. */
  readonly powers: readonly number[];
  /** Frequencies without scaling, 1 / power, as float32. */
  readonly plain: readonly number[];
  /** Context length of the original training, in tokens. */
  readonly original: number;
}

interface Scaling {
  /** Parameters in addition to those of every type. */
  readonly keys: readonly string[];
  /** Frequencies are those of whole heads, whatever share is rotated. */
  readonly wholeHeads?: boolean;
  readonly build: (given: UnscaledRope) => ScaledRope;
}

const ORIGINAL = 'original_max_position_embeddings';

export const SCALINGS: Readonly<Record<string, Scaling>> = {
  default: { keys: [ORIGINAL], build: (given) => plainRope(given, given.plain) },
  linear: {
    keys: [ORIGINAL],
    build: (given) =>
      plainRope(
        given,
        given.plain.map((frequency) => fround(frequency / fround(required(given, 'factor')))),
      ),
  },
  proportional: { keys: [], build: proportional, wholeHeads: true },
  // It changes nothing up to max_position_embeddings, and longer inputs are cut.
  dynamic: {
    keys: [ORIGINAL],
    build: (given) => {
      const factor = required(given, 'factor');
      if (given.dim < 3) throw given.config.error(`${given.dim} rotary dimensions cannot have the type "dynamic"`);
      return { ...plainRope(given, given.plain), beyond: factor };
    },
  },
  llama3: { keys: ['low_freq_factor', 'high_freq_factor', ORIGINAL], build: llama3 },
  yarn: {
    keys: ['attention_factor', 'beta_fast', 'beta_slow', 'mscale', 'mscale_all_dim', 'truncate', ORIGINAL],
    build: yarn,
  },
  longrope: { keys: ['attention_factor', 'short_factor', 'long_factor', ORIGINAL], build: longRope },
};

function plainRope({ dim }: UnscaledRope, frequencies: readonly number[]): ScaledRope {
  return { dim, frequencies, magnitude: 1, long: null };
}

/** Gemma 4: a share of the pairs is rotated, with frequencies of whole heads; the frequencies of other pairs are 0. */
function proportional(given: UnscaledRope): ScaledRope {
  const factor = given.parameters.factor === undefined ? 1 : required(given, 'factor');
  const rotated = Math.floor((given.partial * given.dim) / 2);
  return plainRope(
    given,
    given.plain.map((frequency, i) => (i < rotated ? fround(frequency / fround(factor)) : 0)),
  );
}

/** Llama 3.1 (arXiv 2407.21783): low frequencies are divided, high ones kept, with a ramp in between. */
function llama3(given: UnscaledRope): ScaledRope {
  const factor = required(given, 'factor');
  const low = required(given, 'low_freq_factor');
  const high = required(given, 'high_freq_factor');
  // They are equal in Llama 4 Scout: no ramp.
  if (high < low) throw given.config.error(`high_freq_factor is ${high}, and low_freq_factor ${low}`);
  const frequencies = given.plain.map((frequency) => {
    const wavelength = fround(fround(1 / frequency) * fround(2 * Math.PI));
    if (wavelength < fround(given.original / high)) return frequency;
    if (wavelength > fround(given.original / low)) return fround(frequency / fround(factor));
    const rotations = fround(fround(1 / wavelength) * given.original);
    const smooth = fround(fround(rotations - fround(low)) / fround(high - low));
    const stretched = fround(fround(fround(1 - smooth) * frequency) / fround(factor));
    return fround(stretched + fround(smooth * frequency));
  });
  return plainRope(given, frequencies);
}

/** YaRN's factor of queries and of keys, for positions stretched by `factor`. */
export function yarnMagnitude(factor: number, weight = 1): number {
  return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
}

/** YaRN (Peng et al. 2023, arXiv 2309.00071). */
function yarn(given: UnscaledRope): ScaledRope {
  const { config, parameters, dim, theta, original } = given;
  if (original <= 0) throw config.error(`original_max_position_embeddings is ${original}, and must be positive`);
  const factor = required(given, 'factor');
  const weight = ropeNumber(config, parameters, 'mscale');
  const weightOfAll = ropeNumber(config, parameters, 'mscale_all_dim');
  const magnitude =
    positiveOf(given, 'attention_factor') ??
    (weight && weightOfAll
      ? yarnMagnitude(factor, weight) / yarnMagnitude(factor, weightOfAll)
      : yarnMagnitude(factor));
  // The dimension with this many rotations over the original length.
  const dimensionOf = (rotations: number) =>
    (dim * Math.log(original / (rotations * 2 * Math.PI))) / (2 * Math.log(theta));
  let low = dimensionOf(positiveOf(given, 'beta_fast') ?? 32);
  let high = dimensionOf(positiveOf(given, 'beta_slow') ?? 1);
  // Null is false there.
  if (parameters.truncate === undefined || parameters.truncate === true) {
    low = Math.floor(low);
    high = Math.ceil(high);
  }
  low = Math.max(low, 0);
  high = Math.min(high, dim - 1);
  if (low === high) high += 0.001;
  const frequencies = given.plain.map((frequency, i) => {
    const ramp = Math.min(1, Math.max(0, fround(fround(i - fround(low)) / fround(high - low))));
    const kept = fround(1 - ramp);
    const stretched = fround(1 / fround(fround(factor) * at(given.powers, i)));
    return fround(fround(stretched * fround(1 - kept)) + fround(frequency * kept));
  });
  return { dim, frequencies, magnitude, long: null };
}

/** LongRoPE (Ding et al. 2024, arXiv 2402.13753): a factor per pair of dimensions, others for long sequences. */
function longRope(given: UnscaledRope): ScaledRope {
  const { config, parameters, dim, original } = given;
  const factor = positiveOf(given, 'factor') ?? config.number('max_position_embeddings') / original;
  const magnitude =
    positiveOf(given, 'attention_factor') ?? (factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original)));
  const scaled = (key: string) => {
    const factors = parameters[key];
    if (!Array.isArray(factors) || factors.length !== dim / 2 || !factors.every((item) => typeof item === 'number')) {
      throw config.error(`${key} is not a list of ${dim / 2} numbers`);
    }
    return given.powers.map((power, i) => fround(1 / fround(fround(at(factors, i)) * power)));
  };
  return {
    dim,
    frequencies: scaled('short_factor'),
    magnitude,
    long: { above: original, frequencies: scaled('long_factor'), magnitude },
  };
}

function required(given: UnscaledRope, key: string): number {
  const value = positiveOf(given, key);
  if (value === null) throw given.config.error(`the rotary parameters lack ${JSON.stringify(key)}`);
  return value;
}

function positiveOf({ config, parameters }: UnscaledRope, key: string): number | null {
  const value = ropeNumber(config, parameters, key);
  if (value !== null && value <= 0)
    throw config.error(`${key} of the rotary parameters is ${value}, and must be positive`);
  return value;
}

/** transformers cannot compute with null here. */
const NEVER_NULL = new Set(['rope_theta', 'partial_rotary_factor', ORIGINAL]);

export function ropeNumber(config: Config, parameters: Parameters, key: string): number | null {
  const value = parameters[key];
  if (value === undefined || (value === null && !NEVER_NULL.has(key))) return null;
  if (typeof value !== 'number' || !Number.isFinite(value) || configKindIn(parameters, key) === 'huge') {
    throw config.error(`${key} of the rotary parameters is ${shown(value)}, not a number`);
  }
  return value;
}
