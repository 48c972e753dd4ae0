import { binomialCdf, binomialPmf, normalQuantile } from './distributions.ts';

interface McNemarDesign {
  /** Pairs. */
  n: number;
  /** Share of pairs that change without a true drop, half of them each way: 0–1. A drop adds further losses. */
  discordance: number;
  /** The test is significant if p < alpha. */
  alpha: number;
  /** The smallest (lost − won)/n that counts, such as .02; 0 if any does. Equality up to rounding counts. */
  minimumDrop: number;
}

/**
 * Probability that {@link exactMcNemar} is significant and (lost − won)/n reaches the minimum, if each of n independent
 * pairs is lost with probability discordance/2 + drop and won with probability discordance/2. Exact up to 1e-10: the
 * number m of pairs that change is Bin(n, discordance + drop), and of those Bin(m, (discordance/2 + drop)/(discordance
 * + drop)) are lost (Duffy 1984, Biometrics 40:1005). With several twins per fact the pairs are not independent, and
 * the true power is lower.
 * @param drop 0 ≤ drop ≤ 1 − discordance
 * @throws RangeError for values that are not probabilities
 */
export function mcNemarPower({ drop, ...design }: McNemarDesign & { drop: number }): number {
  return powerOf(design)(drop);
}

/** Absolute precision of the minimum detectable drop. */
const DROP_PRECISION = 1e-5;

/**
 * The smallest true drop that is detected with the given power (see {@link mcNemarPower}), up to 1e-5 and never too
 * small: power increases with the drop, because every further loss is one more reason to reject. Null if even the
 * largest drop, 1 − discordance, is not detected that often.
 * @param power .8 by default
 * @throws RangeError for values that are not probabilities
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
 * The true mean whose two-sided interval is above a margin with the given power: margin + (z₁₋₍₁₋level₎⸝₂ + z_power) ·
 * SE, such as 2.80 standard errors for .95 and .8 (Bloom 1995, Evaluation Review 19:547). A normal approximation: for
 * few values the true number is larger.
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

/** Numbers of changed pairs further from the mean than this are left out: their total probability is below 1e-15. */
const SPREAD_IN_DEVIATIONS = 9;
const SPREAD_AT_LEAST = 20;

/** So that (lost − won)/n = minimumDrop counts as reached, whatever the rounding. */
const ROUNDING = 1e-9;

/** Power as a function of the drop: everything else is computed once. */
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

/** Fewest losses among `changed` pairs with an exact McNemar p-value below alpha; changed + 1 if there are none. */
function criticalLost(changed: number, alpha: number): number {
  const significant = (lost: number) => binomialCdf(changed - lost, changed, 0.5) < alpha;
  // Start at the normal approximation, and walk.
  let lost = Math.min(changed + 1, Math.ceil(changed / 2 + (normalQuantile(1 - alpha) * Math.sqrt(changed)) / 2));
  while (lost <= changed && !significant(lost)) lost += 1;
  while (lost > 0 && significant(lost - 1)) lost -= 1;
  return lost;
}
