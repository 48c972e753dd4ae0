import { binomialCdf, binomialPmf, normalQuantile } from './distributions.ts';

export interface McNemarDesign {
  /** Pairs. */
  n: number;
  /** Share of pairs that change without any true drop, half of them each way: 0–1. A drop comes on top, as further losses. */
  discordance: number;
  /** The test is significant where p < alpha. */
  alpha: number;
  /** The smallest (lost − won)/n that counts, such as .02; 0 for none. Equality up to rounding counts. */
  minimumDrop: number;
}

/**
 * Probability that {@link exactMcNemar} is significant and (lost − won)/n reaches the minimum, if each of n independent pairs is lost with
 * probability discordance/2 + drop and won with probability discordance/2. Exact up to 1e-10: the number m of pairs that change is
 * Bin(n, discordance + drop), and of those Bin(m, (discordance/2 + drop)/(discordance + drop)) are lost (Duffy 1984, Biometrics 40:1005).
 * With several twins to a fact the pairs are not independent, and the true power is lower.
 * @param drop 0 ≤ drop ≤ 1 − discordance
 * @throws RangeError for probabilities that are none
 */
export function mcNemarPower({ drop, ...design }: McNemarDesign & { drop: number }): number {
  return powerOf(design)(drop);
}

/** How near the minimum detectable drop is found. */
const DROP_PRECISION = 1e-5;

/**
 * The smallest true drop that {@link mcNemarPower} finds with the given power, up to 1e-5 and never too small: power rises with the drop,
 * because every further loss is one more reason to reject. Null where even the largest drop, 1 − discordance, is not found that often.
 * @param power .8 if not given
 * @throws RangeError for probabilities that are none
 */
export function minimumDetectableDrop({
  power = 0.8,
  ...design
}: McNemarDesign & { power?: number | undefined }): number | null {
  const powerAt = powerOf(design);
  let missed = 0;
  let found = 1 - design.discordance;
  if (powerAt(missed) >= power) return missed;
  if (powerAt(found) < power) return null;
  while (found - missed > DROP_PRECISION) {
    const middle = (missed + found) / 2;
    if (powerAt(middle) >= power) found = middle;
    else missed = middle;
  }
  return found;
}

/**
 * The true mean whose two-sided interval lies above a margin with the given power: margin + (z₁₋₍₁₋level₎⸝₂ + z_power) · SE, such as
 * 2.80 standard errors for .95 and .8 (Bloom 1995, Evaluation Review 19:547). Normal: for few values the truth is larger.
 * @param level two-sided, such as .95
 */
export function minimumDetectableMean({
  standardError,
  margin,
  level,
  power,
}: {
  standardError: number;
  margin: number;
  level: number;
  power: number;
}): number {
  return margin + (normalQuantile((1 + level) / 2) + normalQuantile(power)) * standardError;
}

/** Numbers of changed pairs further from the mean than this have no weight: below 1e-15 together. */
const SPREAD_IN_DEVIATIONS = 9;
const SPREAD_AT_LEAST = 20;

/** Lets (lost − won)/n = minimumDrop count as reached, whatever the rounding. */
const ROUNDING = 1e-9;

/** Power as a function of the drop, so that what does not depend on the drop is worked out once. */
function powerOf({ n, discordance, alpha, minimumDrop }: McNemarDesign): (drop: number) => number {
  if (!(discordance >= 0 && discordance <= 1)) throw new RangeError(`not a share: discordance ${discordance}`);
  const fewestLost: number[] = [];
  const fewest = (changed: number): number => {
    const enough = Math.ceil((changed + minimumDrop * n) / 2 - ROUNDING);
    return Math.max(enough, criticalLost(changed, alpha));
  };
  return (drop) => {
    const changes = Math.min(1, discordance + drop);
    const lost = discordance / 2 + drop;
    if (!(drop >= 0 && lost + discordance / 2 <= 1 + ROUNDING)) throw new RangeError(`not a possible drop: ${drop}`);
    const share = changes === 0 ? 0 : Math.min(1, lost / changes);
    const spread = SPREAD_IN_DEVIATIONS * Math.sqrt(n * changes * (1 - changes)) + SPREAD_AT_LEAST;
    const last = Math.min(n, Math.ceil(n * changes + spread));
    let power = 0;
    for (let changed = Math.max(0, Math.floor(n * changes - spread)); changed <= last; changed += 1) {
      fewestLost[changed] ??= fewest(changed);
      const mostWon = changed - (fewestLost[changed] as number);
      power += binomialPmf(changed, n, changes) * binomialCdf(mostWon, changed, 1 - share);
    }
    return power;
  };
}

/** The fewest losses among `changed` pairs whose exact McNemar p-value is below alpha; more than there are if none is. */
function criticalLost(changed: number, alpha: number): number {
  const significant = (lost: number) => binomialCdf(changed - lost, changed, 0.5) < alpha;
  // Start where the normal approximation puts it, and walk.
  let lost = Math.min(changed + 1, Math.ceil(changed / 2 + (normalQuantile(1 - alpha) * Math.sqrt(changed)) / 2));
  while (lost <= changed && !significant(lost)) lost += 1;
  while (lost > 0 && significant(lost - 1)) lost -= 1;
  return lost;
}
