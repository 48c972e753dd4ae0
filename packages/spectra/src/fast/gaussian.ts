import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Independent streams of the generator: a decision that depends on one must not depend on the next. */
export const STREAMS = { start: 1, complement: 2, shallow: 3, rows: 4, error: 1000 } as const;

/** Outputs after which similar seeds have nothing in common. */
const WARM_UP = 256;

/** Standard normal numbers by the polar method (Marsaglia & Bray 1964), the same for a stream on every machine. */
export function gaussian(stream: number, count: number): Float32Array {
  const random = xoroshiro128plus(Math.imul(stream, 0x9e3779b1));
  for (let i = 0; i < WARM_UP; i += 1) random.next();
  /** Uniform on (−1, 1). */
  const uniform = () => (random.next() + 0.5) / 2 ** 31;
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    let u = 0;
    let v = 0;
    let square = 0;
    do {
      u = uniform();
      v = uniform();
      square = u * u + v * v;
    } while (square >= 1);
    const factor = Math.sqrt((-2 * Math.log(square)) / square);
    values[i] = u * factor;
    if (i + 1 < count) values[i + 1] = v * factor;
  }
  return values;
}
