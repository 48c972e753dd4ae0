import { innerName } from '../match-names.ts';

/** Finds the tensor that another file has under the same name, or under that name inside other containers. */
export class TensorNames<T extends { readonly name: string }> {
  readonly #exact: ReadonlyMap<string, T>;
  readonly #inner = new Map<string, T | 'ambiguous'>();

  constructor(tensors: ReadonlyMap<string, T>) {
    this.#exact = tensors;
    for (const entry of tensors.values()) {
      const inner = innerName(entry.name);
      this.#inner.set(inner, this.#inner.has(inner) ? 'ambiguous' : entry);
    }
  }

  /** @returns null without one, or if several differ in their containers alone */
  find(name: string): T | null {
    const found = this.#exact.get(name) ?? this.#inner.get(innerName(name)) ?? null;
    return found === 'ambiguous' ? null : found;
  }
}
