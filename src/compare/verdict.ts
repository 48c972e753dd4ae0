import { type Finding, type FindingKind, SEVERITY } from './finding.ts';
import type { Verdict } from './report.ts';

/**
 * The kinds of findings, the most decisive first: what the candidate cannot do at all, then harm, then missing evidence, then
 * remarks. Among findings of one level the first is the headline. Kinds that are not listed come between harm and remarks.
 */
const FIRST: readonly FindingKind[] = [
  'probes-not-run',
  'items-lost',
  'no-answers',
  'merge-not-finite',
  'merge-fault',
  'merge-other-tensors',
  'non-finite',
  'letters-memorized',
  'shadow-delta',
  'twin-accuracy',
  'accuracy-loss',
  'benchmark-loss',
  'level-lost',
  'retention',
  'two-key',
  'rank-loss',
  'other-questions',
  'too-few-facts',
  'baseline-memorized',
  'labels-not-bound',
  'not-informative',
  'capability-not-judged',
  'twin-accuracy-unclear',
  'gain-not-shown',
  'benchmark-not-comparable',
  'benchmark-gain-not-shown',
  'benchmark-not-judged',
  'benchmark-unclear',
];
const LAST: readonly FindingKind[] = [
  'missing-baseline',
  'baseline-is-reference',
  'reference-shape',
  'update-size',
  'behavior-not-compared',
  'skipped',
  'no-weights',
  'answered-by-server',
  'evaluation-logs',
  'other-precision',
  'unread-files',
  'merge-unseen',
  'probe-notes',
];

function rankOf({ kind }: Finding): number {
  const first = FIRST.indexOf(kind);
  if (first >= 0) return first - FIRST.length;
  return LAST.indexOf(kind) + 1;
}

/** The worst first, and the most decisive first among findings of one level. Stable otherwise. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return SEVERITY.flatMap((level) =>
    findings.filter((finding) => finding.level === level).sort((a, b) => rankOf(a) - rankOf(b)),
  );
}

/** The worst level decides: shown harm fails, whatever else could not be judged, and what could not be judged is never green. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  const worst = SEVERITY.find((level) => findings.some((finding) => finding.level === level));
  return worst === undefined || worst === 'info' ? 'pass' : worst;
}
