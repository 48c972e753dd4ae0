import type { ComparisonContext } from '../../../src/compare/check.ts';
import { accuracyLossCheck } from '../../../src/compare/checks/accuracy-loss.ts';
import { gainNotShownCheck } from '../../../src/compare/checks/gain-not-shown.ts';
import { lettersMemorizedCheck } from '../../../src/compare/checks/letters.ts';
import { levelLostCheck } from '../../../src/compare/checks/level-lost.ts';
import { retentionCheck } from '../../../src/compare/checks/retention.ts';
import { runPhases } from '../../../src/compare/checks/run-phases.ts';
import { shadowDeltaCheck } from '../../../src/compare/checks/shadow-delta.ts';
import { sliceLossCheck } from '../../../src/compare/checks/suites.ts';
import { twinAccuracyCheck } from '../../../src/compare/checks/twin-accuracy.ts';
import { uninformativeProbesCheck } from '../../../src/compare/checks/uninformative-probes.ts';
import { findingReason } from '../../../src/compare/finding.ts';
import type { PairedFact } from '../../../src/compare/pairing/paired-item.ts';
import { evaluateProbes, type FurtherAnswers } from '../../../src/compare/probes/evaluation.ts';
import type { Policy } from '../../../src/policy/policy.ts';

const JUDGED = [
  shadowDeltaCheck,
  gainNotShownCheck,
  twinAccuracyCheck,
  accuracyLossCheck,
  sliceLossCheck,
  retentionCheck,
  uninformativeProbesCheck,
];

/** The findings of the probe checks in paired facts, and the statistics behind them. */
export function judgeFacts(facts: readonly PairedFact[], policy: Policy, further: FurtherAnswers = {}) {
  const evaluation = evaluateProbes(facts, policy, further);
  // The checks look at no other part of a comparison.
  const context = {
    policy,
    probes: { kind: 'paired', facts, groups: further.groups ?? [], evaluation },
  } as unknown as ComparisonContext;
  // Findings of the first two only silence the last.
  const checks = [lettersMemorizedCheck, levelLostCheck, ...JUDGED];
  const { answers } = runPhases([{ about: 'answers', checks }], context);
  const findings = answers.filter(({ kind }) => kind !== 'letters-memorized' && kind !== 'level-lost');
  const reasons = findings.map((finding) => ({ level: finding.level, ...findingReason(finding) }));
  return { comparison: evaluation.comparison, findings, reasons };
}
