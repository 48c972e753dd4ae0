/**
 * Token sequences that share their beginnings, as one tree: the shared tokens are computed once. Slots are in the order in
 * which they were added, so a parent comes before its children.
 */
export class TokenTree {
  readonly tokens: number[] = [];
  /** Slot of the token before; −1 at the beginning. */
  readonly parents: number[] = [];
  /** Distance from the beginning, from zero. */
  readonly depths: number[] = [];
  readonly #children = new Map<number, Map<number, number>>();

  get size(): number {
    return this.tokens.length;
  }

  /** Is it one plain sequence? */
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
        this.depths.push(parent === -1 ? 0 : (this.depths[parent] as number) + 1);
        children.set(token, slot);
      }
      parent = slot;
      return slot;
    });
  }
}
