import type { Policy } from '../../policy/policy.ts';
import type { ComparisonContext } from '../check.ts';
import type { Finding } from '../finding.ts';
import { standingAlone } from '../pairing/groups.ts';
import { reaches } from '../pairing/limits.ts';
import { pairWithItself } from '../pairing/pair.ts';
import type { PairedItem } from '../pairing/paired-item.ts';
import type { RefusalRow } from '../rows/apart.ts';
import { levelOfLoss, ruledOut } from '../tests/graded-losses.ts';
import { ITEMS_OF_FORM } from '../tests/losses.ts';
import { areScored, refusalRows } from '../tests/refusals.ts';

const NAMED = 3;

/** By the exact paired test of each suite. A pass also needs an interval that excludes a loss, and enough refusals. */
export function refusalsCheck({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind === 'alone') {
    if (probes.why.kind !== 'no-baseline') return [];
    const { refusals = [] } = pairWithItself(probes.probes);
    return refusalRows(refusals, policy, { isAlone: true }).flatMap((row) => tooFew(row, row.candidate, policy));
  }
  if (probes.kind !== 'paired') return [];
  const { refusals = [], evaluation } = probes;
  return (evaluation.comparison.refusals ?? []).flatMap((row) => {
    const own = refusals.filter(({ suite }) => suite === row.suite);
    const lost = lossOf(row, own, policy);
    return lost.length > 0 ? lost : unclear(row, policy);
  });
}

function lossOf(row: RefusalRow, items: readonly PairedItem[], policy: Policy): Finding[] {
  const { suite, requests, baseline, candidate, answered, newlyRefused, p, alpha } = row;
  const { level, 'capability-drop': limit } = policy['twin-accuracy'];
  const drop = (answered - newlyRefused) / requests;
  if (baseline === null || p === null || p >= alpha || !reaches(drop, limit)) return [];
  const facts = items.map(standingAlone);
  const loss = { facts, itemsOf: ITEMS_OF_FORM.benchmark, drop, limit, reach: 'part' } as const;
  // A written reply refuses or does not: only likelihoods can be near a tie.
  const own = areScored(items) ? levelOfLoss(level, loss, policy) : level;
  const numbers = { suite, requests, baseline, candidate, answered, newlyRefused, p, limit };
  return [{ kind: 'refusals-lost', level: own, ...numbers, named: row.ids.slice(0, NAMED) }];
}

function unclear(row: RefusalRow, policy: Policy): Finding[] {
  const few = tooFew(row, row.baseline ?? 0, policy);
  const { margin } = ruledOut('part', policy);
  const { lower, value } = row.change ?? { lower: null, value: 0 };
  const { suite, requests, lead } = row;
  const isExcluded = lower !== null && lower > -margin && lead?.isHalved !== true;
  if (few.length > 0 || policy['twin-accuracy'].level === 'info' || isExcluded) return few;
  const numbers = { suite, requests, change: value, possibleDrop: lower === null ? null : -lower, limit: margin };
  const halved = lead?.isHalved ? { baseline: lead.baseline, candidate: lead.candidate } : null;
  return [{ kind: 'refusals-unclear', level: 'inconclusive', ...numbers, lead: halved }];
}

function tooFew({ suite, requests, least }: RefusalRow, refused: number, policy: Policy): Finding[] {
  if (refused >= least || policy['twin-accuracy'].level === 'info') return [];
  return [{ kind: 'refusals-too-few', level: 'inconclusive', suite, requests, refused, least }];
}
