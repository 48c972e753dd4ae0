import { clusterInterval } from '../../statistics/index.ts';
import { type LikelihoodKind, likelihoodChange } from '../pairing/graded.ts';
import type { PairedItem } from '../pairing/paired-item.ts';
import { type Members, numbersByUnit } from '../pairing/sample.ts';
import type { Estimate } from '../rows/fields.ts';
import type { ProbeComparison } from '../rows/probes.ts';
import { LEAST_FACTS } from './kinds.ts';

type Row = ProbeComparison['graded'][number];

/** Null: likelihoods of fewer facts are known than judge anything. */
export function likelihoodLoss(members: Members, level: number, kind: LikelihoodKind): Row['likelihood'] {
  const known = membersWith(members, kind);
  const bytes = bytesOf(known.flat());
  const perFact = bytes / known.length;
  const interval = intervalOf(known, level, (own) => factLikelihoodChange(own, perFact, kind));
  return interval && { facts: known.length, bytes, ...estimateOf(interval) };
}

export function amongLoss(members: Members, level: number): NonNullable<Row['among']> | null {
  const loss = likelihoodLoss(members, level, 'among');
  const known = membersWith(members, 'among');
  const perFact = bytesOf(known.flat()) / known.length;
  const changeIn = (own: readonly PairedItem[], kind: LikelihoodKind) => factLikelihoodChange(own, perFact, kind);
  const moved = intervalOf(known, level, (own) => changeIn(own, 'likelihood') - changeIn(own, 'among'));
  return loss && moved && { ...loss, moved: estimateOf(moved) };
}

function membersWith(members: Members, kind: LikelihoodKind): PairedItem[][] {
  return members
    .map((own) => own.filter((item) => likelihoodChange(item, kind) !== null))
    .filter(({ length }) => length > 0);
}

export function intervalOf(known: Members, level: number, numberOf: (own: readonly PairedItem[]) => number) {
  const units = numbersByUnit(known, numberOf);
  return units.length < LEAST_FACTS ? null : clusterInterval(units, level);
}

/** Bytes of a short answer: a number or a name is one token, whose likelihood moves like a word's. */
const LEAST_BYTES = 8;

/** Bytes of right answers, the divisor of changes of likelihood. */
export function bytesOf(items: readonly PairedItem[]): number {
  return items.reduce((sum, item) => sum + Math.max(LEAST_BYTES, item.baseline.likelihood?.bytes ?? 0), 0);
}

/** Cap on the change of a fact of mean length, in nats per byte, so that no single fact decides. */
export const MOST_PER_BYTE = 0.5;

/** At most MOST_PER_BYTE in either direction. @param perFact bytes of all facts divided by their number */
export function factLikelihoodChange(
  items: readonly PairedItem[],
  perFact: number,
  kind: LikelihoodKind = 'likelihood',
): number {
  const change = items.reduce((sum, item) => sum + (likelihoodChange(item, kind) ?? 0), 0) / perFact;
  return Math.max(-MOST_PER_BYTE, Math.min(MOST_PER_BYTE, change));
}

export function estimateOf({ mean, lower, upper }: { mean: number; lower: number; upper: number }): Estimate {
  return { value: mean, lower, upper };
}
