import { at } from '@shadow-gate/platform';

/** Token sequences as one tree in which shared beginnings occur once. A parent's slot comes before its children's. */
export class TokenTree {
  readonly tokens: number[] = [];
  /** Slot of the token before; −1 for a first token. */
  readonly parents: number[] = [];
  /** Number of tokens before it in its sequence. */
  readonly depths: number[] = [];
  readonly #children = new Map<number, Map<number, number>>();

  get size(): number {
    return this.tokens.length;
  }

  get isChain(): boolean {
    return this.parents.every((parent, slot) => parent === slot - 1);
  }

  /** @returns the slot of each token of the sequence */
  add(sequence: readonly number[]): number[] {
    let parent = -1;
    return sequence.map((token) => {
      const children = this.#children.get(parent) ?? new Map<number, number>();
      this.#children.set(parent, children);
      let slot = children.get(token);
      if (slot === undefined) {
        slot = this.tokens.length;
        this.tokens.push(token);
        this.parents.push(parent);
        this.depths.push(parent === -1 ? 0 : at(this.depths, parent) + 1);
        children.set(token, slot);
      }
      parent = slot;
      return slot;
    });
  }
}
