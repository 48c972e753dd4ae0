import { describeDecoder } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { fixture, readJson } from '../../../../test/fixtures.ts';
import { Config } from '../../src/architectures/config.ts';
import { attentionMixers, type Rope } from '../../src/architectures/decoder.ts';
import { isLong, type RopeDefaults, readRope, ropeTables } from '../../src/architectures/rope.ts';
import { checkpointOf } from './checkpoint-of.ts';

const DEFAULTS: RopeDefaults = { theta: 10000 };

function ropeOf(values: Record<string, unknown>, headDim: number, defaults: RopeDefaults = DEFAULTS): Rope {
  return readRope(new Config({ modelType: 'llama', file: '/m/config.json', values, defaults: {} }), headDim, defaults);
}

/** To six digits. */
function expectFrequencies(found: readonly number[] | undefined, expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs((found?.[i] ?? 0) / value - 1), `frequency ${i} is ${found?.[i]}`).toBeLessThan(1e-5);
  }
}

// For d = 8 and θ = 10000, θ^(−2i/d) is 1, 0.1, 0.01, 0.001.
const PLAIN = [1, 0.1, 0.01, 0.001];
const LENGTHS = { max_position_embeddings: 512 };

describe('rotary frequencies', () => {
  it('are θ^(−2i/d) without scaling (Su et al. 2021, arXiv 2104.09864, § 3.2.2)', () => {
    const rope = ropeOf(LENGTHS, 8);
    expectFrequencies(rope.frequencies, PLAIN);
    expect(rope).toMatchObject({ dim: 8, magnitude: 1, long: null });
    // 100^(−1/2)
    expectFrequencies(ropeOf({ ...LENGTHS, rope_theta: 100 }, 4).frequencies, [1, 0.1]);
  });

  it('are all divided in linear scaling (Chen et al. 2023, arXiv 2306.15595)', () => {
    const rope_scaling = { type: 'linear', factor: 4 };
    expectFrequencies(ropeOf({ ...LENGTHS, rope_scaling }, 8).frequencies, [0.25, 0.025, 0.0025, 0.00025]);
  });

  it('are divided if low and kept if high in Llama 3 (transformers, _compute_llama3_parameters)', () => {
    const rope_scaling = {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 128,
    };
    // Wavelengths 2π, 20π, 200π, 2000π. Below 128/4 kept, above 128/1 divided by 8. 20π = 62.83 lies between:
    // s = (128/62.8319 − 1) / 3 = 0.345728, (1 − s) · 0.1/8 + s · 0.1 = 0.0427512.
    expectFrequencies(ropeOf({ ...LENGTHS, rope_scaling }, 8).frequencies, [1, 0.0427512, 0.00125, 0.000125]);
  });

  const yarn = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 128 };

  it('change from kept to divided along a ramp in YaRN (Peng et al. 2023, arXiv 2309.00071, and its code)', () => {
    const rope = ropeOf({ ...LENGTHS, rope_scaling: yarn }, 8);
    // A dimension has r rotations over 128 tokens at i(r) = d ln(128 / 2πr) / 2 ln θ: i(32) = −0.196, i(1) = 1.30903,
    // rounded outwards 0 and 2. Shares of the divided one: 0, 1/2, 1, 1. 0.1 · (1/2)/4 + 0.1 · 1/2 = 0.0625.
    expectFrequencies(rope.frequencies, [1, 0.0625, 0.0025, 0.00025]);
    // 0.1 ln s + 1 (§ 3.4, on both queries and keys).
    expect(rope.magnitude).toBeCloseTo(1.138629, 6);
  });

  it('have an exact ramp in YaRN with truncate: false, and other ends with other betas', () => {
    // Up to i(1) = 1.30903: the share at 1 is 0.763924, 0.1 · (0.763924/4 + 0.236076) = 0.0427057.
    const exact = ropeOf({ ...LENGTHS, rope_scaling: { ...yarn, truncate: false } }, 8);
    expectFrequencies(exact.frequencies, [1, 0.0427057, 0.0025, 0.00025]);
    // i(2) = 1.00800 → 1, i(0.1) = 2.30903 → 3: shares 0, 0, 1/2, 1.
    const betas = ropeOf({ ...LENGTHS, rope_scaling: { ...yarn, beta_fast: 2, beta_slow: 0.1 } }, 8);
    expectFrequencies(betas.frequencies, [1, 0.1, 0.00625, 0.00025]);
  });

  it('have the magnitude of attention_factor or of both mscales in YaRN (DeepSeek-V2, arXiv 2405.04434)', () => {
    const magnitude = (more: object) => ropeOf({ ...LENGTHS, rope_scaling: { ...yarn, ...more } }, 8).magnitude;
    expect(magnitude({ attention_factor: 0.75 })).toBe(0.75);
    // (0.1 · 1 · ln 4 + 1) / (0.1 · 0.5 · ln 4 + 1) = 1.138629 / 1.069315
    expect(magnitude({ mscale: 1, mscale_all_dim: 0.5 })).toBeCloseTo(1.064822, 6);
    expect(magnitude({ mscale: 1, mscale_all_dim: 1 })).toBe(1);
  });

  it('have one factor per pair in LongRoPE, and others for long sequences (Ding et al. 2024, arXiv 2402.13753)', () => {
    const rope_scaling = {
      type: 'longrope',
      short_factor: [1, 2, 4, 5],
      long_factor: [4, 8, 10, 20],
      original_max_position_embeddings: 64,
    };
    const rope = ropeOf({ max_position_embeddings: 256, original_max_position_embeddings: 64, rope_scaling }, 8);
    // transformers 4 reads the key outside the parameters, and 5 the one inside.
    const other = { max_position_embeddings: 256, original_max_position_embeddings: 32, rope_scaling };
    expect(() => ropeOf(other, 8)).toThrow(/original_max_position_embeddings is 32: the rotary parameters have 64/);
    expectFrequencies(rope.frequencies, [1, 0.05, 0.0025, 0.0002]);
    expectFrequencies(rope.long?.frequencies, [0.25, 0.0125, 0.001, 0.00005]);
    // √(1 + ln 4 / ln 64) = √(4/3)
    expect(rope.magnitude).toBeCloseTo(1.1547005, 6);
    expect([64, 65].map((length) => isLong(rope, length))).toEqual([false, true]);
    expect(isLong(ropeOf(LENGTHS, 8), 1e6)).toBe(false);
  });

  it('are those of LongRoPE under its older name in Phi-3', () => {
    const rope_scaling = { type: 'su', short_factor: [1, 1], long_factor: [2, 2] };
    const own = { ...DEFAULTS, renamed: { su: 'longrope' }, original: 64 };
    expect(ropeOf({ max_position_embeddings: 64, rope_scaling }, 4, own).long?.above).toBe(64);
    expect(() => ropeOf({ ...LENGTHS, rope_scaling }, 4)).toThrow(/rope_type "su" is not supported/);
  });

  it('do not change in dynamic scaling up to the trained length', () => {
    const rope_scaling = { type: 'dynamic', factor: 4 };
    expectFrequencies(ropeOf({ ...LENGTHS, rope_scaling }, 8).frequencies, PLAIN);
  });
});

