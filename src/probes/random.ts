import { createHash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Draws that are the same on every machine for the same seed and name. */
export class Random {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  /** @param name what the draws are for: streams of different names do not depend on each other */
  constructor(seed: number, name: string) {
    this.#generator = xoroshiro128plus(createHash('sha256').update(`${seed} ${name}`).digest().readInt32LE(0));
  }

  /** A whole number, `least ≤ n ≤ most`. */
  int(least: number, most: number): number {
    return uniformInt(this.#generator, least, most);
  }

  /** @throws Error for nothing to pick from */
  pick<T>(things: readonly T[]): T {
    if (things.length === 0) throw new Error('nothing to pick from');
    return things[this.int(0, things.length - 1)] as T;
  }

  /** `count` different ones, in random order. @throws Error if there are fewer */
  sample<T>(things: readonly T[], count: number): T[] {
    if (things.length < count) throw new Error(`${count} of ${things.length} things`);
    return this.shuffle(things).slice(0, count);
  }

  /** A copy in random order (Fisher–Yates). */
  shuffle<T>(things: readonly T[]): T[] {
    const mixed = [...things];
    for (let i = mixed.length - 1; i > 0; i -= 1) {
      const j = this.int(0, i);
      [mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T];
    }
    return mixed;
  }
}
