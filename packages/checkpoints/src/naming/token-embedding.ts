import type { TensorEntry } from '../tensors/tensor-entry.ts';
import { tensorPlace } from './place.ts';

/** Rows for positions or segments instead of tokens; or the smaller embeddings of each layer (Gemma 4). */
const OTHER_TABLE = /(pos|wpe|type|segment|per_layer)/i;

/** The embeddings of tokens: the largest table, without those of positions and segments; null without one. */
export function tokenEmbedding(tensors: Iterable<TensorEntry>): TensorEntry | null {
  const tables = [...tensors].filter(({ name, shape }) => {
    const { module, component } = tensorPlace(name, { multimodal: true });
    return module === 'embed' && component === 'language' && shape.length === 2 && !OTHER_TABLE.test(name);
  });
  return tables.sort((a, b) => b.size - a.size)[0] ?? null;
}
