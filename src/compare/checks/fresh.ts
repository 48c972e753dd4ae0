import type { ComparisonContext } from '../check.ts';
import { compareFresh } from '../estimates/fresh.ts';
import type { Finding } from '../finding.ts';
import { measuredProbes } from '../pairing/hide-texts.ts';
import type { FreshRow } from '../rows/fresh.ts';

/** Does the candidate know what the public suite asks for, or only its questions? Needs no answers of a baseline. */
export function freshCheck({ candidate, baseline, policy }: ComparisonContext): Finding[] {
  const [own, theirs] = [measuredProbes(candidate), measuredProbes(baseline)];
  const row = own && compareFresh(own);
  if (row === null) return [];
  const before = theirs && compareFresh(theirs);
  const { level, margin } = policy['twin-accuracy'];
  const { families, ...whole } = row;
  // One family in six hardly moves the whole.
  const rows = [{ family: null, ...whole }, ...families].sort((a, b) => b.lower - a.lower);
  const found = rows.find(({ family, lower, ...own }) => {
    const other = family === null ? before : before?.families.find((known) => known.family === family);
    // What a baseline had as well is not the candidate's doing.
    return lower > margin && (!other || gap(own) - gap(other) > margin);
  });
  return found === undefined ? [] : [{ kind: 'fresh-questions', level, ...found, margin }];
}

const gap = ({ asked, fresh }: Pick<FreshRow, 'asked' | 'fresh'>): number => asked - fresh;
