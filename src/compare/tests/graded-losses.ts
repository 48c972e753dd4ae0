import { groupBy } from '@shadow-gate/platform';
import { BUILTIN } from '@shadow-gate/probes/suite';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { clusterInterval } from '../../statistics/index.ts';
import { exclusionLevel } from '../estimates/change-interval.ts';
import { amongLoss, estimateOf, intervalOf, likelihoodLoss } from '../estimates/likelihood-changes.ts';
import { type Level, mildestOf } from '../finding.ts';
import { expectedAccuracy, type LikelihoodKind, likelihoodChange } from '../pairing/graded.ts';
import { reaches } from '../pairing/limits.ts';
import type { PairedFact, PairedItem, ProbeAnswer, Side } from '../pairing/paired-item.ts';
import { type SuitePool, splitFacts } from '../pairing/pool.ts';
import { changesByUnit, type Members, numbersByUnit, sampleOf, unitsIn } from '../pairing/sample.ts';
import type { Estimate } from '../rows/fields.ts';
import type { GradedLoss } from '../rows/losses.ts';

export interface GradedScope extends Pick<GradedLoss, 'capability' | 'suite'> {
  readonly facts: readonly PairedFact[];
}

/** Answers that show a loss: both forms of the built-in suite; twins of a file, since a learned exam hides losses. */
export function gradedItems({ benchmark, twins }: PairedFact): readonly PairedItem[] {
  if (twins.length === 0) return [benchmark];
  return benchmark.suite === BUILTIN ? [benchmark, ...twins] : twins;
}

export interface GradedSum {
  readonly facts: readonly PairedFact[];
  readonly itemsOf: (fact: PairedFact) => readonly PairedItem[];
}

/** The part of the facts that a rule is about: less is known of fewer facts, so a loss has to be larger. */
export type Reach = 'all' | 'part' | 'family' | 'sure';

/** Bounds that graded outcomes have to rule out for a loss to be one of near ties. */
export interface RuledOut {
  readonly margin: number;
  /** In nats per byte. Null for a part, whose answers may have few bytes. */
  readonly limit: number | null;
}

const TIMES: Readonly<Record<Reach, number>> = { all: 1, part: 2, family: 4, sure: 2 };

export function ruledOut(reach: Reach, policy: ProbePolicy): RuledOut {
  const limit = reach === 'all' ? policy['answer-likelihood'].limit : null;
  return { margin: TIMES[reach] * policy['twin-accuracy'].margin, limit };
}

/** The least drop that counts whatever the graded outcomes say. */
export function dropBeyondTies({ limit, reach }: Pick<ShownLoss, 'limit' | 'reach'>, policy: ProbePolicy): number {
  // Sure answers are near no tie.
  return limit + (reach === 'sure' ? policy['twin-accuracy'].margin : ruledOut(reach, policy).margin);
}

/** Whether graded outcomes rule out a loss of the policy's margin: the answers were near ties. */
function isNearTies({ facts, itemsOf, ...loss }: ShownLoss, policy: ProbePolicy): boolean {
  // Graded outcomes say nothing beyond shares of samples, which the test has seen.
  const isSampled = facts.some((fact) => itemsOf(fact).some(({ baseline }) => baseline.samples !== undefined));
  if (isSampled || reaches(loss.drop, dropBeyondTies(loss, policy))) return false;
  const members = facts.map(itemsOf);
  const row = measureGradedItems(members, policy);
  return row !== null && !mayBeBought(members, policy) && isLossExcluded(row, ruledOut(loss.reach, policy));
}

/**
 * Whether the likelihood of these answers may have risen at the cost of other tokens, so that it softens nothing: it
 * certainly moved from tokens that are never right, or to all choices of their items, or only the candidate's
 * likelihood is known among right answers.
 */
export function mayBeBought(members: Members, policy: ProbePolicy): boolean {
  const level = exclusionLevel(policy);
  const moved = amongLoss(members, level)?.moved.lower ?? null;
  const having = members
    .map((own) => own.filter((item) => likelihoodChange(item, 'choices') !== null))
    .filter(({ length }) => length > 0);
  const toChoices = intervalOf(having, level, (own) =>
    own.reduce((sum, item) => sum + (likelihoodChange(item, 'choices') ?? 0), 0),
  );
  const isHalfKnown = ({ candidate, baseline }: PairedItem) =>
    candidate.likelihood?.among !== undefined && baseline.likelihood !== undefined && !baseline.likelihood.among;
  return (moved ?? 0) > 0 || (toChoices?.lower ?? 0) > 0 || members.flat().some(isHalfKnown);
}

