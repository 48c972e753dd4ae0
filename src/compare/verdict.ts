import { type Finding, isAbsentEvidence, SEVERITY } from './finding.ts';
import type { Verdict } from './report.ts';

/** The worst first; findings of one level keep their order. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return SEVERITY.flatMap((level) => findings.filter((finding) => finding.level === level));
}

/** Shown harm fails, whatever else could not be judged; what could not be judged is never a pass. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  const evidence = findings.filter((finding) => !isAbsentEvidence(finding));
  const decisive = evidence.some(({ level }) => level !== 'info') ? evidence : findings;
  const worst = SEVERITY.find((level) => decisive.some((finding) => finding.level === level));
  return worst === undefined || worst === 'info' ? 'pass' : worst;
}

const WORST_FIRST: readonly Verdict[] = ['fail', 'inconclusive', 'warn', 'pass'];

export function worseOf(a: Verdict, b: Verdict): Verdict {
  return WORST_FIRST.indexOf(a) < WORST_FIRST.indexOf(b) ? a : b;
}
