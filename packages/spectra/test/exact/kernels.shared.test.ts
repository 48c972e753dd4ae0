import { describe, expect, it } from 'vitest';
import { generator } from '../../../platform/test/random.ts';
import { type Band, bandStride, reduceToBand } from '../../src/exact/band-reduction.ts';
import { bandValues, bidiagonalValues } from '../../src/exact/bidiagonal-values.ts';
import { chaseBulges } from '../../src/exact/bulge-chasing.ts';
import { factorPanel, openFactors } from '../../src/exact/panel-qr.ts';
import { triangularize } from '../../src/exact/tall-qr.ts';
import { withSingularValues } from './matrices.ts';

const cpu = { name: 'cpu', reason: 'test' } as const;

function expectValues(found: Float64Array, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  const errors = found.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)));
  const worst = errors.reduce((most, error) => Math.max(most, error), 0);
  expect(worst).toBeLessThan(tolerance * (expected[0] ?? 0));
}

describe('singular values of a bidiagonal matrix', () => {
  it.each([1, 2, 7, 300])('are 2·cos(kπ/(2n + 1)) if all entries are one: size %i', (n) => {
    const values = bidiagonalValues({
      diagonal: new Float64Array(n).fill(1),
      superdiagonal: new Float64Array(n - 1).fill(1),
    });
    const expected = Array.from({ length: n }, (_, k) => 2 * Math.cos(((k + 1) * Math.PI) / (2 * n + 1)));
    expectValues(values, expected, 1e-14);
  });

  it('are right if there are zeros on the diagonal', () => {
    // [[0, 3], [0, 4]] has the column (3, 4).
    const values = bidiagonalValues({ diagonal: Float64Array.of(0, 4), superdiagonal: Float64Array.of(3) });
    expectValues(values, [5, 0], 1e-15);
    const nilpotent = bidiagonalValues({
      diagonal: new Float64Array(50),
      superdiagonal: Float64Array.from({ length: 49 }, (_, i) => i + 1),
    });
    expectValues(nilpotent, [...Array.from({ length: 49 }, (_, i) => 49 - i), 0], 1e-14);
  });

  it('are right if the entries are graded over hundreds of orders, in either direction', () => {
    for (const sign of [1, -1]) {
      const diagonal = Float64Array.from({ length: 40 }, (_, i) => 10 ** (-8 * (sign > 0 ? i : 39 - i)));
      const values = bidiagonalValues({ diagonal, superdiagonal: new Float64Array(39).fill(1e-30) });
      expect(values[0]).toBeCloseTo(1, 14);
      expect(values[1]).toBeCloseTo(1e-8, 14);
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });

  it('are refused for a matrix that is not finite', () => {
    expect(() =>
      bidiagonalValues({ diagonal: Float64Array.of(1, Number.NaN), superdiagonal: Float64Array.of(1) }),
    ).toThrow(RangeError);
  });
});

describe('bulge chasing', () => {
  it.each([
    [50, 1],
    [50, 2],
    [61, 7],
    [9, 24],
    [1, 4],
  ])('preserves Σσ² and Σσ⁴: size %i, width %i', (size, width) => {
    const random = generator(size);
    const stride = bandStride(width);
    const entries = new Float64Array(size * stride);
    const dense = new Float64Array(size * size);
    for (let i = 0; i < size; i += 1) {
      for (let j = i; j <= Math.min(size - 1, i + width); j += 1) {
        const value = random() - 0.5;
        entries[i * stride + j - i + width] = value;
        dense[i * size + j] = value;
      }
    }
    const [energy, fourth] = moments(dense, size);
    const { diagonal, superdiagonal } = chaseBulges({ entries, size, width });
    const bidiagonal = new Float64Array(size * size);
    diagonal.forEach((value, i) => {
      bidiagonal[i * size + i] = value;
    });
    superdiagonal.forEach((value, i) => {
      bidiagonal[i * size + i + 1] = value;
    });
    const found = moments(bidiagonal, size);
    expect(found[0] / energy).toBeCloseTo(1, 12);
    expect(found[1] / fourth).toBeCloseTo(1, 12);
  });
});

it('a band has the same singular values whatever was chased before, in the same memory', () => {
  const bandOf = (size: number, width: number): Band => {
    const random = generator(size);
    const entries = new Float64Array(size * bandStride(width));
    for (let i = 0; i < size; i += 1) {
      for (let k = 0; k <= width && i + k < size; k += 1) entries[i * bandStride(width) + k + width] = random() - 0.5;
    }
    return { entries, size, width };
  };
  const first = bandValues(bandOf(41, 5));
  bandValues(bandOf(200, 24));
  expect(() =>
    bandValues({ ...bandOf(60, 8), entries: new Float64Array(60 * bandStride(8)).fill(Number.NaN) }),
  ).toThrow();
  expect(bandValues(bandOf(41, 5))).toEqual(first);
});

/** Σσ² and Σσ⁴. */
function moments(a: Float64Array, n: number): [number, number] {
  let fourth = 0;
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < n; j += 1) {
      let sum = 0;
      for (let k = 0; k < n; k += 1) sum += (a[i * n + k] ?? 0) * (a[j * n + k] ?? 0);
      fourth += sum * sum;
    }
  }
  return [a.reduce((sum, value) => sum + value * value, 0), fourth];
}

