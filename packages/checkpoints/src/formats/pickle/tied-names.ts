import type { TensorEntry } from '../../tensors/tensor-entry.ts';

/** Pickles have shared weights under each name. As in safetensors, the first stays, unless the config unties them. */
export function withoutTied(entries: readonly TensorEntry[], config: Readonly<Record<string, unknown>> | null) {
  const text = config?.text_config as Record<string, unknown> | undefined;
  if ([config, text].some((section) => section?.tie_word_embeddings === false)) return [...entries];
  const seen = new Set<string>();
  return entries.filter(({ file, offset, dtype, shape, size, layout }) => {
    if (size === 0 || layout || shape.length < 2) return true;
    const key = JSON.stringify([file, offset, dtype, shape]);
    const isFirst = !seen.has(key);
    seen.add(key);
    return isFirst;
  });
}
