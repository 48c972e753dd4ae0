import { describe, expect, it } from 'vitest';
import { generator } from '../../platform/test/random.ts';
import { symmetricPass } from '../src/symmetric-pass.ts';

describe('a pass over the lower triangle of a symmetric matrix', () => {
  it.each([
    [2, 2],
    [4, 6],
    [30, 30],
    [64, 72],
  ])('subtracts v·wᵀ + w·vᵀ and multiplies with x: size %i in rows of %i numbers', (n, stride) => {
    const random = generator(n);
    const { memory, run } = symmetricPass.open(8 * (n * stride + 4 * n));
    const a = new Float64Array(memory, 0, n * stride);
    const vectors = [0, 1, 2, 3].map((i) => new Float64Array(memory, 8 * (n * stride + i * n), n));
    const [v, w, x, y] = vectors.map((vector) => vector.map((_, i) => (vector[i] = random() - 0.5))) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const whole = new Float64Array(n * n);
    for (let i = 0; i < n; i += 1) {
      for (let k = 0; k <= i; k += 1) {
        const entry = random() - 0.5;
        whole[i * n + k] = entry;
        whole[k * n + i] = entry;
        a[i * stride + k] = entry;
        // The other triangle is there only in blocks of two rows.
        a[k * stride + i] = k === i || (i % 2 === 1 && k === i - 1) ? entry : Number.NaN;
      }
    }
    run(0, 8 * stride, 8 * n, ...vectors.map(({ byteOffset }) => byteOffset));
    const product = vectors[3] ?? y;
    for (let i = 0; i < n; i += 1) {
      let sum = 0;
      for (let k = 0; k < n; k += 1) {
        const expected = (whole[i * n + k] ?? 0) - (v[i] ?? 0) * (w[k] ?? 0) - (w[i] ?? 0) * (v[k] ?? 0);
        sum += expected * (x[k] ?? 0);
        if (k <= i) expect(a[i * stride + k]).toBeCloseTo(expected, 15);
      }
      expect(product[i]).toBeCloseTo(sum, 13);
    }
  });
});
