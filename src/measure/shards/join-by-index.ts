import { at, UserError } from '@shadow-gate/platform';

/** Some items of a list, from one file. */
interface IndexedPart<T> {
  readonly path: string;
  /** The index of each item in the whole list. */
  readonly indices: readonly number[];
  readonly items: readonly T[];
}

const HINT = 'measure its shard again with the version that measured the others';

/** Number of files that an error names. */
const MAX_NAMED = 4;

/**
 * Join the parts of a list.
 * @returns the items in the order of their indices
 * @param list `name` of an item, in errors; number of indices in all, and of those with an item (by default all)
 * @throws UserError naming the file with an index that is missing, taken twice, or too large
 */
export function joinByIndex<T>(
  parts: ReadonlyArray<IndexedPart<T>>,
  { name, length, filled = length }: { readonly name: string; readonly length: number; readonly filled?: number },
): Array<{ readonly index: number; readonly item: T }> {
  const joined = new Map<number, { readonly path: string; readonly item: T }>();
  for (const { path, indices, items } of parts) {
    if (indices.length !== items.length) {
      throw new UserError(
        `${path} is damaged: its numbers of ${name} entries (${items.length}) and of their indices (${indices.length}) differ`,
        HINT,
      );
    }
    for (const [i, index] of indices.entries()) {
      if (index >= length) throw new UserError(`${path} has ${name} ${index + 1} of ${length}`, HINT);
      const other = joined.get(index);
      if (other) {
        const both = other.path === path ? `${path} has twice` : `${other.path} and ${path} both have`;
        throw new UserError(`${both} ${name} ${index + 1} of ${length}`, HINT);
      }
      joined.set(index, { path, item: at(items, i) });
    }
  }
  if (joined.size !== filled) {
    const files = parts.map(({ path }) => path);
    const named = `${files.slice(0, MAX_NAMED).join(', ')}${files.length > MAX_NAMED ? ', …' : ''}`;
    throw new UserError(`${named} together have ${joined.size} of ${filled} ${name} entries`, HINT);
  }
  return [...joined].sort(([a], [b]) => a - b).map(([index, { item }]) => ({ index, item }));
}
