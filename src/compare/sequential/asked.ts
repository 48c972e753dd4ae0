import { at } from '@shadow-gate/platform';
import type { SeenBlocks } from '../../statistics/index.ts';
import type { PairedItem } from '../pairing/paired-item.ts';
import type { Gained } from './gain-rule.ts';
import type { SettlingPlan } from './plan.ts';

export class Asked {
  readonly #items: ReadonlyMap<string, PairedItem>;
  /** By the name of a fact in a pairing. */
  readonly #blocks: ReadonlyMap<string, number>;
  readonly #count: number;

  constructor(items: readonly PairedItem[], { blockOf }: Pick<SettlingPlan, 'blockOf'>, blocks: number) {
    this.#items = new Map(items.map((item) => [item.id, item]));
    this.#blocks = blockOf;
    this.#count = blocks;
  }

  /**
   * The numbers of the facts that were asked, by block; null if the place or the answer of one is not known.
   * @param facts all of them, as pairs of the baseline with itself
   */
  seen<T extends Gained>(
    facts: readonly T[],
    numberOf: (fact: T) => number,
    { lowest, highest }: Pick<SeenBlocks, 'lowest' | 'highest'>,
  ): SeenBlocks | null {
    const blocks: number[][] = Array.from({ length: this.#count }, () => []);
    for (const fact of facts) {
      const block = this.#blocks.get(fact.benchmark.fact);
      if (block === undefined) return null;
      if (block >= this.#count) continue;
      const answered = this.#answered(fact);
      if (answered === null) return null;
      at(blocks, block).push(numberOf(answered));
    }
    return { size: facts.length, blocks, lowest, highest };
  }

  /** The same fact with the candidate's answers; null if it was not asked. */
  #answered<T extends Gained>(fact: T): T | null {
    if ([fact.benchmark, ...fact.twins].some(({ id }) => !this.#items.has(id))) return null;
    const swap = (item: PairedItem): PairedItem => this.#items.get(item.id) ?? item;
    const { benchmark, twins } = fact;
    const rest = 'permuted' in fact ? lettersOf(fact as unknown as Letters, swap) : {};
    return { ...fact, benchmark: swap(benchmark), twins: twins.map(swap), ...rest };
  }
}

interface Letters {
  readonly exam: PairedItem;
  readonly permuted: readonly PairedItem[];
}

function lettersOf({ exam, permuted }: Letters, swap: (item: PairedItem) => PairedItem): Letters {
  return { exam: swap(exam), permuted: permuted.map(swap) };
}
