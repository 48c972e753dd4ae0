import { describe, expect, it } from 'vitest';
import { denseSingularValues } from '../../src/exact/dense-svd.ts';
import { UNSHARED } from '../../src/exact/solver.ts';
import {
  type Dtype,
  errorOf,
  FLOAT32_TOLERANCE,
  FLOAT64_TOLERANCE,
  pseudoRandom,
  stored,
  withSingularValues,
} from './matrices.ts';

const cpu = { name: 'cpu', reason: 'test' } as const;

/** Large enough for several blocks of panels. `exact-spectrum.shared.nightly.test.ts` has full sizes. */
const SIZE = 300;

function energyOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value * value, 0);
}

/** The singular values found in a matrix with these ones. */
async function solve(
  [m, n]: readonly [number, number],
  values: ArrayLike<number>,
  { dtype, limit }: { dtype?: Dtype; limit?: number } = {},
) {
  const matrix = await stored(m, n, withSingularValues(m, n, values), dtype);
  return denseSingularValues(matrix, {
    device: cpu,
    reference: null,
    energy: energyOf(values),
    resources: UNSHARED,
    limit,
  });
}

const powerLaw = (i: number) => (i + 1) ** -0.5;

describe('singular values by orthogonal transformations', () => {
  it.each([
    ['a power law', [SIZE, SIZE], powerLaw],
    ['one far above the rest', [SIZE, 420], (i: number) => (i === 0 ? 1 : 1e-3 * (1 - i / 3000))],
    ['all equal, in a tall matrix', [900, SIZE], () => 1],
  ] as const)('need float32 only: %s', async (_, shape, value) => {
    const values = Float64Array.from({ length: SIZE }, (__, i) => value(i));
    const found = await solve(shape, values);
    expect(found).toMatchObject({ accumulation: 'float32', isSmallestExact: true });
    expect(errorOf(found.values, values)).toBeLessThan(FLOAT32_TOLERANCE);
  });

  it.each([
    ['F32', 1e-30],
    ['F32', 1e30],
    ['F64', 1e-150],
    ['F64', 1e140],
  ] as const)('neither overflow nor underflow: %s at the scale %d', async (dtype, scale) => {
    const values = Float64Array.from({ length: SIZE }, (_, i) => scale * powerLaw(i));
    expect(errorOf((await solve([SIZE, 310], values, { dtype })).values, values)).toBeLessThan(FLOAT32_TOLERANCE);
  });

  it('are computed in float64 if some are zero, so that the rank is right', async () => {
    const values = Float64Array.from({ length: SIZE }, (_, i) => (i < 280 ? 1 / (i + 1) : 0));
    const found = await solve([SIZE, 310], values, { dtype: 'F64' });
    expect(found.accumulation).toBe('float64');
    expect(errorOf(found.values, values)).toBeLessThan(FLOAT64_TOLERANCE);
  });

  it('are right if they are graded over thirty orders, in a matrix so tall that it is triangularized first', async () => {
    const values = Float64Array.from({ length: SIZE }, (_, i) => 10 ** (-(30 * i) / SIZE));
    const found = await solve([900, SIZE], values, { dtype: 'F64' });
    expect(found.accumulation).toBe('float64');
    expect(errorOf(found.values, values)).toBeLessThan(FLOAT64_TOLERANCE);
  });

  it.each([
    ['tiny', [SIZE, SIZE], 3e-7],
    ['tiny, in a wide matrix', [SIZE, 400], 3e-8],
    ['zero', [400, SIZE], 0],
  ] as const)('are refined if a single one is %s', async (_, shape, last) => {
    const values = Float64Array.from({ length: SIZE }, (__, i) => (i < SIZE - 1 ? powerLaw(i) : last));
    const found = await solve(shape, values, { dtype: 'F64' });
    expect(found).toMatchObject({ accumulation: 'float32', isSmallestExact: true });
    expect(Math.abs((found.values.at(-1) ?? 1) - last)).toBeLessThan(1e-12);
  });

  it.each([
    [SIZE, 420],
    [420, SIZE],
  ])('come from the Gram matrix if %i × %i is too large for memory', async (m, n) => {
    const values = Float64Array.from({ length: SIZE }, (_, i) => powerLaw(i));
    const found = await solve([m, n], values, { limit: 0 });
    expect(found).toMatchObject({ accumulation: 'float64', isSmallestExact: false });
    expect(errorOf(found.values, values)).toBeLessThan(1e-7);
  });

  it('are those of the difference of two files for an update', async () => {
    const values = Float64Array.from({ length: SIZE }, (_, i) => 0.01 * powerLaw(i));
    const update = withSingularValues(SIZE, 400, values);
    const original = pseudoRandom('flat', SIZE, 400, 9);
    const tuned = original.map((value, i) => value + (update[i] ?? 0));
    const found = await denseSingularValues(await stored(SIZE, 400, tuned, 'F64'), {
      device: cpu,
      reference: await stored(SIZE, 400, original, 'F64'),
      energy: energyOf(values),
      resources: UNSHARED,
    });
    expect(errorOf(found.values, values)).toBeLessThan(FLOAT32_TOLERANCE);
  });
});
