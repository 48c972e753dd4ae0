import { accuracyLoss } from './checks/accuracy-loss.ts';
import { baselineMemorized } from './checks/baseline-memorized.ts';
import { gainNotShown } from './checks/gain-not-shown.ts';
import { labelsNotBound } from './checks/labels-not-bound.ts';
import { lettersMemorized } from './checks/letters-memorized.ts';
import { levelLost } from './checks/level-lost.ts';
import { lostItems } from './checks/lost-items.ts';
import { otherQuestions } from './checks/other-questions.ts';
import { probeComparability } from './checks/probe-comparability.ts';
import { probeCoverage } from './checks/probe-coverage.ts';
import { retention } from './checks/retention.ts';
import { shadowDelta } from './checks/shadow-delta.ts';
import { tooFewFacts } from './checks/too-few-facts.ts';
import { twinAccuracy } from './checks/twin-accuracy.ts';
import { uninformativeProbes } from './checks/uninformative-probes.ts';
import type { Check, ComparisonContext } from './context.ts';
import type { Finding } from './finding.ts';
import { areTooFew } from './probes/enough-facts.ts';

/** What was asked and answered: true of any number of facts. */
const COVERAGE_CHECKS: readonly Check[] = [lostItems, tooFewFacts, probeComparability, otherQuestions, probeCoverage];

/** What the answers show, if there are enough of them. */
const PROBE_CHECKS: readonly Check[] = [
  lettersMemorized,
  shadowDelta,
  gainNotShown,
  twinAccuracy,
  accuracyLoss,
  retention,
  baselineMemorized,
  labelsNotBound,
  levelLost,
  uninformativeProbes,
];

/** What the probes show, in the order in which findings of one level are reported. */
export function probeFindings(context: ComparisonContext): Finding[] {
  const run = (checks: readonly Check[]) => checks.flatMap((check) => check(context));
  return [...run(COVERAGE_CHECKS), ...(areTooFew(context.probes) ? [] : run(PROBE_CHECKS))];
}