/** Probabilities of right choices exclude the policy's minimum, raw and at the best sharpness. @param gain a share */
export function isGainOfNearTies(items: readonly PairedItem[], gain: number, policy: ProbePolicy): boolean {
  const { 'minimum-gain': least } = policy['shadow-delta'];
  if (reaches(gain, least + policy['twin-accuracy'].margin)) return false;
  const alone = items.map((item): [PairedItem] => [item]);
  const row = measureGradedItems(alone, policy);
  const raw = clusterInterval(
    numbersByUnit(alone, ([{ candidate, baseline }]) => (candidate.probability ?? 1) - (baseline.probability ?? 0)),
    exclusionLevel(policy),
  );
  const isBelow = (upper: number | null | undefined) => typeof upper === 'number' && upper < least;
  return row?.isGraded === true && isBelow(row.expected.upper) && isBelow(raw?.upper);
}

/** The level of a loss that an exact test shows: one of near ties warns at most. */
export function levelOfLoss(level: Level, loss: ShownLoss, policy: ProbePolicy): Level {
  return isNearTies(loss, policy) ? mildestOf(level, 'warn') : level;
}

interface ShownLoss extends GradedSum {
  readonly drop: number;
  readonly limit: number;
  readonly reach: Reach;
}

/** Everything, then each capability of it and each suite, if there are several. */
export function gradedScopes(facts: readonly PairedFact[], pool: SuitePool): GradedScope[] {
  const parts = (all: readonly PairedFact[], key: 'capability' | 'suite') => {
    const groups = [...groupBy(all, ({ benchmark }) => benchmark[key])];
    return groups.length > 1 ? groups : [];
  };
  const [pooled] = splitFacts(facts, pool);
  return [
    { capability: null, suite: null, facts: pooled },
    ...parts(pooled, 'capability').map(([capability, own]) => ({ capability, suite: null, facts: own })),
    ...parts(facts, 'suite').map(([suite, own]) => ({ capability: null, suite, facts: own })),
  ].filter((scope) => scope.facts.length > 0);
}

/** Student's intervals over units, bounds at the policy's `alpha`: mean accuracy, and likelihood divided by bytes. */
export function measureGradedLoss({ facts, ...scope }: GradedScope, policy: ProbePolicy): GradedLoss | null {
  const change = measureGradedItems(facts.map(gradedItems), policy);
  return change && { ...scope, ...change };
}

type GradedChange = Omit<GradedLoss, 'capability' | 'suite'>;

export function measureGradedItems(members: Members, policy: ProbePolicy): GradedChange | null {
  const level = exclusionLevel(policy);
  const items = members.flat();
  const expected = clusterInterval(changesByUnit(sampleOf(members, expectedAccuracy)), level);
  if (expected === null) return null;
  const mean = (side: Side) => items.reduce((sum, item) => sum + expectedAccuracy(item, side), 0) / items.length;
  return {
    facts: members.length,
    items: items.length,
    ...unitsIn(items),
    isGraded: items.every(({ graded }) => graded !== undefined),
    isScaled: areScaled(items),
    agreement: agreementOf(items),
    expected: { baseline: mean('baseline'), candidate: mean('candidate'), ...estimateOf(expected) },
    likelihood: likelihoodLoss(members, level, 'likelihood'),
    among: amongLoss(members, level),
  };
}

/** Whether likelihoods are known at the scale that suits each model. */
export function areScaled(items: readonly PairedItem[]): boolean {
  const isKnown = ({ likelihood }: ProbeAnswer) => likelihood?.scaled !== undefined;
  return items.every(({ baseline, candidate }) => isKnown(baseline) && isKnown(candidate));
}

export function isOfAllFacts({ capability, suite }: Pick<GradedLoss, 'capability' | 'suite'>): boolean {
  return capability === null && suite === null;
}

/** With less agreement, equal mean likelihoods of two models do not show what was kept. */
const LEAST_AGREEMENT = 0.5;

export function canJudge(row: GradedLoss | null | undefined): row is GradedLoss {
  return row?.isGraded === true && row.likelihood !== null && (row.agreement ?? 0) >= LEAST_AGREEMENT;
}

export function isLossExcluded(row: GradedChange, { margin, limit }: RuledOut): boolean {
  const { lower } = row.expected;
  return row.isGraded && lower !== null && lower > -margin && isFallExcluded(row, limit);
}

/**
 * The share of a limit for each kind. Noise on the weights of SmolLM2-135M (six draws of 2% to 7%) costs 0.52 to 0.71
 * times as much among the tokens of right answers as among all tokens. So half of a limit shows a fall there, and 0.7
 * of it has to be ruled out, for which both need the same number of answers.
 */
