import { FINDING_KINDS, type Finding, findingTraits, SEVERITY } from '../finding.ts';
import { RANKS } from '../findings/rank.ts';
import type { Verdict } from '../rows/fields.ts';

/** @returns negative: the first is more decisive; 0: neither is */
function byDecisiveness(a: Finding, b: Finding): number {
  const [mine = 'other', its = 'other'] = [findingTraits(a.kind).rank, findingTraits(b.kind).rank];
  if (mine !== its) return RANKS.indexOf(mine) - RANKS.indexOf(its);
  return mine === 'other' ? 0 : FINDING_KINDS.indexOf(a.kind) - FINDING_KINDS.indexOf(b.kind);
}

/** The worst first, and the most decisive first among findings of one level. Stable otherwise. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return SEVERITY.flatMap((level) => findings.filter((finding) => finding.level === level).sort(byDecisiveness));
}

/** The worst level decides: shown harm fails, and what could not be judged is never green. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  const worst = SEVERITY.find((level) => findings.some((finding) => finding.level === level));
  return worst === undefined || worst === 'info' ? 'pass' : worst;
}
