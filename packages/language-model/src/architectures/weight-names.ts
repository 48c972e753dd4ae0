/** Names relative to the backbone, in files without a prefix. */
export const IN_BACKBONE = /^(layers|h|embed_tokens|wte)\./;

export const IN_LAYER = /^layers\.\d+\./;

/** Tables and masks that older versions of transformers saved. */
export const BUFFER = /\.(rotary_emb\.\w+|attn\.(masked_)?bias|attention\.(masked_)?bias)$/;

/** Suffix of a message after the first of several names. */
export function andMore(names: readonly string[]): string {
  return names.length > 1 ? ` and ${names.length - 1} more` : '';
}
