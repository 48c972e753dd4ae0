import { UserError } from '../../platform/user-error.ts';
import type { ProbeItem } from '../item.ts';
import { quote } from './probe-record.ts';

/** An item and where it stands in its file. */
export interface PlacedItem {
  readonly where: string;
  readonly item: ProbeItem;
}

/**
 * Twins need a benchmark form of the same capability and family, and benchmark forms a twin: the statistics are of
 * pairs, and an item outside one would be dropped without a word.
 * @throws UserError with the line of the first item that is not paired
 */
export function checkPairs(placed: readonly PlacedItem[]): void {
  const byId = new Map(placed.map((entry) => [entry.item.id, entry]));
  for (const { item, where } of placed) if (item.form === 'twin') checkTwin(item, where, byId.get(item.fact));
  const facts = new Set(placed.flatMap(({ item }) => (item.form === 'twin' ? [item.fact] : [])));
  for (const { item, where } of placed) {
    if (item.form === 'twin' || facts.has(item.id)) continue;
    throw new UserError(`${where}: ${quote(item.id)} has no twin`, 'give it one, or leave it out');
  }
}

function checkTwin(item: ProbeItem, where: string, partner: PlacedItem | undefined): void {
  const of = `${where}: twin_of: ${quote(item.fact)}`;
  if (!partner) throw new UserError(`${of} is not in the file`, 'add the benchmark form, or mend the id');
  if (partner.item.form === 'twin') {
    throw new UserError(`${of} is a twin itself, on ${partner.where}`, 'name the benchmark form of both');
  }
  for (const key of ['capability', 'family'] as const) {
    if (item[key] === partner.item[key]) continue;
    throw new UserError(
      `${where}: ${key}: ${quote(item[key])}, but its benchmark form on ${partner.where} has ${quote(partner.item[key])}`,
      'give both the same',
    );
  }
}
