/** Names relative to the backbone, without which a file has no prefix. */
export const IN_BACKBONE = /^(layers|h|embed_tokens|wte)\./;

/** The layer of a module. */
export const IN_LAYER = /^layers\.\d+\./;

/** Tables and masks that older versions of transformers saved with the weights. */
export const BUFFER = /\.(rotary_emb\.\w+|attn\.(masked_)?bias|attention\.(masked_)?bias)$/;

/** Suffix of a message after the first of several names. */
export function andMore(names: readonly string[]): string {
  return names.length > 1 ? ` and ${names.length - 1} more` : '';
}
