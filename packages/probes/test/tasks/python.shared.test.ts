import { createHash } from 'node:crypto';
import { literalEval, PythonError, PythonFloat, parsePythonJson, repr } from '@shadow-gate/python';
import { describe, expect, it } from 'vitest';
import { fixture, readJson } from '../../../../test/fixtures.ts';
import { PythonRandom } from '../../src/tasks/python/random.ts';

/** Made by `make_python.py`. */
const golden = readJson<{
  readonly samples: readonly (readonly [seed: number, n: number, k: number, (number[] | string)[]])[];
  readonly floats: readonly (readonly [string, number])[];
  readonly texts: readonly (readonly [string, string])[];
  readonly literals: readonly (readonly [string, string | null])[];
}>(fixture('lm-eval-tasks', 'python.json'));

/** Sets, bytes and complex numbers are values of Python that no task has; a tuple without parentheses is refused. */
const NOT_READ = ["b'x'", '1j', '{1, 2}', '1, 2', '...', '0x10', "'\\N{DASH}'"];

const short = (values: readonly number[]) =>
  values.length <= 6 ? values : createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 16);

describe('random.sample of Python', () => {
  it.each(golden.samples)('with the seed %i draws from %i places %i', (seed, n, k, expected) => {
    const random = new PythonRandom(seed);
    const population = Array.from({ length: n }, (_, i) => i);
    expect([0, 1, 2].map(() => short(random.sample(population, k)))).toEqual(expected);
  });
});

describe('repr of Python', () => {
  it('prints floats and texts', () => {
    expect(golden.floats.map(([, value]) => repr(new PythonFloat(value)))).toEqual(golden.floats.map(([text]) => text));
    expect(golden.texts.map(([text]) => repr(text))).toEqual(golden.texts.map(([, printed]) => printed));
  });
});

describe('ast.literal_eval of Python', () => {
  it.each(golden.literals)('%j', (text, expected) => {
    if (expected === null || NOT_READ.includes(text)) expect(() => literalEval(text)).toThrow(PythonError);
    else expect(repr(literalEval(text))).toBe(expected);
  });
});

describe('JSON as Python reads it', () => {
  it('keeps floats and large numbers apart from ints', () => {
    expect(
      repr(parsePythonJson('{"a": 1.0, "b": [1, -2.50, 1e3, 12345678901234567890], "c": "1.0 \\" 2", "d": null}')),
    ).toBe(`{'a': 1.0, 'b': [1, -2.5, 1000.0, 12345678901234567890], 'c': '1.0 " 2', 'd': None}`);
  });
});
