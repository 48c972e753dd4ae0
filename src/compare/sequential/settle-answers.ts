import type { Measurement } from '../../measure/schema/measurement.ts';
import type { MeasuredProbes } from '../../measure/schema/probes.ts';
import type { Policy } from '../../policy/policy.ts';
import type { ComparisonContext } from '../context.ts';
import { probeFindings } from '../probe-checks.ts';
import { hideTexts } from '../probes/hide-texts.ts';
import { pairProbes } from '../probes/pair.ts';
import { askingOrder } from './order.ts';
import { type Settled, settle } from './settle.ts';

/** Answers to the first blocks. */
export type FirstAnswers = MeasuredProbes & { readonly sequential: NonNullable<MeasuredProbes['sequential']> };

/** Whether the answers to the first blocks settle the verdict of the probes; see `settle`. */
export function settleAnswers(probes: FirstAnswers, measured: Measurement, policy: Policy): Settled | null {
  // Of the candidate, only its answers are looked at.
  const { candidate, baseline } = hideTexts({ candidate: { ...measured, probes }, baseline: measured }, policy);
  return settleContext(contextOf(candidate, baseline, policy));
}

/** The same for a comparison of a candidate that was asked in blocks. Null for any other. */
export function settleContext(context: ComparisonContext): Settled | null {
  const { probes, baseline, policy } = context;
  if (probes.kind !== 'paired' || probes.probes.sequential === undefined || baseline === null) return null;
  const ofItself = probeFindings(contextOf(baseline, baseline, policy));
  // Blocks of another order say nothing of this one.
  if (probes.probes.sequential.of !== askingOrder(probes.baseline).length) return null;
  // What the baseline beside itself would not pass is never settled as a pass.
  const canPass = ofItself.every(({ level }) => level === 'info');
  const findings = probeFindings(context);
  return settle(probes, { findings, canPass, blocks: probes.probes.sequential.blocks, policy });
}

/** Of answers alone. */
function contextOf(candidate: Measurement, baseline: Measurement | null, policy: Policy): ComparisonContext {
  return {
    candidate,
    baseline,
    policy,
    probes: pairProbes(candidate, baseline, policy),
    baselinePath: null,
    only: null,
    changes: [],
    quantization: null,
    calibration: null,
    comparability: { weights: false, deltas: false, findings: [] },
    metrics: [],
    weights: [],
    benchmarks: null,
  };
}
