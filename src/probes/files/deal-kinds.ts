import { Random } from '../random.ts';

/** Larger than any number of items, so that two seldom draw the same. */
const MOST = 2 ** 31 - 1;

/** Something to deal to, and what it may get. */
export interface Player<K> {
  readonly id: string;
  readonly eligible: readonly K[];
}

/**
 * Deal `count` different kinds to each, so that all are used about as often. Who may get few is dealt to first; then
 * the order is that of a draw by id, so the order of the file does not matter.
 * @returns the kinds by id
 */
export function dealKinds<K>(players: readonly Player<K>[], count: number, seed: number): Map<string, readonly K[]> {
  const drawn = players.map((player) => {
    const random = new Random(seed, `kinds of ${player.id}`);
    return { ...player, place: random.int(0, MOST), eligible: random.shuffle(player.eligible) };
  });
  drawn.sort((a, b) => a.eligible.length - b.eligible.length || a.place - b.place || (a.id < b.id ? -1 : 1));
  const used = new Map<K, number>();
  const uses = (kind: K) => used.get(kind) ?? 0;
  const dealt = new Map<string, readonly K[]>();
  for (const { id, eligible } of drawn) {
    const kinds = [...eligible].sort((a, b) => uses(a) - uses(b)).slice(0, count);
    for (const kind of kinds) used.set(kind, uses(kind) + 1);
    dealt.set(id, kinds);
  }
  return dealt;
}
