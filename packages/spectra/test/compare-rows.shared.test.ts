import { join } from 'node:path';
import { openCheckpoint } from '@shadow-gate/checkpoints';
import { compareRows, nearestRows, type TokenRows } from '@shadow-gate/spectra';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/fixtures.ts';
import { float32, writeSafetensors } from '../../checkpoints/test/write-safetensors.ts';

const device = { name: 'cpu', reason: 'test' } as const;

async function matrix(shape: readonly number[], values: readonly number[], transposed = false): Promise<TokenRows> {
  const file = join(temporaryFolder(), 'model.safetensors');
  writeSafetensors(file, { w: float32(shape, values) });
  const entry = (await openCheckpoint(file)).tensors.get('w');
  if (!entry) throw new Error('w is missing');
  return { entry, transposed };
}

describe('rows of two matrices', () => {
  // By hand: ⟨(1, 2), (3, −1)⟩ = 1, ⟨(0, 0), (5, 6)⟩ = 0, ⟨(−2, 4), (1, 2)⟩ = 6.
  const original = [3, -1, 5, 6, 1, 2, 7, 7];
  const sums = { products: [1, 0, 6], energies: [5, 0, 20], originalEnergies: [10, 61, 5] };

  it.each([
    ['as they are', [3, 2], [1, 2, 0, 0, -2, 4], false],
    ['of a transposed matrix', [2, 3], [1, 0, -2, 2, 0, 4], true],
  ] as const)('are compared with those of the same index: %s', async (_, shape, values, transposed) => {
    const own = await matrix(shape, values, transposed);
    const found = await compareRows(own, await matrix([4, 2], original), { dimensions: 8, device });
    for (const [name, expected] of Object.entries(sums)) {
      expect(Array.from(found[name as keyof typeof sums]), name).toEqual(expected);
    }
    expect(found.sketch).toHaveLength(3 * 8);
    // Sketches of equal rows are equal: row 0 here is row 2 of the original. Those of a sum are their sum.
    const sketch = (row: number) => Array.from(found.originalSketch.subarray(8 * row, 8 * row + 8));
    expect(Array.from(found.sketch.subarray(0, 8))).toEqual(sketch(2));
    const first = sketch(0).map((value, i) => 2 * value + (sketch(2)[i] ?? 0));
    // 2 · (3, −1) + (1, 2) = (7, 0); (7, 7) − (7, 0) = (0, 7), and (5, 6) = 5/7 · (7, 0) + 6/7 · (0, 7).
    sketch(3).forEach((value, i) => {
      const expected = (5 / 7) * (first[i] ?? 0) + (6 / 7) * (value - (first[i] ?? 0));
      expect(sketch(1)[i]).toBeCloseTo(expected, 5);
    });
  });

  it('are as many as the longer candidate and the shorter original have in common', async () => {
    const found = await compareRows(await matrix([4, 2], original), await matrix([3, 2], [1, 2, 0, 0, -2, 4]), {
      dimensions: 8,
      device,
    });
    expect(Array.from(found.products)).toEqual(sums.products);
    expect(found.originalSketch).toHaveLength(3 * 8);
  });

  it('find the nearest one by distance, not by angle', async () => {
    const table = Float32Array.of(10, 0, 1, 1, 0, 3);
    const queries = Float32Array.of(1.5, 0.1, 9, 3, 0, 2.6, -5, -5);
    expect(await nearestRows(queries, table, { dimensions: 2, device })).toEqual([1, 0, 2, 1]);
  });
});
