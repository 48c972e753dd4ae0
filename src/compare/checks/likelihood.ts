import { given } from '@shadow-gate/platform';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { SuiteLevel } from '../../policy/suite-tier.ts';
import type { Check, ComparisonContext } from '../check.ts';
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
  isFallExcluded,
  isFallFailing,
  isFallShown,
  isOfAllFacts,
  LIKELIHOOD_SHARES,
  type LikelihoodMeasure,
  likelihoodLimit,
} from '../tests/graded-losses.ts';

/** A fall beyond the limit. Fails if expected accuracy also fell by enough for a loss; else style may explain it. */
export const likelihoodLossCheck = { find, graded } satisfies Check;

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

/** @param rows of everything and of parts */
export function likelihoodLosses(rows: readonly GradedLoss[], policy: ProbePolicy, pool: SuitePool): Finding[] {
  const { level } = policy['answer-likelihood'];
  const fallen = rows.filter((row) => isFallShown(row, policy));
  // A failure of all facts needs no list of parts.
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

/** Answers whose likelihood only the baseline knows: a fall could not show. */
export function missingLikelihoodCheck({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  // A server states neither likelihoods among right answers nor scaled logits.
  const isMissing = ({ baseline: { likelihood: theirs }, candidate: { likelihood: ours } }: PairedItem) =>
    theirs !== undefined && (ours === undefined || (theirs.among && !ours.among && ours.scaled !== undefined));
  // Lost items fail by themselves.
  const lost = new Set(probes.lost.map(({ suite, id }) => nameInPair(id, suite, probes.baseline.suites.length > 1)));
  const missing = probes.items.filter((item) => isMissing(item) && !lost.has(item.id));
  return likelihoodsMissing(byLevel(missing, policy));
}

export function likelihoodsMissing(byLevels: ReadonlyMap<SuiteLevel, readonly unknown[]>): Finding[] {
  return [...byLevels].map(([gravest, { length: items }]) => {
    return { kind: 'likelihood-missing', level: mildestOf(gravest, 'inconclusive'), items };
  });
}

/** A fall over everything that is not ruled out. A small loss warns, since more answers would not change it. */
export function unclearLikelihood(row: GradedLoss | undefined, policy: ProbePolicy): Finding[] {
  const { level, limit } = policy['answer-likelihood'];
  if (level === 'info' || row === undefined || isFallExcluded(row, limit)) return [];
  const numbers = numbersOf(row, fallsLeftOpen(row, limit)[0], { limit, of: 'excluded' });
  if (numbers === null) return [];
  return [{ kind: 'likelihood-unclear', level: isSmallLoss(numbers) ? 'warn' : 'inconclusive', ...numbers }];
}

export function isSmallLoss({ change, upper, limit }: { change: number; upper: number; limit: number }): boolean {
  return upper < 0 && change <= -limit / 2;
}

/** @param fall the first kind that shows it */
function numbersOf(
  { capability, suite, expected }: GradedLoss,
  fall: LikelihoodMeasure | undefined,
  { limit, of }: { readonly limit: number; readonly of: 'shown' | 'excluded' },
) {
  if (fall === undefined) return null;
  const { kind, facts, value, lower, upper } = fall;
  if (lower === null || upper === null) return null;
  const share = LIKELIHOOD_SHARES[kind][of];
  const numbers = { facts, change: value, lower, upper, limit: share * limit, expected: expected.value };
  return { capability, suite, ...numbers, ...given({ isAmong: kind === 'among' ? (true as const) : undefined }) };
}

/** Probability that moved to right answers from tokens that are never right, which softens nothing. */
export function answerMassCheck({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const among = probes.evaluation.comparison.graded.find(isOfAllFacts)?.among;
  const limit = policy['answer-likelihood'].limit / 2;
  const lower = among?.moved.lower ?? null;
  if (!among || lower === null || lower <= limit) return [];
  return [{ kind: 'answer-mass', level: 'info', facts: among.facts, moved: among.moved.value, lower, limit }];
}