describe('the QR of a panel', () => {
  it.each([
    ['random columns', (random: () => number) => random() - 0.5],
    ['equal columns', (_: () => number, row: number) => row % 5],
    ['zeros', () => 0],
  ] as const)('has an orthogonal Q even though U is rounded, and reproduces the panel: %s', async (_, entry) => {
    const [rows, width, from] = [40, 6, 3];
    const random = generator(5);
    const panel = Float32Array.from({ length: width * rows }, (__, k) => entry(random, k % rows));
    const u = new Float32Array(width * rows);
    const exact = new Float64Array(width * rows);
    const r = factorPanel(panel, width, rows, from, u, exact);
    expect([...exact]).toEqual([...u]);
    const factors = await openFactors(cpu);
    // In two parts, like the panels of a block.
    const first = await factors.of(exact, 4, rows);
    const t = await factors.of(exact, width, rows, first, 4);
    await factors.release();
    const q = (i: number, j: number) => {
      let sum = i === j ? 1 : 0;
      for (let a = 0; a < width; a += 1) {
        for (let b = 0; b < width; b += 1)
          sum -= (u[a * rows + i] ?? 0) * (t[a * width + b] ?? 0) * (u[b * rows + j] ?? 0);
      }
      return sum;
    };
    for (let i = from; i < rows; i += 1) {
      for (let j = from; j < rows; j += 1) {
        let dot = 0;
        for (let k = from; k < rows; k += 1) dot += q(k, i) * q(k, j);
        expect(Math.abs(dot - (i === j ? 1 : 0))).toBeLessThan(1e-13);
      }
      for (let column = 0; column < width; column += 1) {
        let sum = 0;
        for (let k = 0; k < width; k += 1) sum += q(i, from + k) * (r[k * width + column] ?? 0);
        expect(Math.abs(sum - (panel[column * rows + i] ?? 0))).toBeLessThan(1e-5);
      }
    }
  });
});

describe('the reduction to a band', () => {
  it.each([
    [1, 1, 4],
    [3, 2, 4],
    [24, 24, 8],
    [60, 25, 8],
    [65, 64, 8],
    [300, 251, 16],
    [270, 270, 24],
  ])('preserves the singular values: %i × %i to width %i', async (rows, columns, width) => {
    const values = Float64Array.from({ length: columns }, (_, i) => (i + 1) ** -0.5);
    const data = withSingularValues(rows, columns, values);
    const band = await reduceToBand({ data, rows, columns }, cpu, { width });
    expect(band).toMatchObject({ size: columns, width });
    expectValues(bandValues(band), values, 1e-13);
  });

  it.each([
    [7, 7],
    [30, 100],
    [300, 700],
    [530, 540],
  ])('preserves them after a QR decomposition of %i columns of length %i', async (columns, length) => {
    const values = Float64Array.from({ length: columns }, (_, i) => (i + 1) ** -0.5);
    const data = withSingularValues(columns, length, values);
    const triangle = await triangularize({ data, rows: columns, columns: length }, cpu);
    const above = triangle.data.filter((_, k) => k % columns > Math.floor(k / columns));
    expect(above.every((value) => value === 0)).toBe(true);
    expectValues(bandValues(await reduceToBand(triangle, cpu)), values, 1e-13);
  });

  it('is refused for a wide matrix', async () => {
    await expect(reduceToBand({ data: new Float64Array(6), rows: 2, columns: 3 }, cpu)).rejects.toThrow(RangeError);
  });
});

it('a band of zeros has singular values of zero', () => {
  const band: Band = { entries: new Float64Array(5 * bandStride(2)), size: 5, width: 2 };
  expect([...bandValues(band)]).toEqual([0, 0, 0, 0, 0]);
});
