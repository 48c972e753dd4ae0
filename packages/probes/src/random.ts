import { createHash } from 'node:crypto';
import { at, groupBy } from '@shadow-gate/platform';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { ProbeItem } from './item.ts';
import type { Seed } from './secret-seed.ts';

export {
  LEAST_SECRET,
  type SecretId,
  SecretSeed,
  type Seed,
  type SeedName,
  seedName,
  seedNameSchema,
} from './secret-seed.ts';

/** Random numbers that are the same on every machine for the same seed and name. */
export class Random {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  /** @param name the purpose of the numbers: streams with different names are independent */
  constructor(seed: Seed, name: string) {
    this.#generator =
      typeof seed === 'number'
        ? xoroshiro128plus(createHash('sha256').update(`${seed} ${name}`).digest().readInt32LE(0))
        : xoroshiro128plusFromState(seed.state(name));
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

/** A benchmark-form item and its twins. */
export type Fact = readonly ProbeItem[];

export type Placed = Pick<ProbeItem, 'fact' | 'capability' | 'family' | 'cluster'> & {
  readonly level?: number | undefined;
  /** Set for items of several suites. */
  readonly suite?: string | undefined;
};

/** Smaller strata say little by themselves: they are joined. */
const LEAST_STRATUM = 5;

/** The first block allows a first judgment. Later ones add an eighth: each reads the beginnings of templates again. */
const FIRST_BLOCK = { least: 46, most: 108, share: 0.27 };
const NEXT_BLOCK = { least: 10, share: 0.12 };

/** A last block of less than this share of all facts is asked with the one before. */
const SMALL_REST = 0.05;

/**
 * All facts in blocks, in a random order that depends only on the seed. Each block takes the same share c of the R
 * facts left in each stratum: ⌊cR⌋ or ⌈cR⌉, at random with mean cR, independently of other strata, and at random which.
 * So every beginning is a stratified sample, and every fact left is equally likely to come next, which `logEvidence`
 * needs. A larger budget asks everything that a smaller one asks.
 */
export function balancedBlocks<T extends Placed>(items: readonly T[], seed: number): Array<readonly T[]>[] {
  const facts: Array<readonly T[]> = [
    ...groupBy(items, (item) => JSON.stringify([item.suite ?? null, item.fact])).values(),
  ];
  const strata = strataOf(facts).map(({ name, members }) => {
    const random = new Random(seed, `subset ${name}`);
    return { random, left: random.shuffle(members) };
  });
  const blocks: Array<readonly T[]>[] = [];
  let left = facts.length;
  for (const size of blockSizes(facts.length)) {
    const share = Math.min(1, size / left);
    const taken = strata.map(({ random, left: own }) => own.splice(0, roundAtRandom(share * own.length, random)));
    blocks.push(inTurn(taken));
    left = strata.reduce((sum, { left: own }) => sum + own.length, 0);
    if (left === 0) break;
  }
  return blocks.filter(({ length }) => length > 0);
}

/** All facts in the order of their blocks: every beginning is a stratified sample. */
export function stratifiedSample(items: readonly ProbeItem[], seed: number): Fact[] {
  return balancedBlocks(items, seed).flat();
}

/** Planned sizes; the last block takes all that is left. */
function blockSizes(facts: number): number[] {
  const sizes: number[] = [];
  let size = Math.max(FIRST_BLOCK.least, Math.min(FIRST_BLOCK.most, FIRST_BLOCK.share * facts));
  let asked = 0;
  while (asked + size < (1 - SMALL_REST) * facts) {
    sizes.push(size);
    asked += size;
    size = Math.max(NEXT_BLOCK.least, NEXT_BLOCK.share * asked);
  }
  return [...sizes, Infinity];
}

/** One of the two integers around a number, with that number as its mean. */
function roundAtRandom(x: number, random: Random): number {
  const whole = Math.floor(x);
  const steps = 2 ** 30;
  return whole + (random.int(0, steps - 1) < (x - whole) * steps ? 1 : 0);
}

/** All of them, so that every beginning has about the same share of each list. */
function inTurn<T>(lists: ReadonlyArray<readonly T[]>): T[] {
  const placed = lists.flatMap((list) => list.map((element, i) => ({ element, place: (i + 0.5) / list.length })));
  return placed.sort((a, b) => a.place - b.place).map(({ element }) => element);
}

/** Facts of one suite, capability, family, level and templates. Small strata are joined by fewer and fewer of these. */
function strataOf<T extends Placed>(facts: ReadonlyArray<readonly T[]>) {
  const strata: { readonly name: string; readonly members: Array<readonly T[]> }[] = [];
  let rest = facts;
  for (const keyOf of [byTemplates, byFamily, byCapability, bySuite]) {
    const groups = [...groupBy(rest, keyOf)].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, members] of groups)
      if (members.length >= LEAST_STRATUM) strata.push({ name, members: [...members] });
    rest = groups.flatMap(([, members]) => (members.length >= LEAST_STRATUM ? [] : members));
  }
  return rest.length === 0 ? strata : [...strata, { name: 'rest', members: [...rest] }];
}

function by(...keys: readonly (keyof Placed)[]): (fact: readonly Placed[]) => string {
  return ([first]) => JSON.stringify(keys.map((key) => first?.[key]));
}

const bySuite = by('suite');
const byCapability = by('suite', 'capability');
const byFamily = by('suite', 'capability', 'family', 'level');
const byTemplates = (fact: readonly Placed[]): string =>
  JSON.stringify([byFamily(fact), [...new Set(fact.map(({ cluster }) => cluster))].sort()]);
