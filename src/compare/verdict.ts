import { isSilence, type Reason, SEVERITY } from './finding.ts';
import type { Verdict } from './report.ts';

/** The worst first. */
export function sortReasons(reasons: readonly Reason[]): Reason[] {
  return SEVERITY.flatMap((level) => reasons.filter((reason) => reason.level === level));
}

/** Harm that is shown fails whatever else could not be judged; what could not be judged is never a pass. */
export function verdictOf(reasons: readonly Reason[]): Verdict {
  const spoken = reasons.filter((reason) => !isSilence(reason));
  const heard = spoken.some(({ level }) => level !== 'info') ? spoken : reasons;
  const worst = SEVERITY.find((level) => heard.some((reason) => reason.level === level));
  return worst === undefined || worst === 'info' ? 'pass' : worst;
}

const WORST_FIRST: readonly Verdict[] = ['fail', 'inconclusive', 'warn', 'pass'];

export function worseOf(a: Verdict, b: Verdict): Verdict {
  return WORST_FIRST.indexOf(a) < WORST_FIRST.indexOf(b) ? a : b;
}
