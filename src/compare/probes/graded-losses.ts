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
  const level = exclusionLevel(policy);
  const members = facts.map(gradedItems);
  const items = members.flat();
  const expected = clusterInterval(
    members.map((own) => own.map(expectedChange)),
    level,
  );
  if (expected === null) return null;
  const mean = (side: Side) => items.reduce((sum, item) => sum + expectedAccuracy(item, side), 0) / items.length;
  return {
    ...scope,
    facts: facts.length,
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
export function isLossExcluded(row: GradedLoss, policy: ProbePolicy, margin = policy['twin-accuracy'].margin): boolean {
  const { lower } = row.expected;
  return row.isGraded && lower !== null && lower > -margin && likelihoodIsExcluded(row, policy);
}

export function likelihoodIsExcluded({ likelihood }: GradedLoss, policy: ProbePolicy): boolean {
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
