import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { binomialAtLeast, clusteredError, gridSignFlip, tQuantile } from '../../statistics/index.ts';
import { meanChangeInterval } from '../estimates/change-interval.ts';
import { GUESSING } from '../estimates/families.ts';
import { countSigns } from '../pairing/paired-item.ts';
import { changesByUnit, type Observed, type Sample, sumsByUnit, unitsOf } from '../pairing/sample.ts';
import type { BenchmarkRow } from '../rows/benchmarks.ts';
import type { Estimate } from '../rows/fields.ts';

/** Documents with their shares of right answers, 0 or 1, or k of n samples; never empty. */
export type Outcomes = Sample;

const changeOf = ({ candidate, baseline }: Observed) => candidate - baseline;

export function outcomeMeans(outcomes: Outcomes) {
  const mean = (of: (outcome: Observed) => number) =>
    outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / outcomes.length;
  const [baseline, candidate] = [mean((own) => own.baseline), mean((own) => own.candidate)];
  return { baseline, candidate, change: mean(changeOf) };
}

export function changedOutcomes(outcomes: Outcomes): ReturnType<typeof countSigns> {
  return countSigns(outcomes.map(changeOf));
}

type Counts = Pick<BenchmarkRow, 'bothRight' | 'onlyBaseline' | 'onlyCandidate' | 'bothWrong'>;

/** Null if answers were sampled. */
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

/** One-sided p-value of a loss; with one answer per document, the exact McNemar test. */
export function lossProbability(outcomes: Outcomes): number {
  return gridSignFlip(sumsByUnit(outcomes));
}

export function changeProbability(outcomes: Outcomes): number {
  const changes = sumsByUnit(outcomes);
  return Math.min(1, 2 * gridSignFlip(changes), 2 * gridSignFlip(changes.map((change) => -change)));
}

export function outcomeInterval(outcomes: Outcomes, level: number): Estimate {
  return meanChangeInterval(changesByUnit(outcomes), { areShares: !areOfOneAnswer(outcomes), level });
}

/** Whether guessing does not explain the baseline. @param chance share of right answers by guessing */
export function isBeyondGuessing(outcomes: Outcomes, chance: number, { informative }: ProbePolicy): boolean {
  const { baseline } = outcomeMeans(outcomes);
  const units = unitsOf(outcomes, ({ unit }) => unit);
  if (baseline <= chance + informative.floor) return false;
  if (areOfOneAnswer(outcomes)) {
    // A unit counts as one answer, right by its share.
    const right = units.length < outcomes.length ? Math.floor : Math.round;
    return binomialAtLeast(right(baseline * units.length), units.length, chance) < GUESSING;
  }
  const error = clusteredError(units.map((own) => own.map((outcome) => outcome.baseline)));
  return error !== null && baseline - tQuantile(1 - GUESSING, units.length - 1) * error > chance;
}
