import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { binomialAtLeast, gridSignFlip, standardErrorOfMean, tQuantile } from '../../statistics/index.ts';
import { meanChangeInterval } from '../probes/change-interval.ts';
import type { Estimate } from '../probes/comparison.ts';
import { GUESSING } from '../probes/families.ts';
import type { Side } from '../probes/paired-item.ts';
import type { BenchmarkRow } from './row.ts';

/**
 * How one document was answered: the share of right answers, 0 or 1 of one answer, k of n of samples. Samples of a document are not
 * independent, so that the document is the unit of every test and interval.
 */
export type SharesOfRight = Readonly<Record<Side, number>>;

/** Of the documents of a task or of several, one or more. */
export type Outcomes = readonly SharesOfRight[];

const changeOf = ({ candidate, baseline }: SharesOfRight) => candidate - baseline;

export function outcomeMeans(outcomes: Outcomes) {
  const mean = (of: (outcome: SharesOfRight) => number) =>
    outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / outcomes.length;
  const [baseline, candidate] = [mean((own) => own.baseline), mean((own) => own.candidate)];
  return { baseline, candidate, change: mean(changeOf) };
}

/** Documents with fewer, and with more right answers than before. */
export function changedOutcomes(outcomes: Outcomes): { readonly lost: number; readonly won: number } {
  const changes = outcomes.map(changeOf);
  return { lost: changes.filter((change) => change < 0).length, won: changes.filter((change) => change > 0).length };
}

type Counts = Pick<BenchmarkRow, 'bothRight' | 'onlyBaseline' | 'onlyCandidate' | 'bothWrong'>;

/** Of one answer each: how many documents both have right, and so on; null of samples. */
export function pairedCounts(outcomes: Outcomes): Counts | null {
  if (!areOfOneAnswer(outcomes)) return null;
  const count = (baseline: number, candidate: number) =>
    outcomes.filter((own) => own.baseline === baseline && own.candidate === candidate).length;
  return { bothRight: count(1, 1), onlyBaseline: count(1, 0), onlyCandidate: count(0, 1), bothWrong: count(0, 0) };
}

function areOfOneAnswer(outcomes: Outcomes): boolean {
  const isOne = (share: number) => share === 0 || share === 1;
  return outcomes.every(({ baseline, candidate }) => isOne(baseline) && isOne(candidate));
}

/** Probability of so low a change, or a lower one, if nothing changed: of one answer each the exact McNemar test. */
export function lossProbability(outcomes: Outcomes): number {
  return gridSignFlip(outcomes.map(changeOf));
}

/** The two-sided form. */
export function changeProbability(outcomes: Outcomes): number {
  const changes = outcomes.map(changeOf);
  return Math.min(1, 2 * gridSignFlip(changes), 2 * gridSignFlip(changes.map((change) => -change)));
}

/** Of the change over documents: s/√n. Null of one document. */
export function changeError(outcomes: Outcomes): number | null {
  return standardErrorOfMean(outcomes.map(changeOf));
}

/** Interval of the change over documents. */
export function outcomeInterval(outcomes: Outcomes, level: number): Estimate {
  return meanChangeInterval(outcomes.map(changeOf), { areShares: !areOfOneAnswer(outcomes), level });
}

/** Does guessing not explain what the baseline has? @param chance share of right answers by guessing */
export function isBeyondGuessing(outcomes: Outcomes, chance: number, { informative }: ProbePolicy): boolean {
  const { baseline } = outcomeMeans(outcomes);
  if (baseline <= chance + informative.floor) return false;
  if (areOfOneAnswer(outcomes)) {
    return binomialAtLeast(Math.round(baseline * outcomes.length), outcomes.length, chance) < GUESSING;
  }
  const error = standardErrorOfMean(outcomes.map((own) => own.baseline));
  return error !== null && baseline - tQuantile(1 - GUESSING, outcomes.length - 1) * error > chance;
}