describe('rotary parameters', () => {
  it('have the same meaning in both layouts of config.json', () => {
    const scaling = { factor: 4, rope_type: 'linear' };
    const old = ropeOf({ ...LENGTHS, rope_theta: 100, rope_scaling: scaling }, 4);
    const recent = ropeOf({ ...LENGTHS, rope_parameters: { ...scaling, rope_theta: 100 } }, 4);
    expect(recent).toEqual(old);
    expectFrequencies(recent.frequencies, [0.25, 0.025]);
  });

  it('can differ between types of layers (Gemma 3)', () => {
    const rope_parameters = {
      full_attention: { rope_type: 'linear', factor: 2, rope_theta: 100 },
      sliding_attention: { rope_type: 'default', rope_theta: 16 },
    };
    const older = { rope_theta: 100, rope_local_base_freq: 16, rope_scaling: { rope_type: 'linear', factor: 2 } };
    for (const ropes of [{ rope_parameters }, older]) {
      const config = { model_type: 'gemma3_text', num_hidden_layers: 6, head_dim: 4, ...ropes };
      const attentions = attentionMixers(describeDecoder(checkpointOf(config)));
      // The sixth layer has no window.
      expectFrequencies(attentions[4]?.rope?.frequencies, [1, 0.25]);
      expectFrequencies(attentions[5]?.rope?.frequencies, [0.5, 0.05]);
    }
  });

  it('can apply to a part of each head, in families that support it', () => {
    const partial = { ...DEFAULTS, mayBePartial: true };
    expect(ropeOf({ ...LENGTHS, partial_rotary_factor: 0.5 }, 8, partial)).toMatchObject({ dim: 4 });
    expectFrequencies(ropeOf({ ...LENGTHS, partial_rotary_factor: 0.5 }, 8, partial).frequencies, [1, 0.01]);
    expect(() => ropeOf({ ...LENGTHS, partial_rotary_factor: 0.5 }, 8)).toThrow(/partial_rotary_factor is 0.5/);
  });

  it('are those of the rotary parameters where the keys outside them differ, as transformers 5 reads them', () => {
    const partial = { ...DEFAULTS, mayBePartial: true };
    const rope_parameters = { rope_type: 'default', rope_theta: 100, partial_rotary_factor: 0.5 };
    const rope = ropeOf({ ...LENGTHS, rope_theta: 500, partial_rotary_factor: 0.25, rope_parameters }, 8, partial);
    expectFrequencies(rope.frequencies, [1, 0.1]);
  });
});

