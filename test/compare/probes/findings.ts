import { accuracyLoss } from '../../../src/compare/checks/accuracy-loss.ts';
import { gainNotShown } from '../../../src/compare/checks/gain-not-shown.ts';
import { retention } from '../../../src/compare/checks/retention.ts';
import { shadowDelta } from '../../../src/compare/checks/shadow-delta.ts';
import { twinAccuracy } from '../../../src/compare/checks/twin-accuracy.ts';
import { uninformativeProbes } from '../../../src/compare/checks/uninformative-probes.ts';
import type { ComparisonContext } from '../../../src/compare/context.ts';
import { evaluateProbes, type FurtherAnswers } from '../../../src/compare/probes/evaluation.ts';
import type { PairedFact } from '../../../src/compare/probes/paired-item.ts';
import { reasonOf } from '../../../src/compare/reason.ts';
import type { Policy } from '../../../src/policy/policy.ts';

/** The findings of the probe checks in paired facts, and the statistics behind them. */
export function judgeFacts(facts: readonly PairedFact[], policy: Policy, further: FurtherAnswers = {}) {
  const evaluation = evaluateProbes(facts, policy, further);
  // The six checks look at no other part of a comparison.
  const context = {
    policy,
    probes: { kind: 'paired', facts, groups: further.groups ?? [], evaluation },
  } as unknown as ComparisonContext;
  const findings = [shadowDelta, gainNotShown, twinAccuracy, accuracyLoss, retention, uninformativeProbes].flatMap(
    (check) => check(context),
  );
  const reasons = findings.map((finding) => ({ level: finding.level, ...reasonOf(finding) }));
  return { comparison: evaluation.comparison, findings, reasons };
}
