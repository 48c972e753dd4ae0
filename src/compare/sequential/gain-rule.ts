import { tQuantile } from '../../statistics/index.ts';
import type { KindView } from '../estimates/kinds.ts';
import { expectedChange } from '../pairing/graded.ts';
import type { PairedFact } from '../pairing/paired-item.ts';
import type { FindingIdentity } from './harm-rule.ts';

/** A benchmark form, and the twins that its gain is compared with. */
export type Gained = Pick<PairedFact, 'benchmark' | 'twins'>;

export interface GainRule {
  readonly of: FindingIdentity;
  /** Null for a gain that no twin judges. */
  readonly view: KindView | null;
  readonly facts: readonly Gained[];
  /** Δbenchmark − Δtwin, or Δbenchmark without a twin. */
  readonly excess: (fact: Gained) => number;
  readonly most: number;
  /** The least reported sum, if the squares of all excesses have at least this sum. */
  readonly least: (squares: number) => number;
  /** For a warning, which also needs a low transfer; missing: as `least`. */
  readonly leastWarning?: (squares: number) => number;
  /** The least sum of Δbenchmark that is also needed; null: implied by `least`. */
  readonly leastGain: number | null;
}

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

/** The point from which it is true, in steps of 1/12: false at `below`, true at `above` if it ever is. */
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
