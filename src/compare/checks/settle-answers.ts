import { itemKey, type MeasuredProbes } from '@shadow-gate/probes/answer';
import type { Measurement } from '../../measure/schema/index.ts';
import type { Policy } from '../../policy/policy.ts';
import { hasSlices, requiredSuites } from '../../policy/suite-tier.ts';
import type { ComparisonContext } from '../check.ts';
import { hideTexts } from '../pairing/hide-texts.ts';
import { pairSides, pairWithItself } from '../pairing/pair.ts';
import type { PairedItem } from '../pairing/paired-item.ts';
import { shareUnits } from '../pairing/sample.ts';
import { evaluateProbes } from '../probes/evaluation.ts';
import { pairOwnText } from '../probes/own-text.ts';
import { pairProbes } from '../probes/pair-probes.ts';
import type { Settled } from '../rows/probes.ts';
import type { KnownAnswers } from '../sequential/harm-rule.ts';
import { type SettlingPlan, settlingPlan } from '../sequential/plan.ts';
import { settle } from '../sequential/settle.ts';
import { levelsIn } from '../tests/levels.ts';
import { ANSWER_CHECKS } from './list.ts';
import { ownTextCheck } from './own-text.ts';
import { protocolCheck } from './protocol.ts';
import { runPhases } from './run-phases.ts';

type FirstAnswers = MeasuredProbes & {
  readonly sequential: NonNullable<MeasuredProbes['sequential']>;
  readonly orderSeed: number;
};

export function firstAnswers(probes: MeasuredProbes): FirstAnswers | null {
  const { sequential, orderSeed } = probes;
  // The rules count whole answers.
  if (probes.suites.some(({ sampling }) => sampling !== undefined)) return null;
  return sequential === undefined || orderSeed === undefined ? null : { ...probes, sequential, orderSeed };
}

/** See `settle`. @param measured the baseline, which has all answers */
export function settleAgainst(measured: Measurement, policy: Policy): (probes: FirstAnswers) => Settled | null {
  return (probes) => {
    // Only the candidate's answers are looked at.
    const { candidate, baseline } = hideTexts({ candidate: { ...measured, probes }, baseline: measured }, policy);
    if (baseline?.probes?.status !== 'measured' || candidate.probes?.status !== 'measured') return null;
    const own = firstAnswers(candidate.probes);
    if (own === null) return null;
    const context = () => contextOf(candidate, baseline, policy);
    const plan = planAgainst(baseline, baseline.probes, { policy, orderSeed: own.orderSeed });
    const read = { ownText: pairOwnText(candidate, baseline, { policy, quantization: null }), candidate, baseline };
    return settleWith(plan, { ...read, probes: own, theirs: baseline.probes, context, policy });
  };
}

export function settleContext(context: ComparisonContext): Settled | null {
  const { probes, baseline, policy } = context;
  if (probes.kind !== 'paired' || baseline === null) return null;
  const own = firstAnswers(probes.probes);
  if (own === null) return null;
  const plan = planAgainst(baseline, probes.baseline, { policy, orderSeed: own.orderSeed });
  const { ownText, candidate } = context;
  const read = { ownText, candidate, baseline };
  return settleWith(plan, { ...read, probes: own, theirs: probes.baseline, context: () => context, policy });
}

/** Never a settled pass if the baseline compared with itself would not pass. */
function planAgainst(baseline: Measurement, probes: MeasuredProbes, of: Judging): SettlingPlan {
  const { policy, orderSeed } = of;
  const earlier = PLANS.get(probes);
  if (earlier?.of.policy === policy && earlier.of.orderSeed === orderSeed) return earlier.plan;
  const itself = contextOf(baseline, baseline, policy);
  // Some answers cannot rule out a loss of a required suite, or of a slice.
  const canPass =
    requiredSuites(policy).length === 0 &&
    !hasSlices(policy) &&
    runPhases(ANSWER_CHECKS, itself).answers.every(({ level }) => level === 'info');
  const known = itself.probes.kind === 'paired' ? itself.probes : knownOf(probes, policy);
  // Checks with rules are objects.
  const rules = ANSWER_CHECKS.flatMap((group) => group.checks).filter((check) => typeof check === 'object');
  const plan = settlingPlan(probes, policy, { known, canPass, orderSeed, rules });
  PLANS.set(probes, { of, plan });
  return plan;
}

function knownOf(probes: MeasuredProbes, policy: Policy): KnownAnswers {
  const { facts, ...further } = pairWithItself(probes);
  const levels = levelsIn(probes, probes);
  return { facts, ...further, evaluation: evaluateProbes(facts, policy, { ...further, levels }) };
}

interface Judging {
  readonly policy: Policy;
  readonly orderSeed: number;
}

/** The same at every look, and for the report. */
const PLANS = new WeakMap<MeasuredProbes, { readonly of: Judging; readonly plan: SettlingPlan }>();

interface Look extends Pick<ComparisonContext, 'ownText' | 'candidate' | 'baseline'> {
  readonly probes: FirstAnswers;
  readonly theirs: MeasuredProbes;
  /** Slow: it evaluates all answers. */
  readonly context: () => ComparisonContext;
  readonly policy: Policy;
}

function settleWith(plan: SettlingPlan, { probes, theirs, context, policy, ...read }: Look): Settled | null {
  const { blocks, of } = probes.sequential;
  // Blocks of another order do not count. The rules take facts as units.
  if (of !== plan.blocks || shareUnits(theirs.items)) return null;
  const isFirst = (item: PairedItem) => plan.blockOf.get(item.fact) === 0;
  const { items, lost } = pairSides(probes, theirs, isFirst);
  const answered = new Set([...probes.items, ...probes.leftOut].map(itemKey));
  const judge = () => {
    const whole = context();
    const kinds = whole.probes.kind === 'paired' ? whole.probes.evaluation.kinds : [];
    return { findings: runPhases(ANSWER_CHECKS, whole).answers, kinds };
  };
  const complete = () => {
    const { candidate, baseline } = context();
    const missing = theirs.items.filter((item) => !answered.has(itemKey(item)));
    const { sequential: _, ...rest } = { ...probes, items: [...probes.items, ...missing] };
    const whole = contextOf({ ...candidate, probes: rest }, baseline, policy);
    const facts = whole.probes.kind === 'paired' ? whole.probes.facts.length : 0;
    return { findings: runPhases(ANSWER_CHECKS, whole).answers, facts };
  };
  // Own text and the protocol were read before the first question, so no answer changes what they found.
  const early = { ...read, policy };
  const hasFailed = [...ownTextCheck(early), ...protocolCheck(early)].some(({ level }) => level === 'fail');
  const settled = hasFailed
    ? 'fail'
    : settle(plan, { items, hasLost: lost.length > 0, blocks, policy, judge, complete });
  // An accepted failure settles nothing: the rest may have another loss.
  return settled === 'fail' && policy.exceptions !== undefined ? null : settled;
}

function contextOf(candidate: Measurement, baseline: Measurement | null, policy: Policy): ComparisonContext {
  return {
    candidate,
    baseline,
    policy,
    probes: pairProbes(candidate, baseline, policy),
    ownText: pairOwnText(candidate, baseline, { policy, quantization: null }),
    baselinePath: null,
    only: null,
    changes: [],
    quantization: null,
    vocabularyRows: null,
    calibration: null,
    comparability: { weights: false, deltas: false, findings: [] },
    metrics: [],
    weights: [],
    benchmarks: null,
    benchmarkTwins: [],
    settled: null,
  };
}
