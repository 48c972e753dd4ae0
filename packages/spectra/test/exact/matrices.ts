import { join } from 'node:path';
import { readSafetensorsHeader } from '@shadow-gate/checkpoints/formats';
import { wholeMatrix } from '@shadow-gate/checkpoints/tensors';
import type { MatrixSource } from '@shadow-gate/spectra';
import { expect } from 'vitest';
import { readJson, repository, temporaryFolder } from '../../../../test/fixtures.ts';
import { writeSafetensors } from '../../../checkpoints/test/write-safetensors.ts';
import { generator } from '../../../platform/test/random.ts';

/** 10⁻⁵ σ₁ is promised. If all σ are equal the error is 3·10⁻⁶ (7·10⁻⁶ in LAPACK's float32), otherwise far less. */
export const FLOAT32_TOLERANCE = 5e-6;
export const FLOAT64_TOLERANCE = 1e-12;

/** The largest error, in units of σ₁. */
export function errorOf(found: Float64Array, expected: ArrayLike<number>): number {
  expect(found.length).toBe(expected.length);
  const errors = found.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)));
  return errors.reduce((most, error) => Math.max(most, error), 0) / (expected[0] ?? 1);
}

type Kind = 'flat' | 'heavy' | 'low-rank';

/** What LAPACK says of a `pseudoRandom` matrix. */
interface LapackAnswer {
  readonly kind: Kind;
  readonly m: number;
  readonly n: number;
  readonly seed: number;
  readonly singularValues: readonly number[];
}

export function lapackAnswers(): LapackAnswer[] {
  return readJson<LapackAnswer[]>(repository('packages', 'spectra', 'test', 'exact', 'lapack.json'));
}

/** The matrices that `make_lapack.py` passed to LAPACK, rounded to float32. */
export function pseudoRandom(kind: Kind, m: number, n: number, seed: number): Float64Array {
  const random = generator(seed);
  const a = Float64Array.from({ length: m * n }, () => random() - 0.5);
  if (kind === 'heavy') for (let k = 0; k < a.length; k += 1) a[k] = (a[k] ?? 0) / ((k % n) + 1);
  if (kind === 'low-rank') {
    const [left, right] = [generator(seed + 1), generator(seed + 2)];
    const columns = Float64Array.from({ length: 4 * m }, left);
    const rows = Float64Array.from({ length: 4 * n }, right);
    for (let i = 0; i < m; i += 1) {
      for (let j = 0; j < n; j += 1) {
        let entry = (a[i * n + j] ?? 0) / 64;
        for (let k = 0; k < 4; k += 1) entry += (columns[k * m + i] ?? 0) * (rows[k * n + j] ?? 0);
        a[i * n + j] = entry;
      }
    }
  }
  return a.map(Math.fround);
}

/**
 * A dense matrix with these singular values: a diagonal matrix, rotated from both sides by plane rotations that pair
 * each index with the one 1, 2, 4, … away. Orthogonal by construction, and not an algorithm of the code under test.
 */
export function withSingularValues(m: number, n: number, values: ArrayLike<number>, seed = 1): Float64Array {
  const a = new Float64Array(m * n);
  for (let i = 0; i < Math.min(m, n); i += 1) a[i * n + i] = values[i] ?? 0;
  const random = generator(seed);
  rotateAll(m, random, (i, k, c, s) => {
    for (let j = 0; j < n; j += 1) {
      const [x, y] = [a[i * n + j] ?? 0, a[k * n + j] ?? 0];
      a[i * n + j] = c * x - s * y;
      a[k * n + j] = s * x + c * y;
    }
  });
  rotateAll(n, random, (i, k, c, s) => {
    for (let row = 0; row < a.length; row += n) {
      const [x, y] = [a[row + i] ?? 0, a[row + k] ?? 0];
      a[row + i] = c * x - s * y;
      a[row + k] = s * x + c * y;
    }
  });
  return a;
}

function rotateAll(
  size: number,
  random: () => number,
  rotate: (i: number, k: number, c: number, s: number) => void,
): void {
  for (let distance = 1; distance < size; distance *= 2) {
    for (let i = 0; i + distance < size; i += 1) {
      if (Math.floor(i / distance) % 2 === 1) continue;
      const angle = 2 * Math.PI * random();
      rotate(i, i + distance, Math.cos(angle), Math.sin(angle));
    }
  }
}

export type Dtype = 'F32' | 'F64' | 'BF16';

/** A matrix [m, n] in a file, which is deleted after the tests. */
export async function stored(
  m: number,
  n: number,
  values: Float64Array,
  dtype: Dtype = 'F32',
  name = 'weight',
): Promise<MatrixSource> {
  const file = join(temporaryFolder(), 'model.safetensors');
  const data = new Uint8Array(
    dtype === 'F64'
      ? values.slice().buffer
      : dtype === 'F32'
        ? Float32Array.from(values).buffer
        : bfloat16(values).buffer,
  );
  writeSafetensors(file, { [name]: { dtype, shape: [m, n], data } });
  const [source] = await readSafetensorsHeader(file);
  if (!source) throw new Error('nothing was written');
  return { source, view: wholeMatrix([m, n]) };
}

/** Rounded to nearest. */
function bfloat16(values: Float64Array): Uint16Array {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return Uint16Array.from(bits, (word) => (word + 0x7fff + ((word >>> 16) & 1)) >>> 16);
}
