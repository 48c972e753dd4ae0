import { tQuantile } from '../../statistics/index.ts';
import type { KindView } from '../estimates/kinds.ts';
import { expectedChange } from '../pairing/graded.ts';
import type { PairedFact } from '../pairing/paired-item.ts';
import type { FindingIdentity } from './harm-rule.ts';

/** What takes part in a sum: a benchmark form, and the twins that its gain is compared with. */
export type Gained = Pick<PairedFact, 'benchmark' | 'twins'>;

/** One rule about gains as a sum over facts that are known before the candidate is asked. */
export interface GainRule {
  readonly of: FindingIdentity;
  /** Null for a gain that no twin judges. */
  readonly view: KindView | null;
  readonly facts: readonly Gained[];
  /** Δbenchmark − Δtwin, or Δbenchmark where it has no twin here. */
  readonly excess: (fact: Gained) => number;
  readonly most: number;
  /** The least sum that can be reported, if the squares of all excesses have at least this sum. */
  readonly least: (squares: number) => number;
  /** The same for a warning, which needs a low transfer as well; missing where `least` is that of one. */
  readonly leastWarning?: (squares: number) => number;
  /** The least sum of Δbenchmark without which nothing is reported either; null where `least` says it. */
  readonly leastGain: number | null;
}

/** Δbenchmark. */
export const changeOfBenchmark = ({ benchmark }: Gained): number => expectedChange(benchmark);

interface MeanOfAll {
  /** Sum and sum of squares over all facts. */
  readonly total: number;
  readonly squares: number;
  readonly n: number;
  readonly level: number;
}

/** The lower end of the interval of the shadow delta with facts as units, from sums over all facts. */
export function lowerEnd({ total, squares, n, level }: MeanOfAll): number {
  if (n < 2) return -Infinity;
  const standardError = Math.max(1 / n, Math.sqrt(Math.max(0, squares - total ** 2 / n) / (n * (n - 1))));
  return total / n - tQuantile((1 + level) / 2, n - 1) * standardError;
}

/** Where this becomes true: not yet at `below`, and at `above`, 1/12 more, unless it never is. */
export function leastTotal(
  most: number,
  isEnough: (total: number) => boolean,
): { readonly below: number; readonly above: number } {
  let [below, above] = [0, 12 * most];
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (isEnough(middle / 12)) above = middle;
    else below = middle;
  }
  return { below: below / 12, above: above / 12 };
}
