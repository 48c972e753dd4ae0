/** Merges by the ids of the two symbols. */
export interface Merges {
  /** Above every id: the key of a pair (a, b) is a·size + b. */
  readonly size: number;
  /** Lower ranks are merged first. */
  readonly rankOf: ReadonlyMap<number, number>;
  /** By rank: the id of the merged symbol. */
  readonly results: readonly number[];
}

/** Merge the lowest-ranked pair, the leftmost of several, until no neighbors can be merged. */
export function mergeAll(symbols: readonly number[], merges: Merges): readonly number[] {
  if (symbols.length < 2) return symbols;
  return symbols.length <= SHORT ? mergeShort(symbols, merges) : mergeLong(symbols, merges);
}

/** Up to this length, scanning all pairs costs less than a heap. */
const SHORT = 24;

const NONE = Number.POSITIVE_INFINITY;

function rank({ size, rankOf }: Merges, left: number, right: number): number {
  return rankOf.get(left * size + right) ?? NONE;
}

function mergeShort(symbols: readonly number[], merges: Merges): readonly number[] {
  const word = [...symbols];
  const ranks: number[] = [];
  for (let i = 0; i + 1 < word.length; i++) ranks.push(rank(merges, word[i] ?? 0, word[i + 1] ?? 0));
  for (;;) {
    let best = -1;
    let lowest = NONE;
    for (const [index, value] of ranks.entries()) {
      if (value < lowest) {
        lowest = value;
        best = index;
      }
    }
    if (best < 0) return word;
    word.splice(best, 2, merges.results[lowest] ?? 0);
    ranks.splice(best, 1);
    if (best > 0) ranks[best - 1] = rank(merges, word[best - 1] ?? 0, word[best] ?? 0);
    if (best < ranks.length) ranks[best] = rank(merges, word[best] ?? 0, word[best + 1] ?? 0);
  }
}

interface Candidate {
  readonly position: number;
  readonly rank: number;
  /** The symbols when the pair was found: if one has changed, the pair is stale. */
  readonly left: number;
  readonly right: number;
}

function mergeLong(symbols: readonly number[], merges: Merges): readonly number[] {
  const word = Int32Array.from(symbols);
  const gone = new Uint8Array(word.length);
  const next = Int32Array.from(symbols, (_, i) => i + 1);
  const previous = Int32Array.from(symbols, (_, i) => i - 1);
  const heap: Candidate[] = [];
  const consider = (position: number) => {
    const behind = next[position] ?? word.length;
    if (position < 0 || behind >= word.length) return;
    const [left = 0, right = 0] = [word[position], word[behind]];
    const found = rank(merges, left, right);
    if (found < NONE) push(heap, { position, rank: found, left, right });
  };
  for (let i = 0; i + 1 < word.length; i++) consider(i);
  for (let top = pop(heap); top; top = pop(heap)) {
    const { position } = top;
    const behind = next[position] ?? word.length;
    if (gone[position] || behind >= word.length || word[position] !== top.left || word[behind] !== top.right) continue;
    word[position] = merges.results[top.rank] ?? 0;
    gone[behind] = 1;
    const after = next[behind] ?? word.length;
    next[position] = after;
    if (after < word.length) previous[after] = position;
    consider(previous[position] ?? -1);
    consider(position);
  }
  return [...word].filter((_, i) => !gone[i]);
}

function before(a: Candidate | undefined, b: Candidate | undefined): boolean {
  if (!a || !b) return false;
  return a.rank < b.rank || (a.rank === b.rank && a.position < b.position);
}

function push(heap: Candidate[], item: Candidate): void {
  let i = heap.length;
  heap.push(item);
  while (i > 0) {
    const parent = (i - 1) >> 1;
    const above = heap[parent];
    if (!above || !before(item, above)) break;
    heap[i] = above;
    i = parent;
  }
  heap[i] = item;
}

function pop(heap: Candidate[]): Candidate | undefined {
  const top = heap[0];
  const item = heap.pop();
  if (item === undefined || heap.length === 0) return top;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (before(heap[child + 1], heap[child])) child++;
    const below = heap[child];
    if (!below || !before(below, item)) break;
    heap[i] = below;
    i = child;
  }
  heap[i] = item;
  return top;
}
