import { at } from '@shadow-gate/platform';

const SIZE = 624;
const SHIFT = 397;

/**
 * Python's `random.Random(seed)`: the Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), seeded by
 * `init_by_array` with the 32-bit words of |seed|.
 */
export class PythonRandom {
  readonly #state = new Uint32Array(SIZE);
  #index = SIZE;

  constructor(seed: number) {
    const size = Math.abs(seed);
    if (!Number.isSafeInteger(size)) throw new RangeError(`the seed ${seed} is not a whole number`);
    const high = Math.floor(size / 2 ** 32);
    this.#seedWith(high > 0 ? [size >>> 0, high] : [size >>> 0]);
  }

  /** `random.sample(population, count)`: `count` different places. */
  sample<T>(population: readonly T[], count: number): T[] {
    const n = population.length;
    if (count < 0 || count > n) throw new RangeError(`a sample of ${count} of ${n}`);
    // Python lists the free places, or keeps a set of the taken ones, whichever needs less memory.
    const setSize = 21 + (count > 5 ? 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 0);
    if (n <= setSize) {
      const pool = [...population];
      return Array.from({ length: count }, (_, i) => {
        const j = this.#below(n - i);
        const chosen = at(pool, j);
        pool[j] = at(pool, n - i - 1);
        return chosen;
      });
    }
    const taken = new Set<number>();
    return Array.from({ length: count }, () => {
      let j = this.#below(n);
      while (taken.has(j)) j = this.#below(n);
      taken.add(j);
      return at(population, j);
    });
  }

  /** `_randbelow`: bits until they are below n. */
  #below(n: number): number {
    const bits = 32 - Math.clz32(n);
    let value = this.#bits(bits);
    while (value >= n) value = this.#bits(bits);
    return value;
  }

  /** `getrandbits(count)`, count ≤ 32. */
  #bits(count: number): number {
    return this.#next() >>> (32 - count);
  }

  #next(): number {
    if (this.#index >= SIZE) this.#twist();
    let y = this.#word(this.#index);
    this.#index += 1;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d_2c_56_80;
    y ^= (y << 15) & 0xef_c6_00_00;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    for (let i = 0; i < SIZE; i += 1) {
      const y = (this.#word(i) & 0x80_00_00_00) | (this.#word((i + 1) % SIZE) & 0x7f_ff_ff_ff);
      this.#state[i] = this.#word((i + SHIFT) % SIZE) ^ (y >>> 1) ^ (y & 1 ? 0x99_08_b0_df : 0);
    }
    this.#index = 0;
  }

  #seedWith(key: readonly number[]): void {
    const state = this.#state;
    state[0] = 19_650_218;
    for (let i = 1; i < SIZE; i += 1) {
      const before = this.#word(i - 1);
      state[i] = Math.imul(1_812_433_253, before ^ (before >>> 30)) + i;
    }
    let i = 1;
    const step = () => {
      i += 1;
      if (i < SIZE) return;
      state[0] = this.#word(SIZE - 1);
      i = 1;
    };
    for (let k = 0; k < Math.max(SIZE, key.length); k += 1) {
      const before = this.#word(i - 1);
      const j = k % key.length;
      state[i] = (this.#word(i) ^ Math.imul(before ^ (before >>> 30), 1_664_525)) + (key[j] ?? 0) + j;
      step();
    }
    for (let k = 0; k < SIZE - 1; k += 1) {
      const before = this.#word(i - 1);
      state[i] = (this.#word(i) ^ Math.imul(before ^ (before >>> 30), 1_566_083_941)) - i;
      step();
    }
    state[0] = 0x80_00_00_00;
  }

  #word(index: number): number {
    const word = this.#state[index];
    if (word === undefined) throw new RangeError(`word ${index} of ${SIZE}`);
    return word;
  }
}
