import { UserError } from '../../platform/user-error.ts';

/** What one file has of a whole. */
export interface Part<T> {
  readonly path: string;
  /** Of the things, in their order. */
  readonly places: readonly number[];
  readonly things: readonly T[];
}

const MEND = 'measure its shard again with the version that measured the others';

/**
 * Put the parts of a whole together, each thing at its place.
 * @param what one thing is called in an error
 * @param size how many places there are
 * @param filled how many of them have a thing: all, if missing
 * @throws UserError naming the file, for places that are missing, taken twice, or not there
 */
export function joinInPlaces<T>(what: string, size: number, parts: ReadonlyArray<Part<T>>, filled = size): T[] {
  const whole = new Map<number, { readonly path: string; readonly thing: T }>();
  for (const { path, places, things } of parts) {
    if (places.length !== things.length) {
      throw new UserError(`${path} is damaged: a ${what} has no place, or a place no ${what}`, MEND);
    }
    for (const [i, place] of places.entries()) {
      if (place >= size) throw new UserError(`${path} has ${what} ${place + 1} of ${size}`, MEND);
      const other = whole.get(place);
      if (other) {
        const holders = other.path === path ? `${path} has twice` : `${other.path} and ${path} both have`;
        throw new UserError(`${holders} ${what} ${place + 1} of ${size}`, MEND);
      }
      whole.set(place, { path, thing: things[i] as T });
    }
  }
  if (whole.size !== filled) {
    const files = parts.map(({ path }) => path);
    throw new UserError(
      `${files.slice(0, NAMED).join(', ')}${files.length > NAMED ? ', …' : ''} have ${whole.size} of ${filled} places for a ${what}`,
      MEND,
    );
  }
  return [...whole].sort(([a], [b]) => a - b).map(([, { thing }]) => thing);
}

/** Files that an error names. */
const NAMED = 4;
