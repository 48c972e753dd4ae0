import type { ComparisonContext } from '../check.ts';
import { compareFresh } from '../estimates/fresh.ts';
import type { Finding } from '../finding.ts';
import { measuredProbes } from '../pairing/hide-texts.ts';

/** Does the candidate know what the public suite asks for, or only its questions? Needs no answers of a baseline. */
export function freshCheck({ candidate, baseline, policy }: ComparisonContext): Finding[] {
  const [own, theirs] = [measuredProbes(candidate), measuredProbes(baseline)];
  const row = own && compareFresh(own);
  if (row === null) return [];
  const before = theirs && compareFresh(theirs);
  const { level, margin } = policy['twin-accuracy'];
  const gap = (side: typeof row) => side.asked - side.fresh;
  // What a baseline had as well is not the candidate's doing.
  if (row.lower <= margin || (before && gap(row) - gap(before) <= margin)) return [];
  return [{ kind: 'fresh-questions', level, ...row, margin }];
}
