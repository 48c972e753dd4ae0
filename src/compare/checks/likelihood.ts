import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { SuiteLevel } from '../../policy/suite-tier.ts';
import type { Check } from '../check.ts';
import type { ComparisonContext } from '../context.ts';
import { LEAST_FACTS } from '../estimates/kinds.ts';
import { type Finding, mildestOf } from '../finding.ts';
import { factsWithTwins } from '../pairing/groups.ts';
import { nameInPair } from '../pairing/paired-facts.ts';
import type { PairedItem } from '../pairing/paired-item.ts';
import { byLevel, type SuitePool } from '../pairing/pool.ts';
import type { GradedLoss } from '../rows/losses.ts';
import type { GradedRule } from '../sequential/graded-rule.ts';
import type { KnownAnswers } from '../sequential/harm-rule.ts';
import {
  areScaled,
  failingFalls,
  fallsLeftOpen,
  fallsShown,
  gradedItems,
  gradedScopes,
  hasMassMoved,
  isFallExcluded,
  isFallFailing,
  isFallShown,
  isOfAllFacts,
  LIKELIHOOD_SHARES,
  type LikelihoodMeasure,
  likelihoodLimit,
} from '../tests/graded-losses.ts';

/**
 * A fall of the answer likelihood beyond the policy's limit, with its bound: over everything, a capability or a suite.
 * Expected accuracy that fell as well, by what a loss has to be, makes it a failure; a fall alone may be another style,
 * and warns.
 */
export const likelihoodLossCheck = { find, graded } satisfies Check;

/** The same facts as the rows of a report: everything, and parts with enough of them. */
function graded({ facts, groups, evaluation }: KnownAnswers, policy: ProbePolicy): GradedRule[] {
  const { margin } = policy['twin-accuracy'];
  return gradedScopes(factsWithTwins(facts, groups), evaluation.pool)
    .filter((scope) => isOfAllFacts(scope) || scope.facts.length >= LEAST_FACTS)
    .map(({ facts: own, ...scope }) => ({
      of: { kind: 'likelihood-loss', ...scope },
      facts: own,
      itemsOf: gradedItems,
      limit: likelihoodLimit(scope, policy),
      failing: failingFalls({ ...scope, isScaled: areScaled(own.flatMap(gradedItems)) }, policy),
      margin: isOfAllFacts(scope) ? margin : null,
    }));
}

function find({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { comparison, pool } = probes.evaluation;
  return likelihoodLosses(comparison.graded, policy, pool);
}

/**
 * @param rows how graded outcomes changed: of everything and of parts
 * @param pool the suites that everything is
 */
export function likelihoodLosses(rows: readonly GradedLoss[], policy: ProbePolicy, pool: SuitePool): Finding[] {
  const { level } = policy['answer-likelihood'];
  const fallen = rows.filter((row) => isFallShown(row, policy));
  // Where all facts together fail, no list of the parts is needed.
  const whole = fallen.filter(isOfAllFacts);
  const isFailing = whole.some((row) => isFallFailing(row, policy));
  const shown = fallen.filter((row) => !isFailing || isOfAllFacts(row) || (row.suite !== null && !pool.has(row.suite)));
  return shown.flatMap((row) => {
    const limit = likelihoodLimit(row, policy);
    const numbers = numbersOf(row, fallsShown(row, limit)[0], { limit, of: 'shown' });
    const isConfirmed = isFallFailing(row, policy);
    return numbers === null
      ? []
      : [{ kind: 'likelihood-loss', level: isConfirmed ? level : mildestOf(level, 'warn'), ...numbers, isConfirmed }];
  });
}

/** Answers whose likelihood only the baseline knows: without them, a fall could not show. */
export function missingLikelihoodCheck({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  // A server does not say how likely answers are among others, and not with scaled logits either.
  const isMissing = ({ baseline: { likelihood: theirs }, candidate: { likelihood: ours } }: PairedItem) =>
    theirs !== undefined && (ours === undefined || (theirs.among && !ours.among && ours.scaled !== undefined));
  // What the candidate could not answer is a failure of its own.
  const lost = new Set(probes.lost.map(({ suite, id }) => nameInPair(id, suite, probes.baseline.suites.length > 1)));
  const missing = probes.items.filter((item) => isMissing(item) && !lost.has(item.id));
  return likelihoodsMissing(byLevel(missing, policy));
}

export function likelihoodsMissing(byLevels: ReadonlyMap<SuiteLevel, readonly unknown[]>): Finding[] {
  return [...byLevels].map(([gravest, { length: items }]) => {
    return { kind: 'likelihood-missing', level: mildestOf(gravest, 'inconclusive'), items };
  });
}

/**
 * A fall over everything that the bound does not rule out. What fell for certain and by half of the limit at least is a
 * small loss: a warning, since more answers would say the same. Else too little is known.
 */
export function unclearLikelihood(row: GradedLoss | undefined, policy: ProbePolicy): Finding[] {
  const { level, limit } = policy['answer-likelihood'];
  if (level === 'info' || row === undefined || isFallExcluded(row, limit)) return [];
  const numbers = numbersOf(row, fallsLeftOpen(row, limit)[0], { limit, of: 'excluded' });
  if (numbers === null) return [];
  return [{ kind: 'likelihood-unclear', level: isSmallLoss(numbers) ? 'warn' : 'inconclusive', ...numbers }];
}

/** It fell for certain, and by half of the limit at least. */
export function isSmallLoss({ change, upper, limit }: { change: number; upper: number; limit: number }): boolean {
  return upper < 0 && change <= -limit / 2;
}

/** @param fall the kind of likelihood that says so; that among all tokens comes first */
function numbersOf(
  { capability, suite, expected }: GradedLoss,
  fall: LikelihoodMeasure | undefined,
  { limit, of }: { readonly limit: number; readonly of: 'shown' | 'excluded' },
) {
  if (fall === undefined) return null;
  const { kind, facts, value, lower, upper } = fall;
  const share = LIKELIHOOD_SHARES[kind][of];
  if (lower === null || upper === null) return null;
  const isAmong = kind === 'among' ? { isAmong: true as const } : {};
  const numbers = { facts, change: value, lower, upper, limit: share * limit, expected: expected.value };
  return { capability, suite, ...numbers, ...isAmong };
}

/** Probability that moved to right answers from tokens that are never right: nothing is softened by it. */
export function answerMassCheck({ probes, policy }: ComparisonContext): Finding[] {
  const whole = probes.kind === 'paired' ? probes.evaluation.comparison.graded.find(isOfAllFacts) : undefined;
  const limit = policy['answer-likelihood'].limit / 2;
  if (!whole?.among || !hasMassMoved(whole, limit)) return [];
  const { facts, moved } = whole.among;
  return [{ kind: 'answer-mass', level: 'info', facts, moved: moved.value, lower: moved.lower ?? 0, limit }];
}
