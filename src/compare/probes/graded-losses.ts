import type { z } from 'zod';
import { groupBy } from '../../platform/group-by.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { BUILTIN } from '../../probes/suite.ts';
import { clusterInterval } from '../../statistics/index.ts';
import { exclusionLevel } from './change-interval.ts';
import type { Estimate, gradedRowSchema } from './comparison.ts';
import { expectedAccuracy, expectedChange, likelihoodChange } from './graded.ts';
import { LEAST_FACTS } from './kinds.ts';
import type { PairedFact, PairedItem, Side } from './paired-item.ts';

/** How graded outcomes changed: of everything, one capability or one suite. */
export type GradedLoss = z.infer<typeof gradedRowSchema>;

/** What is compared, and the facts that rise and fall together. */
export interface GradedScope extends Pick<GradedLoss, 'capability' | 'suite'> {
  readonly facts: readonly PairedFact[];
}

/**
 * The answers of a fact that show a loss: of the built-in suite, whose questions nobody can have learned, in both forms; of a file its
 * twins, since a learned exam would hide what they lost.
 */
export function gradedItems({ benchmark, twins }: PairedFact): readonly PairedItem[] {
  if (twins.length === 0) return [benchmark];
  return benchmark.suite === BUILTIN ? [benchmark, ...twins] : twins;
}

/** The least loss of accuracy that is one whatever the graded outcomes say is so much beyond the limit of its rule. */
const beyond = (limit: number, { 'twin-accuracy': { margin } }: ProbePolicy): number => limit + margin;

/**
 * Is a loss that an exact test shows no more than answers near a tie that fell to the other side? The graded outcomes of the same
 * answers rule out a loss of the policy's margin then, and it is not much beyond its limit.
 */
export function isNearTies({ facts, itemsOf, drop, limit }: ShownLoss, policy: ProbePolicy): boolean {
  if (drop >= beyond(limit, policy)) return false;
  const row = measureChange(facts.map(itemsOf), policy);
  return row !== null && row.likelihood !== null && isLossExcluded(row, policy);
}

/** A loss that an exact test shows on these answers, as a share of them, and the limit of its rule. */
interface ShownLoss {
  readonly facts: readonly PairedFact[];
  readonly itemsOf: (fact: PairedFact) => readonly PairedItem[];
  readonly drop: number;
  readonly limit: number;
}

/** Everything first, then each capability and each suite, if there are several. */
export function gradedScopes(facts: readonly PairedFact[]): GradedScope[] {
  const parts = (key: 'capability' | 'suite') => {
    const groups = [...groupBy(facts, ({ benchmark }) => benchmark[key])];
    return groups.length > 1 ? groups : [];
  };
  return [
    { capability: null, suite: null, facts },
    ...parts('capability').map(([capability, own]) => ({ capability, suite: null, facts: own })),
    ...parts('suite').map(([suite, own]) => ({ capability: null, suite, facts: own })),
  ].filter((scope) => scope.facts.length > 0);
}

/**
 * The change of both graded outcomes, with Student's intervals over facts: of expected accuracy the mean over answers, of answer
 * likelihood the sum over answers divided by their bytes. The ends are one-sided bounds at the policy's `alpha`.
 */
export function measureGradedLoss({ facts, ...scope }: GradedScope, policy: ProbePolicy): GradedLoss | null {
  const change = measureChange(facts.map(gradedItems), policy);
  return change && { ...scope, ...change };
}

type GradedChange = Omit<GradedLoss, 'capability' | 'suite'>;

/** @param members the answers of each fact */
function measureChange(members: ReadonlyArray<readonly PairedItem[]>, policy: ProbePolicy): GradedChange | null {
  const level = exclusionLevel(policy);
  const items = members.flat();
  const expected = clusterInterval(
    members.map((own) => own.map(expectedChange)),
    level,
  );
  if (expected === null) return null;
  const mean = (side: Side) => items.reduce((sum, item) => sum + expectedAccuracy(item, side), 0) / items.length;
  return {
    facts: members.length,
    items: items.length,
    isGraded: items.every(({ graded }) => graded !== undefined),
    expected: { baseline: mean('baseline'), candidate: mean('candidate'), ...estimateOf(expected) },
    likelihood: likelihoodLoss(members, level),
  };
}

export function isOfAllFacts({ capability, suite }: Pick<GradedLoss, 'capability' | 'suite'>): boolean {
  return capability === null && suite === null;
}

/** Do the graded outcomes rule out a loss of these sizes? Where no likelihood is known, only expected accuracy can. */
export function isLossExcluded(row: GradedChange, policy: ProbePolicy): boolean {
  const { lower } = row.expected;
  const { margin } = policy['twin-accuracy'];
  return row.isGraded && lower !== null && lower > -margin && likelihoodIsExcluded(row, policy);
}

export function likelihoodIsExcluded({ likelihood }: GradedChange, policy: ProbePolicy): boolean {
  return likelihood === null || (likelihood.lower !== null && likelihood.lower > -policy['answer-likelihood'].limit);
}

/** Null where the likelihoods of fewer facts are known than judge anything. */
function likelihoodLoss(members: ReadonlyArray<readonly PairedItem[]>, level: number): GradedLoss['likelihood'] {
  const known = members
    .map((own) => own.filter((item) => likelihoodChange(item) !== null))
    .filter(({ length }) => length > 0);
  if (known.length < LEAST_FACTS) return null;
  const bytes = known.flat().reduce((sum, item) => sum + (item.bytes ?? 1), 0);
  const perFact = bytes / known.length;
  const interval = clusterInterval(
    known.map((own) => [own.reduce((sum, item) => sum + clipped(item), 0) / perFact]),
    level,
  );
  return interval && { facts: known.length, bytes, ...estimateOf(interval) };
}

/** Nats per byte of one answer: what changes by more counts as this much, so that no single answer decides. */
export const MOST_PER_BYTE = 2;

function clipped(item: PairedItem): number {
  const most = MOST_PER_BYTE * (item.bytes ?? 1);
  return Math.max(-most, Math.min(most, likelihoodChange(item) ?? 0));
}

function estimateOf({ mean, lower, upper }: { mean: number; lower: number; upper: number }): Estimate {
  return { value: mean, lower, upper };
}
