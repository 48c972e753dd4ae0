import { groupBy } from '@shadow-gate/platform';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Two labels of one object. */
export interface LabelPair {
  readonly first: string;
  readonly second: string;
  /** Only objects of one stratum may exchange their second labels. */
  readonly stratum: string;
}

/** The smallest p-value is about one in this number, for one test. */
const PERMUTATIONS = 10_000;

/** One more round of them for so many tests: after Holm's adjustment, the smallest p-value is still below 0.002. */
const TESTS_A_ROUND = 20;

/** Enough for 2,000 tests at 0.01. */
const MOST_PERMUTATIONS = 200_000;

/** After so many permutations that match as often, p is known well enough. */
const ENOUGH = 100;

/** The same numbers give the same p-value everywhere. */
const SEED = 16;
const TWO_TO_32 = 2 ** 32;

/**
 * One-sided permutation test that two labelings of the same objects match more often than labelings that have nothing
 * to do with each other within strata (Pitman 1937, for a contingency table with fixed margins). So a labeling that is
 * nearly constant proves nothing. By Monte Carlo: p = (1 + permutations that match as often) ÷ (1 + permutations)
 * (Phipson & Smyth 2010); once enough of them do, p = their share (Besag & Clifford 1991). Both are exact tests: under
 * the hypothesis, p ≤ α with probability at most α.
 * @param tests number of tests among which p will be adjusted: the more, the smaller p has to be able to get
 */
export function excessMatches(
  pairs: readonly LabelPair[],
  { tests = 1 }: { readonly tests?: number } = {},
): { readonly matches: number; readonly p: number } {
  const matches = pairs.filter(({ first, second }) => first === second).length;
  const strata = [...groupBy(pairs, ({ stratum }) => stratum).values()].map(encode).filter(canVary);
  const fixed = matches - strata.reduce((sum, { first, second }) => sum + matchesOf(first, second), 0);
  if (strata.length === 0) return { matches, p: 1 };
  const permutations = Math.min(MOST_PERMUTATIONS, PERMUTATIONS * Math.max(1, Math.ceil(tests / TESTS_A_ROUND)));
  const generator = xoroshiro128plus(SEED);
  let extreme = 0;
  for (let done = 1; done <= permutations; done += 1) {
    let sum = fixed;
    for (const { first, second } of strata) {
      // Fisher–Yates, in place: a permutation may begin with any order.
      for (let i = second.length - 1; i > 0; i -= 1) {
        const j = Math.trunc((generator.next() >>> 0) * ((i + 1) / TWO_TO_32));
        const swapped = second[i] as number;
        second[i] = second[j] as number;
        second[j] = swapped;
      }
      sum += matchesOf(first, second);
    }
    if (sum >= matches) extreme += 1;
    if (extreme === ENOUGH) return { matches, p: ENOUGH / done };
  }
  return { matches, p: (1 + extreme) / (1 + permutations) };
}

interface Stratum {
  readonly first: Int32Array;
  readonly second: Int32Array;
}

/** Labels as numbers: comparing texts millions of times is slow. */
function encode(pairs: readonly LabelPair[]): Stratum {
  const codes = new Map<string, number>();
  const codeOf = (label: string) => {
    const code = codes.get(label) ?? codes.size;
    codes.set(label, code);
    return code;
  };
  return {
    first: Int32Array.from(pairs, ({ first }) => codeOf(first)),
    second: Int32Array.from(pairs, ({ second }) => codeOf(second)),
  };
}

/** If one of the labelings is constant, every permutation has as many matches. */
function canVary({ first, second }: Stratum): boolean {
  return [first, second].every((labels) => labels.some((label) => label !== labels[0]));
}

function matchesOf(first: Int32Array, second: Int32Array): number {
  let matches = 0;
  for (let i = 0; i < first.length; i += 1) if (first[i] === second[i]) matches += 1;
  return matches;
}
