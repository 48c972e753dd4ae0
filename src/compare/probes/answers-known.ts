import { exactSignFlip } from '../../statistics/sign-flip.ts';
import type { KindRow } from './comparison.ts';
import { LEAST_FACTS } from './kinds.ts';
import { changeOf, type PairedAnswers, type PairedItem } from './paired-item.ts';

/** Twins that know nothing of letters rose by chance so often. */
const ALPHA = 0.01;

/**
 * Did the candidate learn the answers of a suite as well as its letters? Its `open`, `fresh` or `group` twins rose, by an
 * exact test, and by enough of what its exam form gained.
 * @param kinds where there is a transfer of a kind, it decides; without one, the points do
 */
export function areAnswersKnown(
  suite: string,
  { facts, unjudged, groups }: Pick<PairedAnswers, 'facts' | 'unjudged' | 'groups'>,
  kinds: readonly KindRow[],
  leastTransfer: number,
): boolean {
  const own = [...facts, ...unjudged].filter(({ exam }) => exam.suite === suite);
  const gain = meanChange(own.map(({ exam }) => exam));
  return (['open', 'fresh', 'group'] as const).some((kind) => {
    const units =
      kind === 'group'
        ? groups.filter(({ of }) => of === suite).flatMap(({ items }) => items.map((item) => [item]))
        : own.map(({ twins }) => twins.filter((twin) => twin.kind === kind)).filter(({ length }) => length > 0);
    // A few facts whose answers are known do not excuse the letters of all the others.
    if (units.length < LEAST_FACTS || !hasRisen(units)) return false;
    const rows = kinds.filter((row) => row.suite === suite && row.kind === kind);
    const transfers = rows.flatMap(({ transfer }) => transfer ?? []);
    if (transfers.length > 0) return transfers.every(({ value }) => value >= leastTransfer);
    return meanChange(units.flat()) >= leastTransfer * gain;
  });
}

function hasRisen(units: readonly (readonly PairedItem[])[]): boolean {
  return exactSignFlip(units.map((items) => -items.reduce((sum, item) => sum + changeOf(item), 0))) < ALPHA;
}

function meanChange(items: readonly PairedItem[]): number {
  return items.reduce((sum, item) => sum + changeOf(item), 0) / Math.max(1, items.length);
}
