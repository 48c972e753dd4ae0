import { at, groupBy } from '@shadow-gate/platform';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** The unit drawn with replacement: a fact, or all facts of a template. */
export interface Unit {
  /** Units are drawn from those of the same stratum, as many as it has. */
  readonly stratum: string;
  /** Its share of each of the sums. All units have as many. */
  readonly terms: readonly number[];
}

/** For 95% intervals, of a statistic that is cheap (Efron & Tibshirani 1993, §12.3 ask for 1,000 or more). */
const REPLICATES = 2000;
/** The same draws every time: a verdict must not depend on when it is reached. */
const SEED = 1979;
const TWO_TO_32 = 2 ** 32;

/**
 * The bootstrap distribution of a statistic of sums over units (Efron 1979; stratified: Davison & Hinkley 1997, §3.2).
 * Deterministic.
 * @param statistic of the sums of `terms` over the drawn units
 * @returns one value a replicate, in ascending order
 */
export function bootstrap(units: readonly Unit[], statistic: (sums: Float64Array) => number): Float64Array {
  const width = units[0]?.terms.length ?? 0;
  const strata = [...groupBy(units, ({ stratum }) => stratum).values()].map(stratumOf);
  const generator = xoroshiro128plus(SEED);
  const sums = new Float64Array(width);
  return Float64Array.from({ length: REPLICATES }, () => {
    sums.fill(0);
    for (const { kindOf, kinds, counts } of strata) {
      counts.fill(0);
      const scale = kindOf.length / TWO_TO_32;
      for (let drawn = 0; drawn < kindOf.length; drawn += 1) {
        const kind = kindOf[Math.trunc((generator.next() >>> 0) * scale)] as number;
        counts[kind] = (counts[kind] as number) + 1;
      }
      for (const [kind, terms] of kinds.entries()) {
        const count = counts[kind] as number;
        for (let term = 0; term < width; term += 1)
          sums[term] = (sums[term] as number) + count * (terms[term] as number);
      }
    }
    return statistic(sums);
  }).sort();
}

/** Units with the same terms are of one kind. There are few: counting them is faster than adding up all terms. */
function stratumOf(units: readonly Unit[]) {
  const kinds = groupBy(units, ({ terms }) => terms.join(' '));
  const indexes = new Map([...kinds.keys()].map((key, i) => [key, i]));
  return {
    /** Kind of each unit. */
    kindOf: Int32Array.from(units, ({ terms }) => indexes.get(terms.join(' ')) ?? 0),
    kinds: [...kinds.values()].map(([first]) => first?.terms ?? []),
    /** Room for how often each kind was drawn. */
    counts: new Int32Array(kinds.size),
  };
}

/**
 * The percentile interval of a bootstrap distribution. NaN, a statistic without a value, is counted at both ends.
 * @param ascending as `bootstrap` returns it
 * @param level two-sided, such as .95
 */
export function percentileInterval(ascending: Float64Array, level: number): { lower: number; upper: number } {
  const values = [...ascending].filter((value) => !Number.isNaN(value));
  const without = ascending.length - values.length;
  // At least this many replicates lie outside on each side.
  const outside = Math.floor(((1 - level) / 2) * ascending.length) - without;
  if (outside < 0 || values.length === 0) return { lower: -Infinity, upper: Infinity };
  return { lower: at(values, outside), upper: at(values, values.length - 1 - outside) };
}
