import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { groupBy } from '../platform/group-by.ts';

/** Two labels of one object. */
export interface LabelPair {
  readonly first: string;
  readonly second: string;
  /** Only objects of one stratum may exchange their second labels. */
  readonly stratum: string;
}

/** The smallest p-value is about one in this number. */
const PERMUTATIONS = 10_000;

/** After so many permutations that match as often, p is known well enough. */
const ENOUGH = 100;

/** The same numbers give the same p-value everywhere. */
const SEED = 16;

/** How well an object agrees with each label, and the label it has. */
export interface ScoredLabel {
  readonly scores: Readonly<Record<string, number>>;
  readonly label: string;
  /** Only objects of one stratum may exchange their labels. All of them score the same labels. */
  readonly stratum: string;
}

/**
 * One-sided permutation test that two labelings of the same objects match more often than labelings that have nothing to do
 * with each other within strata (Pitman 1937, for a contingency table with fixed margins). So a labeling that is nearly
 * constant proves nothing.
 * @returns matches of all objects, and p as of `excessScore`
 */
export function excessMatches(pairs: readonly LabelPair[]): { readonly matches: number; readonly p: number } {
  const { sum, p } = excessScore(
    [...groupBy(pairs, ({ stratum }) => stratum)].flatMap(([stratum, members]) => {
      const labels = new Set(members.map(({ second }) => second));
      return members.map(({ first, second }) => ({
        scores: Object.fromEntries([...labels].map((label) => [label, Number(label === first)])),
        label: second,
        stratum,
      }));
    }),
  );
  return { matches: sum, p };
}

/**
 * One-sided permutation test that objects score their own labels higher than those of others in their stratum. What an object
 * adds to all labels, and what a label has from all objects, is the same in every permutation and counts for nothing. By Monte
 * Carlo: p = (1 + permutations with such a sum) ÷ (1 + permutations) (Phipson & Smyth 2010); once enough of them have one, p =
 * their share (Besag & Clifford 1991). Both are exact tests: under the hypothesis, p ≤ α with probability at most α.
 * @returns the sum of the scores of all own labels, and p
 */
export function excessScore(objects: readonly ScoredLabel[]): { readonly sum: number; readonly p: number } {
  const own = objects.reduce((sum, { scores, label }) => sum + scoreOf(scores, label), 0);
  const strata = [...groupBy(objects, ({ stratum }) => stratum).values()].map(encode).filter(canVary);
  if (strata.length === 0) return { sum: own, p: 1 };
  const observed = strata.reduce((sum, stratum) => sum + sumOf(stratum), 0);
  // The same scores in another order may have another last bit.
  const least = observed - 1e-9 * Math.max(1, Math.abs(observed));
  const generator = xoroshiro128plus(SEED);
  let extreme = 0;
  for (let done = 1; done <= PERMUTATIONS; done += 1) {
    let sum = 0;
    for (const stratum of strata) {
      const { labels } = stratum;
      // Fisher–Yates, in place: what a permutation begins with does not matter.
      for (let i = labels.length - 1; i > 0; i -= 1) {
        const j = uniformInt(generator, 0, i);
        const swapped = labels[i] as number;
        labels[i] = labels[j] as number;
        labels[j] = swapped;
      }
      sum += sumOf(stratum);
    }
    if (sum >= least) extreme += 1;
    if (extreme === ENOUGH) return { sum: own, p: ENOUGH / done };
  }
  return { sum: own, p: (1 + extreme) / (1 + PERMUTATIONS) };
}

interface Stratum {
  /** The score of label k for object i at i · kinds + k. */
  readonly scores: Float64Array;
  readonly labels: Int32Array;
  readonly kinds: number;
}

/** Labels as numbers: comparing texts millions of times is slow. */
function encode(objects: readonly ScoredLabel[]): Stratum {
  const kinds = [...new Set(objects.map(({ label }) => label))];
  return {
    scores: Float64Array.from(objects.flatMap(({ scores }) => kinds.map((kind) => scoreOf(scores, kind)))),
    labels: Int32Array.from(objects, ({ label }) => kinds.indexOf(label)),
    kinds: kinds.length,
  };
}

function scoreOf(scores: Readonly<Record<string, number>>, label: string): number {
  const score = scores[label];
  if (score === undefined) throw new Error(`no score of the label ${label}`);
  return score;
}

/** Where the labels are constant, or all objects score them alike, every permutation has the same sum. */
function canVary({ scores, kinds }: Stratum): boolean {
  return kinds > 1 && scores.some((score, i) => score !== scores[i % kinds]);
}

function sumOf({ scores, labels, kinds }: Stratum): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i += 1) sum += scores[i * kinds + (labels[i] as number)] as number;
  return sum;
}
