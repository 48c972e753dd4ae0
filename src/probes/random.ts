import { createHash } from 'node:crypto';
import { at } from '@shadow-gate/platform';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Random numbers that are the same on every machine for the same seed and name. */
export class Random {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  /** @param name the purpose of the numbers: streams with different names are independent */
  constructor(seed: number, name: string) {
    this.#generator = xoroshiro128plus(createHash('sha256').update(`${seed} ${name}`).digest().readInt32LE(0));
  }

  /** An integer, `min ≤ n ≤ max`. */
  int(min: number, max: number): number {
    return uniformInt(this.#generator, min, max);
  }

  /** @throws Error for an empty list */
  pick<T>(elements: readonly T[]): T {
    if (elements.length === 0) throw new Error('nothing to pick from');
    return at(elements, this.int(0, elements.length - 1));
  }

  /** `count` different elements, in random order. @throws Error if there are fewer */
  sample<T>(elements: readonly T[], count: number): T[] {
    if (elements.length < count) throw new Error(`cannot sample ${count} of ${elements.length} elements`);
    return this.shuffle(elements).slice(0, count);
  }

  /** A copy in random order (Fisher–Yates). */
  shuffle<T>(elements: readonly T[]): T[] {
    const shuffled = [...elements];
    for (let i = shuffled.length - 1; i > 0; i -= 1) {
      const j = this.int(0, i);
      [shuffled[i], shuffled[j]] = [at(shuffled, j), at(shuffled, i)];
    }
    return shuffled;
  }
}