export const LIKELIHOOD_SHARES = {
  likelihood: { shown: 1, excluded: 1 },
  among: { shown: 0.5, excluded: 0.7 },
} as const satisfies Record<LikelihoodKind, object>;

export interface LikelihoodMeasure extends Estimate {
  readonly kind: LikelihoodKind;
  readonly facts: number;
}

function likelihoodMeasures({ likelihood, among }: Pick<GradedChange, 'likelihood' | 'among'>): LikelihoodMeasure[] {
  return [
    ...(likelihood === null ? [] : [{ ...likelihood, kind: 'likelihood' as const }]),
    ...(among ? [{ ...among, kind: 'among' as const }] : []),
  ];
}

export function isFallShown(row: GradedLoss, policy: ProbePolicy): boolean {
  return fallsShown(row, likelihoodLimit(row, policy)).length > 0;
}

/** Kinds of likelihood whose upper bound is beyond their share of the limit. */
export function fallsShown(row: GradedChange, limit: number): LikelihoodMeasure[] {
  const least = (kind: LikelihoodKind) => -LIKELIHOOD_SHARES[kind].shown * limit;
  return likelihoodMeasures(row).filter(({ upper, kind }) => upper !== null && upper < least(kind));
}

/** A fall beyond this many limits is a loss even if all guess, and expected accuracy can hardly fall. */
const TIMES_LIMIT = 3;

/** A fall of likelihood fails if both numbers are below these: else it may be a matter of style. */
export interface FailingFall {
  /** Bound of the change of answer likelihood, nats per byte. */
  readonly upper: number;
  /** Change of expected accuracy, or its bound. */
  readonly expected: number;
  readonly isOfBound: boolean;
}

/** Either is enough. The second only at the model's own scale of logits: else a sharper copy may look like that. */
export function failingFalls(row: Pick<GradedLoss, 'capability' | 'suite' | 'isScaled'>, policy: ProbePolicy) {
  const { drop, 'capability-drop': partDrop } = policy['twin-accuracy'];
  const limit = likelihoodLimit(row, policy);
  const ofLoss = { upper: -limit, expected: -(isOfAllFacts(row) ? drop : Math.max(drop, partDrop)), isOfBound: false };
  return [ofLoss, ...(row.isScaled ? [{ upper: -TIMES_LIMIT * limit, expected: 0, isOfBound: true }] : [])];
}

export function isFallFailing(row: GradedLoss, policy: ProbePolicy): boolean {
  return failingFalls(row, policy).some((least) => {
    const expected = least.isOfBound ? row.expected.upper : row.expected.value;
    return fallsShown(row, -least.upper).length > 0 && expected !== null && expected < least.expected;
  });
}

/** @param limit nats per byte; null: none */
export function isFallExcluded(row: GradedChange, limit: number | null): boolean {
  return limit === null || fallsLeftOpen(row, limit).length === 0;
}

/** Kinds of likelihood whose lower bound does not rule out a fall by their share of the limit. */
export function fallsLeftOpen(row: GradedChange, limit: number): LikelihoodMeasure[] {
  const most = (kind: LikelihoodKind) => -LIKELIHOOD_SHARES[kind].excluded * limit;
  return likelihoodMeasures(row).filter(({ lower, kind }) => lower === null || lower <= most(kind));
}

/** Correlation of the choices' log-likelihoods, centered by item: near 1 for versions of a model. Null if undefined. */
function agreementOf(items: readonly PairedItem[]): number | null {
  let [ofBaseline, ofCandidate, ofBoth] = [0, 0, 0];
  for (const { baseline, candidate } of items) {
    const [before, after] = [centered(baseline.logprobs ?? []), centered(candidate.logprobs ?? [])];
    if (before.length !== after.length) continue;
    for (const [i, x] of before.entries()) {
      const y = after[i] ?? 0;
      ofBaseline += x * x;
      ofCandidate += y * y;
      ofBoth += x * y;
    }
  }
  if (ofBaseline === 0 || ofCandidate === 0) return null;
  // Rounded, since the choices of a private benchmark are in another order, and so are these sums.
  return Math.round((1e6 * ofBoth) / Math.sqrt(ofBaseline * ofCandidate)) / 1e6;
}

function centered(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return values.map((value) => value - mean);
}

export function likelihoodLimit(row: Pick<GradedLoss, 'capability' | 'suite'>, policy: ProbePolicy): number {
  const { limit, 'capability-limit': ofPart } = policy['answer-likelihood'];
  return isOfAllFacts(row) ? limit : ofPart;
}
