/** From pieces of a text to ids, as one kind of `model` in tokenizer.json does it. */
export interface TokenizerModel {
  /** @throws Error for a piece without a token, if there is no unknown token */
  encode(piece: string): readonly number[];
  idOf(token: string): number | undefined;
  tokenOf(id: number): string | undefined;
  /** How many tokens the vocabulary has, without added ones. */
  readonly size: number;
}
