import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wholeMatrix } from '@shadow-gate/checkpoints/tensors';
import type { MatrixSource } from '@shadow-gate/spectra';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

const folder = mkdtempSync(join(tmpdir(), 'fast-spectra-'));
let files = 0;

export type Dtype = 'F64' | 'F32' | 'F16' | 'BF16';

/** Random numbers that are the same in every run. */
export class Numbers {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
  }

  /** 0 < x < 1. */
  uniform(): number {
    return (this.#generator.next() + 2 ** 31 + 0.5) / 2 ** 32;
  }

  int(least: number, most: number): number {
    return least + Math.floor(this.uniform() * (most - least + 1));
  }

  gaussian(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  gaussians(count: number): Float64Array {
    return Float64Array.from({ length: count }, () => this.gaussian());
  }
}

/** Row-major numbers as a matrix in a file. */
export function stored(values: ArrayLike<number>, m: number, n: number, dtype: Dtype = 'F32'): MatrixSource {
  files += 1;
  const file = join(folder, `${files}.bin`);
  const bytes = encode(values, dtype);
  writeFileSync(file, bytes);
  const source = { name: 'w', dtype, shape: [m, n], size: m * n, file, offset: 0, byteLength: bytes.byteLength };
  return { source, view: wholeMatrix([m, n]) };
}

function encode(values: ArrayLike<number>, dtype: Dtype): Uint8Array {
  if (dtype === 'F64') return new Uint8Array(Float64Array.from(values).buffer);
  const floats = Float32Array.from(values);
  if (dtype === 'F32') return new Uint8Array(floats.buffer);
  if (dtype === 'F16') return new Uint8Array(Uint16Array.from(floats, float16).buffer);
  const bits = new Uint32Array(floats.buffer);
  return new Uint8Array(Uint16Array.from(bits, (word) => (word + 0x7fff + ((word >>> 16) & 1)) >>> 16).buffer);
}

/** The bits of the nearest float16: 10 bits after the leading one, and none finer than 2⁻²⁴. */
function float16(value: number): number {
  const size = Math.abs(value);
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  // A carry after rounding goes into the exponent, as it should; below 2⁻¹⁴ there is no leading one.
  const steps = Math.round(size * 2 ** (10 - exponent));
  return (value < 0 ? 0x8000 : 0) | (steps + ((exponent + 14) << 10));
}

const REFLECTIONS = 4;

/**
 * U·diag(σ)·Vᵀ [m, n], where U and V are products of random Householder reflections: σ is exact up to rounding in
 * float64.
 */
export function withSingularValues(sigma: ArrayLike<number>, m: number, n: number, numbers: Numbers): Float64Array {
  const a = new Float64Array(m * n);
  for (let i = 0; i < sigma.length; i += 1) a[i * n + i] = sigma[i] ?? 0;
  for (let k = 0; k < REFLECTIONS; k += 1) {
    reflectColumns(a, m, n, unit(numbers.gaussians(n)));
    reflectRows(a, m, n, unit(numbers.gaussians(m)));
  }
  return a;
}

function unit(v: Float64Array): Float64Array {
  const length = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
  return v.map((x) => x / length);
}

/** A ← A·(I − 2vvᵀ). */
function reflectColumns(a: Float64Array, m: number, n: number, v: Float64Array): void {
  for (let i = 0; i < m; i += 1) {
    let sum = 0;
    for (let j = 0; j < n; j += 1) sum += (a[i * n + j] as number) * (v[j] as number);
    for (let j = 0; j < n; j += 1) a[i * n + j] = (a[i * n + j] as number) - 2 * sum * (v[j] as number);
  }
}

/** A ← (I − 2vvᵀ)·A. */
function reflectRows(a: Float64Array, m: number, n: number, v: Float64Array): void {
  const sums = new Float64Array(n);
  for (let i = 0; i < m; i += 1) {
    for (let j = 0; j < n; j += 1) sums[j] = (sums[j] as number) + (v[i] as number) * (a[i * n + j] as number);
  }
  for (let i = 0; i < m; i += 1) {
    for (let j = 0; j < n; j += 1) a[i * n + j] = (a[i * n + j] as number) - 2 * (v[i] as number) * (sums[j] as number);
  }
}

/** Singular values that follow the quarter-circle law, as those of a square Gaussian matrix do, largest first. */
function quarterCircle(M: number): number[] {
  // F(x) for the density √(4 − x²)/π on [0, 2], inverted by bisection.
  const share = (x: number) => (x * Math.sqrt(4 - x * x) + 4 * Math.asin(x / 2)) / (2 * Math.PI);
  return Array.from({ length: M }, (_, i) => {
    let [low, high] = [0, 2];
    for (let step = 0; step < 50; step += 1) {
      const middle = (low + high) / 2;
      if (share(middle) < 1 - (i + 0.5) / M) low = middle;
      else high = middle;
    }
    return low;
  });
}

/** Singular values of many shapes of spectrum, largest first. */
export const SHAPES: Readonly<Record<string, (M: number, numbers: Numbers) => number[]>> = {
  heavyTail: (M, numbers) => {
    const alpha = 0.5 + 2.5 * numbers.uniform();
    return Array.from({ length: M }, (_, i) => (i + 1) ** -alpha);
  },
  gentleTail: (M, numbers) => {
    const alpha = 0.1 + 0.4 * numbers.uniform();
    return Array.from({ length: M }, (_, i) => (i + 1) ** -alpha);
  },
  equal: (M) => new Array<number>(M).fill(0.37),
  gaussian: (M) => quarterCircle(M),
  lowRankAndNoise: (M, numbers) => {
    const [rank, noise] = [numbers.int(1, 40), 10 ** (-3 + 2.5 * numbers.uniform())];
    return quarterCircle(M)
      .map((x, i) => (i < rank ? 1 + numbers.uniform() : x * 0.5 * noise))
      .sort((a, b) => b - a);
  },
  rankDeficient: (M, numbers) => {
    const rank = numbers.int(2, M - 1);
    return Array.from({ length: M }, (_, i) => (i < rank ? 1 - (0.9 * i) / rank : 0));
  },
  spikesOnFlat: (M, numbers) => {
    const spikes = numbers.int(1, 12);
    return Array.from({ length: M }, (_, i) =>
      i < spikes ? 3 + 5 * numbers.uniform() : 0.9 + 0.1 * numbers.uniform(),
    ).sort((a, b) => b - a);
  },
  geometric: (M, numbers) => {
    const rate = 0.8 + 0.195 * numbers.uniform();
    return Array.from({ length: M }, (_, i) => rate ** i);
  },
  clusteredAtBoundary: (M, numbers) => {
    // Values around the k-th differ by less than a Krylov basis can resolve.
    const k = [8, Math.ceil(M / 100), Math.ceil(M / 20)][numbers.int(0, 2)] ?? 8;
    return Array.from({ length: M }, (_, i) => {
      if (i < k - 3) return 2 + numbers.uniform();
      return i < k + 4 ? 1 + 1e-4 * numbers.uniform() : 0.5 * numbers.uniform();
    }).sort((a, b) => b - a);
  },
  rankOne: (M) => Array.from({ length: M }, (_, i) => (i === 0 ? 5 : 0)),
};
