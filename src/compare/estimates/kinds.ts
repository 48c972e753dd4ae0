import { groupBy } from '@shadow-gate/platform';
import { TWIN_KINDS, type TwinKind } from '@shadow-gate/probes/item';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { standingAlone } from '../pairing/groups.ts';
import { exceeds } from '../pairing/limits.ts';
import {
  benchmarkTwinGap,
  type PairedFact,
  type PairedGroup,
  type PairedItem,
  pairedAccuracies,
} from '../pairing/paired-item.ts';
import { countUnits, unitsIn } from '../pairing/sample.ts';
import type { Estimate } from '../rows/fields.ts';
import type { KindRow } from '../rows/gains.ts';
import { changeInterval } from './change-interval.ts';
import { belowCeiling, measureShadowDelta, type ShadowDelta, type ShadowSample } from './shadow-delta.ts';

export interface KindView {
  readonly row: KindRow;
  /** Format twins next to a stronger kind do not: they are only reported. */
  readonly decides: boolean;
  readonly delta: ShadowDelta | null;
}

export interface SuiteGain {
  readonly suite: string;
  readonly facts: number;
  readonly benchmark: { readonly baseline: number; readonly candidate: number };
  readonly gain: Estimate;
  /**
   * Deciding kinds on whose facts the gain shows, or whose twins rose at least as much: others, such as those at their
   * ceiling, say nothing about it. `format` twins never show that a gain was not memorized.
   */
  readonly decidedBy: readonly TwinKind[];
}

/** With fewer facts nothing is judged: the verdict would depend on a few lucky answers. */
export const LEAST_FACTS = 40;

interface GainAnswers {
  /** With the benchmark forms that a gain is measured on. */
  readonly facts: readonly PairedFact[];
  readonly groups: readonly PairedGroup[];
}

/**
 * The twins of each kind, by suite. `open`, `fresh` and `group` decide about a gain. `format` twins ask for the answer
 * of the benchmark: they decide only without any of these, and never prove more than that nothing was found.
 */
export function viewKinds({ facts, groups }: GainAnswers, policy: ProbePolicy): KindView[] {
  return [...groupBy(facts, ({ benchmark }) => benchmark.suite)].flatMap(([suite, members]) => {
    const own = TWIN_KINDS.flatMap((kind): Candidate[] => {
      const having = withTwins(members, ({ twins }) => twins.filter((twin) => itemTwinKind(twin) === kind));
      return having.length === 0 ? [] : [{ kind, group: null, size: having.length, ...pairedSample(having, policy) }];
    });
    const theirs = groups
      .filter(({ of }) => of === suite)
      .map((group): Candidate => {
        const size = Math.min(group.items.length, members.length);
        return { kind: 'group', group: group.suite, size, ...groupSample(members, group, policy) };
      });
    const unbound = unboundSample(members, policy);
    const candidates = [...own, ...theirs];
    const isStrong = ({ kind, units, sample }: Candidate) =>
      kind !== 'format' && units >= LEAST_FACTS && canShowGain(sample);
    const hasStronger = candidates.some(isStrong);
    return [
      ...candidates.map((candidate) => view(suite, candidate, roleOf(candidate, hasStronger), policy)),
      ...(unbound && !own.some(({ kind }) => kind === 'format')
        ? [view(suite, unbound, 'labels-not-bound', policy)]
        : []),
    ];
  });
}

/** All suites together, by the twins that decide about each, or by all of its twins if none do. */
export function overallDelta({ facts }: GainAnswers, kinds: readonly KindView[], policy: ProbePolicy) {
  const deciding = kinds.filter(({ decides }) => decides);
  const ofFacts = withTwins(facts, ({ benchmark, twins }) => {
    const own = deciding.filter(({ row }) => row.group === null && row.suite === benchmark.suite);
    return twins.filter((twin) => own.length === 0 || own.some(({ row }) => row.kind === itemTwinKind(twin)));
  });
  const below = belowCeiling(ofFacts, policy);
  const [only] = kinds;
  const isAlone = kinds.length === 1 && only?.decides === true;
  const delta = isAlone ? only.delta : measureShadowDelta({ kind: 'paired', facts: below }, policy);
  return { facts: below, delta: delta ?? deciding[0]?.delta ?? null };
}

function roleOf({ kind, units }: Candidate, hasStronger: boolean): KindRow['role'] {
  if (kind === 'format' && hasStronger) return 'beside-stronger';
  if (units < LEAST_FACTS) return 'too-few';
  return kind === 'format' ? 'only-format' : 'decides';
}

