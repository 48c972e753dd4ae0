/** A vocabulary is too large for a schema of each entry. */
interface Vocabulary {
  readonly ids: ReadonlyMap<string, number>;
  readonly tokens: ReadonlyMap<number, string>;
}

/** @throws Error for an id that is no number */
export function indexVocabulary(vocab: Readonly<Record<string, unknown>>): Vocabulary {
  const ids = new Map<string, number>();
  const tokens = new Map<number, string>();
  for (const [token, id] of Object.entries(vocab)) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0) throw new Error(`the token ${token} has no id`);
    ids.set(token, id);
    tokens.set(id, token);
  }
  return { ids, tokens };
}
