import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { binomialAtLeast, clusteredError, gridSignFlip, tQuantile } from '../../statistics/index.ts';
import { meanChangeInterval } from '../estimates/change-interval.ts';
import { GUESSING } from '../estimates/families.ts';
import type { Side } from '../pairing/paired-item.ts';
import { unitsOf } from '../pairing/units.ts';
import type { BenchmarkRow } from '../rows/benchmarks.ts';
import type { Estimate } from '../rows/fields.ts';

/**
 * How one document was answered: the share of right answers, 0 or 1 of one answer, k of n of samples. Samples of a
 * document are not independent, so that the document is the unit of every test and interval, or the passage that
 * several share.
 */
export type SharesOfRight = Readonly<Record<Side, number>> & {
  /** Documents of one passage are one unit; missing where it shares none. */
  readonly passage?: string | undefined;
};

/** One entry per document, of one task or of several; never empty. */
export type Outcomes = readonly SharesOfRight[];

const changeOf = ({ candidate, baseline }: SharesOfRight) => candidate - baseline;

export function unitsOfOutcomes(outcomes: Outcomes): SharesOfRight[][] {
  return unitsOf(outcomes, ({ passage }) => passage);
}

function changesOf(outcomes: Outcomes): number[][] {
  return unitsOfOutcomes(outcomes).map((own) => own.map(changeOf));
}

/** The sum of the changes of each unit. */
function unitChanges(outcomes: Outcomes): number[] {
  return changesOf(outcomes).map((own) => own.reduce((sum, change) => sum + change, 0));
}

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

/** How many documents both models have right, and so on; null if answers were sampled. */
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

/**
 * Probability of so low a change, or a lower one, if nothing changed. With one answer per document, this is the exact
 * McNemar test.
 */
export function lossProbability(outcomes: Outcomes): number {
  return gridSignFlip(unitChanges(outcomes));
}

/** The two-sided form. */
export function changeProbability(outcomes: Outcomes): number {
  const changes = unitChanges(outcomes);
  return Math.min(1, 2 * gridSignFlip(changes), 2 * gridSignFlip(changes.map((change) => -change)));
}

/** Standard error of the mean change: s/√n over documents, or clustered by passage. Null for one document. */
export function changeError(outcomes: Outcomes): number | null {
  return clusteredError(changesOf(outcomes));
}

/** Interval of the change over documents. */
export function outcomeInterval(outcomes: Outcomes, level: number): Estimate {
  return meanChangeInterval(changesOf(outcomes), { areShares: !areOfOneAnswer(outcomes), level });
}

/** Does guessing not explain what the baseline has? @param chance share of right answers by guessing */
export function isBeyondGuessing(outcomes: Outcomes, chance: number, { informative }: ProbePolicy): boolean {
  const { baseline } = outcomeMeans(outcomes);
  const units = unitsOfOutcomes(outcomes);
  if (baseline <= chance + informative.floor) return false;
  if (areOfOneAnswer(outcomes)) {
    // What shares a passage counts as one answer, which is right by its share.
    const right = units.length < outcomes.length ? Math.floor : Math.round;
    return binomialAtLeast(right(baseline * units.length), units.length, chance) < GUESSING;
  }
  const error = clusteredError(units.map((own) => own.map((outcome) => outcome.baseline)));
  return error !== null && baseline - tQuantile(1 - GUESSING, units.length - 1) * error > chance;
}