function canShowGain(sample: ShadowSample): boolean {
  return sample.kind === 'paired'
    ? sample.facts.length > 1
    : Math.min(sample.benchmarks.length, sample.items.length) > 1;
}

interface Candidate {
  readonly kind: TwinKind;
  readonly group: string | null;
  /** Facts, or items of a group. */
  readonly size: number;
  readonly units: number;
  readonly benchmarks: readonly PairedItem[];
  readonly twins: readonly PairedItem[];
  /** Without families at the ceiling. */
  readonly sample: ShadowSample;
}

/** Twins of older measurements may be of any kind: they count as the weakest. */
export function itemTwinKind({ kind }: PairedItem): TwinKind {
  return kind ?? 'format';
}

/** The facts that have such twins, without any others. */
function withTwins(facts: readonly PairedFact[], twinsOf: (fact: PairedFact) => readonly PairedItem[]): PairedFact[] {
  return facts.map((fact) => ({ ...fact, twins: twinsOf(fact) })).filter(({ twins }) => twins.length > 0);
}

function pairedSample(facts: readonly PairedFact[], policy: ProbePolicy) {
  return {
    units: countUnits(facts.map(({ benchmark }) => benchmark)),
    benchmarks: facts.map(({ benchmark }) => benchmark),
    twins: facts.flatMap(({ twins }) => twins),
    sample: { kind: 'paired', facts: belowCeiling(facts, policy) } as const,
  };
}

function groupSample(facts: readonly PairedFact[], { items }: PairedGroup, policy: ProbePolicy) {
  const below = (all: readonly PairedItem[]) =>
    belowCeiling(all.map(standingAlone), policy).map(({ benchmark }) => benchmark);
  const benchmarks = facts.map(({ benchmark }) => benchmark);
  return {
    units: Math.min(countUnits(items), countUnits(benchmarks)),
    benchmarks,
    twins: items,
    sample: { kind: 'group', benchmarks: below(benchmarks), items: below(items) } as const,
  };
}

/** Twins that ask for labels of a model that cannot bind them: reported, and in no test. */
function unboundSample(facts: readonly PairedFact[], policy: ProbePolicy): Candidate | null {
  const unbound = withTwins(facts, ({ permuted, twins }) => permuted.filter((item) => !twins.includes(item)));
  if (unbound.length === 0) return null;
  return { kind: 'format', group: null, size: unbound.length, ...pairedSample(unbound, policy) };
}

function view(suite: string, candidate: Candidate, role: KindRow['role'], policy: ProbePolicy): KindView {
  const { kind, group, size, benchmarks, twins, sample } = candidate;
  const delta = measureShadowDelta(sample, policy);
  const benchmark = pairedAccuracies(benchmarks);
  const twin = pairedAccuracies(twins);
  return {
    delta,
    decides: role === 'decides' || role === 'only-format',
    row: {
      suite,
      kind,
      facts: size,
      ...unitsIn(benchmarks),
      benchmark,
      twin,
      gap: benchmarkTwinGap(benchmark, twin),
      delta: delta?.interval(policy.confidence) ?? null,
      transfer: delta?.transfer ? delta.transfer.interval(policy.confidence) : null,
      role,
      group,
    },
  };
}

export function suiteGains({ facts }: GainAnswers, kinds: readonly KindView[], policy: ProbePolicy): SuiteGain[] {
  return [...groupBy(facts, ({ benchmark }) => benchmark.suite)].map(([suite, members]) => {
    const items = members.map(({ benchmark }) => benchmark);
    return {
      suite,
      facts: items.length,
      benchmark: pairedAccuracies(items),
      gain: changeInterval(items.map(standingAlone), policy.confidence),
      decidedBy: kinds
        .filter(
          ({ row, decides, delta }) => decides && (delta?.transfer || roseAsMuch(row, policy)) && row.suite === suite,
        )
        .map(({ row }) => row.kind),
    };
  });
}

/** Without transfer, because answers flipped more than they became surer: twins that rose as much explain the gain. */
function roseAsMuch({ delta, benchmark }: KindView['row'], { 'shadow-delta': { 'minimum-gain': least } }: ProbePolicy) {
  const isOfGain = benchmark.baseline !== null && exceeds(benchmark.candidate - benchmark.baseline, least);
  return isOfGain && delta !== null && delta.upper !== null && delta.upper <= 0;
}
