import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { suiteLimit } from '../../policy/suite-tier.ts';
import { accuracy, type PairedItem } from '../pairing/paired-item.ts';
import type { LossTest } from '../rows/losses.ts';

/**
 * The smallest loss of accuracy that is reported: of everything, of a capability, or of a suite, which may have a limit
 * of its own. One suite alone is everything.
 * @param items that the test is over, of which the baseline's accuracy counts for a relative limit
 */
export function dropLimitOf(
  { capability, suite }: Pick<LossTest, 'capability' | 'suite'>,
  items: readonly PairedItem[],
  policy: ProbePolicy,
): number {
  const { drop, 'capability-drop': ofPart } = policy['twin-accuracy'];
  if (capability !== null) return ofPart;
  const [first, ...others] = new Set(items.map((item) => item.suite));
  const own = first === undefined || others.length > 0 ? null : suiteLimit(first, accuracy(items, 'baseline'), policy);
  return own ?? (suite === null ? drop : ofPart);
}
