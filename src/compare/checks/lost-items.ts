import { itemKey } from '../../measure/schema/probes.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';

/** Items that a finding names; the report lists all that were left out. */
const NAMED = 3;

/**
 * Items that the baseline answered and the candidate cannot run, such as prompts that no longer fit its context. They count
 * as wrong in every test, so that no candidate chooses which probes count, and they are a failure of their own.
 */
export function lostItems({ probes }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired' || probes.lost.length === 0) return [];
  const reasons = new Map(probes.probes.leftOut.map((item) => [itemKey(item), item.reason]));
  const named = probes.lost
    .slice(0, NAMED)
    .map((item) => ({ id: item.id, reason: reasons.get(itemKey(item)) ?? null }));
  const capabilities = [...new Set(probes.lost.map(({ capability }) => capability))];
  return [{ kind: 'items-lost', level: 'fail', items: probes.lost.length, named, capabilities }];
}