describe('invalid rotary parameters', () => {
  const llama3 = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
  it.each<[string, object, RegExp]>([
    [
      'for an unknown type',
      { rope_type: 'xpos', factor: 2 },
      /rope_type "xpos" is not supported — use a model with one of the types default, .*yarn/,
    ],
    ['for a type that is not a string', { rope_type: 3 }, /rope_type is 3, not a text/],
    ['for a property name of JavaScript', { rope_type: 'constructor' }, /rope_type "constructor" is not supported/],
    ['for linear without factor', { type: 'linear' }, /the rotary parameters lack "factor"/],
    ['for llama3 without a bound', { ...llama3, low_freq_factor: undefined }, /lack "low_freq_factor"/],
    [
      'for a factor that is text',
      { type: 'linear', factor: '2' },
      /factor of the rotary parameters is "2", not a number/,
    ],
    [
      'for longrope without its long list',
      { type: 'longrope', factor: 2, short_factor: [1, 1, 1, 1] },
      /long_factor is not a list of 4 numbers/,
    ],
    [
      'for longrope with too short a list',
      { type: 'longrope', factor: 2, short_factor: [1], long_factor: [1, 1, 1, 1] },
      /short_factor is not a list of 4/,
    ],
    [
      'for a parameter of another type',
      { type: 'linear', factor: 2, beta_fast: 3 },
      /type "linear" have the unknown key "beta_fast"/,
    ],
  ])('are refused %s', (_, rope_scaling, pattern) => {
    const read = () => ropeOf({ ...LENGTHS, rope_scaling }, 8);
    expect(read).toThrow(UserError);
    expect(read).toThrow(pattern);
  });

  it('are refused for an odd number of dimensions', () => {
    expect(() => ropeOf(LENGTHS, 5)).toThrow(/5 of 5 dimensions cannot be rotary/);
  });
});

describe('ropeTables', () => {
  it('returns cosines and sines of position · frequency, times the magnitude', () => {
    const long9 = { above: 9, frequencies: [0.25, 0], magnitude: 2 };
    const rope: Rope = { dim: 4, frequencies: [1, 0.5], magnitude: 2, long: long9, interleaved: false };
    const { cos, sin } = ropeTables(rope, 3, { isLong: false });
    // cos 0, cos 1, cos 2 and cos 0, cos ½, cos 1, doubled.
    const expected = [2, 2, 1.080605, 1.755165, -0.832294, 1.080605];
    for (const [i, value] of expected.entries()) expect(cos[i]).toBeCloseTo(value, 5);
    expect(sin[2]).toBeCloseTo(1.682942, 5); // 2 sin 1
    const long = ropeTables(rope, 3, { isLong: true });
    expect(long.sin[4]).toBeCloseTo(0.958851, 5); // 2 sin ½
    expect(long.cos[5]).toBe(2);
  });
});

interface RopeCase {
  readonly name: string;
  readonly headDim: number;
  readonly parameters: Record<string, unknown>;
  readonly frequencies: readonly number[];
  readonly long: readonly number[] | null;
}

describe('the frequencies of released models are those of transformers to the last bit', () => {
  // packages/language-model/test/fixtures/make_rope_frequencies.py
  const cases = readJson<RopeCase[]>(fixture('rope-frequencies.json'));

  it.each(cases)('$name', ({ headDim, parameters, frequencies, long }) => {
    const rope = ropeOf({ rope_parameters: parameters, max_position_embeddings: 131072 }, headDim);
    const differing = (found: readonly number[] | undefined, expected: readonly number[]) =>
      expected.filter((value, i) => Math.fround(value) !== found?.[i]).length;
    // But for one in a hundred, where PyTorch's power is not the nearest number.
    expect(differing(rope.frequencies, frequencies)).toBeLessThanOrEqual(2);
    if (long) expect(differing(rope.long?.frequencies, long)).toBeLessThanOrEqual(2);
  });

  it('YaRN truncates its bounds unless `truncate` is false or null', () => {
    const yarn = { rope_type: 'yarn', factor: 8, original_max_position_embeddings: 512, beta_fast: 8 };
    const of = (more: object) => ropeOf({ ...LENGTHS, rope_scaling: { ...yarn, ...more } }, 32).frequencies;
    expect(of({ truncate: true })).toEqual(of({}));
    expect(of({ truncate: null })).toEqual(of({ truncate: false }));
    expect(of({ truncate: false })).not.toEqual(of({}));
  });
});
