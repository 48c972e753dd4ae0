import { BUILTIN } from '@shadow-gate/probes/suite';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { Check, ComparisonContext } from '../check.ts';
import type { KindView } from '../estimates/kinds.ts';
import type { ShadowDelta } from '../estimates/shadow-delta.ts';
import type { Finding, FindingOf } from '../finding.ts';
import { expectedChange } from '../pairing/graded.ts';
import { leastReaching } from '../pairing/limits.ts';
import type { ProbeEvaluation } from '../probes/evaluation.ts';
import { changeOfBenchmark, type Gained, type GainRule, leastTotal, lowerEnd } from '../sequential/gain-rule.ts';
import type { KnownAnswers } from '../sequential/harm-rule.ts';

/** A delta above the margin is harm only with a low transfer: healthy runs on narrow formats have one. */
export const shadowDeltaCheck = { find, gain } satisfies Check;

function find({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const deciding = decidingKinds(probes.evaluation);
  return shadowDeltas(
    deciding.map((view) => ({ place: placeOf(view), shadow: view.delta })),
    policy,
  );
}

interface JudgedGain {
  readonly place: Pick<FindingOf<'shadow-delta'>, 'suite' | 'twins' | 'group'>;
  readonly shadow: ShadowDelta | null;
}

export function shadowDeltas(gains: readonly JudgedGain[], policy: ProbePolicy): Finding[] {
  const level = 1 - (1 - policy.confidence) / Math.max(1, gains.length);
  const rule = policy['shadow-delta'];
  return gains.flatMap(({ place, shadow }): Finding[] => {
    const delta = shadow?.interval(level);
    if (!shadow?.transfer || !delta || delta.lower === null || delta.lower <= 0) return [];
    const transfer = shadow.transfer.interval(level);
    const below = (limit: number) => transfer.upper !== null && transfer.upper < limit;
    const fails = delta.lower > rule.margin && below(rule['transfer-fail']);
    // A transfer that may well be 1 is no sign by itself. But if the delta is above 0 and both values are beyond their
    // limits, intervals too wide for a failure are no reason to pass.
    const likely = delta.value > rule.margin && transfer.value < rule['transfer-fail'];
    const warns = likely || (delta.lower > rule.margin && transfer.value < rule['transfer-warn'] && below(1));
    if (!fails && !warns) return [];
    const own = fails || rule.level === 'info' ? rule.level : 'warn';
    const limits = { margin: rule.margin, transferLimit: fails ? rule['transfer-fail'] : rule['transfer-warn'] };
    return [{ kind: 'shadow-delta', level: own, ...place, delta, transfer, ...limits }];
  });
}

function gain({ evaluation }: KnownAnswers, policy: ProbePolicy): GainRule[] {
  return decidingKinds(evaluation)
    .map((view) => gainOf(view, policy))
    .filter(({ facts }) => facts.length > 0);
}

function gainOf(view: KindView, policy: ProbePolicy): GainRule {
  const { margin, 'minimum-gain': minimum } = policy['shadow-delta'];
  const facts = (view.delta?.observations ?? []).flatMap(({ benchmark, twins }) =>
    benchmark === null ? [] : [{ benchmark, twins }],
  );
  const rule = { of: { kind: 'shadow-delta', ...placeOf(view) }, view, facts } as const;
  const n = facts.length;
  if (view.row.kind === 'group') {
    // Samples without links: each fact is only known to have to gain.
    return { ...rule, excess: changeOfBenchmark, most: 1, least: () => Math.max(1, minimum * n), leastGain: null };
  }
  // Means of templates, which are the units, bound no squares of facts.
  const hasTemplates = view.row.kind === 'fresh';
  const leastAbove = (limit: number, seen: number) =>
    leastTotal(n, (total) => {
      const squares = hasTemplates ? 0 : Math.max(seen, total ** 2 / n);
      return total / n > margin && lowerEnd({ total, squares, n, level: policy.confidence }) > limit;
    }).below;
  const least = (seen: number) => leastAbove(margin, seen);
  // With a low transfer, an interval above 0 and a value above the margin suffice.
  const leastWarning = (seen: number) => leastAbove(0, seen);
  // Below it, transfer is not defined.
  const leastGain = leastReaching(minimum, n);
  const most = view.row.suite === BUILTIN ? MOST_OF_DRAWN : 1;
  return { ...rule, excess: (fact) => excessOf(fact, most), most, least, leastWarning, leastGain };
}

function decidingKinds({ kinds }: ProbeEvaluation): KindView[] {
  return kinds.filter(({ decides }) => decides);
}

function placeOf({ row: { suite, kind, group } }: KindView) {
  return { suite, twins: kind, group };
}

/** Nobody can learn a few of freshly drawn questions: a gain in their format is on all of them. */
const MOST_OF_DRAWN = 0.5;

/** Δbenchmark − mean Δtwin, clipped to ±most. */
function excessOf({ benchmark, twins }: Gained, most: number): number {
  const twin = twins.reduce((sum, own) => sum + expectedChange(own), 0) / Math.max(1, twins.length);
  return Math.max(-most, Math.min(most, expectedChange(benchmark) - twin));
}
