/** Names of the models that wrap others: releases of one library, and adapters and checkpoints, differ in them. */
const WRAPPERS =
  /^(?:base_model|model|language_model|text_model|transformer|gpt_neox|backbone|decoder|_orig_mod|module)\./;

/** The name without the wrappers before it: `model.language_model.layers.0.…` is `layers.0.…`. */
function bareName(name: string): string {
  let bare = name;
  while (WRAPPERS.test(bare)) bare = bare.replace(WRAPPERS, '');
  return bare;
}

/** Finds the tensor that another file has under the same name, or under the same name inside other wrappers. */
export class TensorNames<T extends { readonly name: string }> {
  readonly #exact: ReadonlyMap<string, T>;
  readonly #bare = new Map<string, T | 'ambiguous'>();

  constructor(tensors: ReadonlyMap<string, T>) {
    this.#exact = tensors;
    for (const entry of tensors.values()) {
      const bare = bareName(entry.name);
      this.#bare.set(bare, this.#bare.has(bare) ? 'ambiguous' : entry);
    }
  }

  /** @returns null where there is none, or where several differ in their wrappers alone */
  find(name: string): T | null {
    const found = this.#exact.get(name) ?? this.#bare.get(bareName(name)) ?? null;
    return found === 'ambiguous' ? null : found;
  }
}
