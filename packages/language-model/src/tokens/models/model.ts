/** From pieces of a text to ids, as one kind of `model` in tokenizer.json. */
export interface TokenizerModel {
  /** @throws Error for a piece without a token, if there is no unknown token */
  encode(piece: string): readonly number[];
  idOf(token: string): number | undefined;
  tokenOf(id: number): string | undefined;
  /** Number of tokens in the vocabulary, without added ones. */
  readonly size: number;
}

/** A vocabulary, which is too large for a schema of each entry. @throws Error for an id that is not a number */
export function indexVocabulary(vocab: Readonly<Record<string, unknown>>) {
  const ids = new Map<string, number>();
  const tokens = new Map<number, string>();
  for (const [token, id] of Object.entries(vocab)) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0) throw new Error(`the token ${token} has no id`);
    ids.set(token, id);
    tokens.set(id, token);
  }
  const lookUp: Omit<TokenizerModel, 'encode'> = {
    idOf: (token) => ids.get(token),
    tokenOf: (id) => tokens.get(id),
    size: ids.size,
  };
  return { ids, lookUp };
}
