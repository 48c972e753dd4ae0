import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { logOdds } from '../../statistics/index.ts';
import { reaches } from '../pairing/limits.ts';
import type { ChangeRow } from '../rows/gains.ts';

/**
 * The least change of the twins that is within the limits of the policy, by values, where the benchmark form changed by
 * `gain`.
 *
 * - A gain, by `shadow-delta`: the shadow delta is at most `margin`, or transfer at least `transfer-fail`. Both are
 *   drawn as changes of accuracy: the limit of transfer, which is in log-odds above chance, from where this row starts.
 * - A loss of either form, by `twin-accuracy`: less than `drop`.
 *
 * The checks ask more of a failure: intervals that lie beyond the limits of a gain, and a test that shows a loss, over
 * all facts.
 *
 * Exact where guessing is right as often for all items of a form; else an even spread of the change over them is
 * assumed.
 * @param gain Δbenchmark as a share of 1
 * @returns as a share of 1; ∞ where no change of the twins is enough
 */
export function leastTwinChange(
  { benchmark, twin }: Pick<ChangeRow, 'benchmark' | 'twin'>,
  policy: Pick<ProbePolicy, 'shadow-delta' | 'twin-accuracy'>,
  gain: number,
): number {
  const { drop } = policy['twin-accuracy'];
  if (reaches(-gain, drop)) return Infinity;
  return Math.max(-drop, leastByGain({ benchmark, twin }, policy['shadow-delta'], gain));
}

function leastByGain(
  { benchmark, twin }: Pick<ChangeRow, 'benchmark' | 'twin'>,
  rule: ProbePolicy['shadow-delta'],
  gain: number,
): number {
  if (!reaches(gain, rule['minimum-gain'])) return -Infinity;
  const gained = oddsAfter(benchmark.start, gain) - oddsAfter(benchmark.start, 0);
  if (!(gained > 0)) return -Infinity;
  const odds = oddsAfter(twin.start, 0) + rule['transfer-fail'] * gained;
  const share = 1 / (1 + Math.exp(-odds));
  return Math.min(gain - rule.margin, (share - twin.start.share) / twin.start.scale);
}

/** Log-odds above chance after a change of accuracy. */
function oddsAfter({ share, scale, n }: ChangeRow['benchmark']['start'], change: number): number {
  return logOdds(share + change * scale, n);
}
