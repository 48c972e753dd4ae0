import { describe, expect, it } from 'vitest';
import { fixture, readJson } from '../../fixtures.ts';
import { measurePath } from '../measure-path.ts';

type Sigmas = Record<string, number[]>;
const expected = readJson<{ folded: Sigmas; stored: Sigmas }>(fixture('recurrent-onnx', 'expected.json'));

/** float32 weights: LAPACK and this code agree to about 1e-8 of the largest singular value. */
const DIGITS = 6;

async function measured(name: string) {
  const found: Sigmas = {};
  const measurement = await measurePath({
    checkpoint: fixture('recurrent-onnx', name),
    device: 'cpu',
    onSpectrum: (tensor, values) => {
      found[tensor.name] = [...values];
    },
  });
  return { found, measurement };
}

describe('the weights of LSTM, GRU and RNN in an ONNX model', () => {
  it.each([
    ['folded.onnx', expected.folded],
    ['sliced.onnx', expected.stored],
    ['constants.onnx', expected.stored],
  ])('are measured by direction and gate: %s', async (name, sigmas) => {
    const { found, measurement } = await measured(name);
    expect(Object.keys(found).sort()).toEqual(Object.keys(sigmas).sort());
    for (const [matrix, values] of Object.entries(sigmas)) {
      expect(found[matrix]?.length, matrix).toBe(values.length);
      values.forEach((sigma, i) => {
        expect(found[matrix]?.[i], `${matrix} σ${i}`).toBeCloseTo(sigma, DIGITS);
      });
    }
    // Every parameter is in a matrix or in a vector, and none is left out without a word.
    const sizes = (items: readonly { shape: readonly number[] }[]) =>
      items.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
    const left = measurement.skipped.reduce((sum, { parameters = 0 }) => sum + parameters, 0);
    expect(left, 'the initial states, which are constants').toBe(2 * 6 + 7 + 4);
    const weights = Object.values(sigmas).length;
    expect(measurement.tensors).toHaveLength(weights);
    expect(sizes(measurement.tensors)).toBe(24 * 5 * 2 + 24 * 6 * 2 + 21 * 12 + 21 * 7 + 4 * 7 + 4 * 4 + 3 * 4);
    expect(sizes(measurement.vectors)).toBeGreaterThanOrEqual(24 * 4 + 21 * 2 + 4 * 2 + 3);
  });
});
