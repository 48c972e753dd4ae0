import { placeOf } from './module-type.ts';
import type { TensorEntry } from './types.ts';

/** One row for each position or kind of segment, not for each token. */
const OTHER_TABLE = /(pos|wpe|type|segment)/i;

/**
 * The embeddings of tokens, to which a tied output layer belongs: of several tables the largest, without those of positions
 * and segments.
 * @returns null if there is none
 */
export function tokenEmbedding(tensors: Iterable<TensorEntry>): TensorEntry | null {
  const tables = [...tensors].filter(({ name, shape }) => {
    const { module, component } = placeOf(name, { multimodal: true });
    return module === 'embed' && component !== 'vision' && shape.length === 2 && !OTHER_TABLE.test(name);
  });
  return tables.sort((a, b) => b.size - a.size)[0] ?? null;
}
