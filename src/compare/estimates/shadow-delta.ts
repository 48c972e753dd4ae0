import { groupBy } from '@shadow-gate/platform';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { clusterInterval, minimumDetectableMean, tQuantile, welchInterval } from '../../statistics/index.ts';
import { expectedChange } from '../pairing/graded.ts';
import { reaches } from '../pairing/limits.ts';
import type { PairedFact, PairedItem } from '../pairing/paired-item.ts';
import type { ShadowRow } from '../rows/accuracies.ts';
import type { Estimate } from '../rows/fields.ts';
import type { ProbeComparison } from '../rows/probes.ts';
import { viewFamilies } from './families.ts';
import { estimateTransfer, type Observation, type Transfer } from './transfer.ts';

export type ShadowSample =
  | { readonly kind: 'paired'; readonly facts: readonly PairedFact[] }
  /** Two samples without links between their items. */
  | { readonly kind: 'group'; readonly benchmarks: readonly PairedItem[]; readonly items: readonly PairedItem[] };

export interface ShadowDelta {
  /** Benchmark forms behind it. */
  readonly facts: number;
  readonly value: number;
  readonly interval: (level: number) => Estimate;
  readonly mde: (level: number) => number | null;
  /** Its terms, with its units as clusters. */
  readonly observations: readonly Observation[];
  /** Null: the benchmark form gained less than the policy's `minimum-gain`. */
  readonly transfer: Transfer | null;
}

const POWER = 0.8;

/** Templates are the units from this many on: fewer do not represent other templates. */
const MIN_TEMPLATES_AS_UNITS = 10;

/**
 * The difference of differences Δbenchmark − Δtwin in expected accuracy, and the transfer in log-odds. For facts it is
 * paired: the change of each benchmark form minus the mean change of its twins, with Student's interval. The units are
 * facts, since the suite fixes its templates, or the templates if many were drawn. Facts of one unit count together.
 * The standard error is at least that of one unit that differs: facts that are all alike are not certainty. The two
 * samples of a group, each with its own units, have Welch's interval.
 * @returns null for fewer than two units
 */
export function measureShadowDelta(sample: ShadowSample, policy: ProbePolicy): ShadowDelta | null {
  const rule = policy['shadow-delta'];
  const known = sample.kind === 'paired' ? pairedDelta(sample.facts) : groupDelta(sample);
  if (!known) return null;
  const { mean, df, observations } = known;
  const standardError = Math.max(known.standardError, 1 / known.units);
  const benchmarks = observations.flatMap(({ benchmark }) => benchmark ?? []);
  const gain = benchmarks.reduce((sum, item) => sum + expectedChange(item), 0) / benchmarks.length;
  return {
    facts: benchmarks.length,
    value: mean,
    interval: (level) => {
      const half = tQuantile((1 + level) / 2, df) * standardError;
      return { value: mean, lower: mean - half, upper: mean + half };
    },
    mde: (level) => minimumDetectableMean({ standardError, margin: rule.margin, level, power: POWER }),
    observations,
    transfer: reaches(gain, rule['minimum-gain']) ? estimateTransfer(observations) : null,
  };
}

/** Any level: only the standard error is used. */
const LEVEL = 0.95;

function pairedDelta(facts: readonly PairedFact[]) {
  const clusterOf = ({ twins }: PairedFact) => JSON.stringify([twins[0]?.suite, twins[0]?.cluster]);
  const idOf = ({ benchmark }: PairedFact) => benchmark.unit ?? benchmark.id;
  const areFresh = facts.every(({ twins }) => twins[0]?.kind === 'fresh') && !shareAny(facts);
  const { unitOf, units, interval } = meanOverUnits(facts, {
    unitOf: areFresh ? templatesOr(facts, clusterOf, idOf) : idOf,
    numberOf: differenceOf,
  });
  const observations = facts.map((fact): Observation => ({ ...fact, cluster: unitOf(fact) }));
  return interval && { ...interval, units, observations };
}

/** Shared passages are not drawn with their templates. */
function shareAny(facts: readonly PairedFact[]): boolean {
  return facts.some(({ benchmark }) => benchmark.unit !== undefined);
}

/** The unit of a member: its template if many were drawn, else itself. */
function templatesOr<T>(members: readonly T[], templateOf: (member: T) => string, idOf: (member: T) => string) {
  return groupBy(members, templateOf).size < MIN_TEMPLATES_AS_UNITS ? idOf : templateOf;
}

function meanOverUnits<T>(
  members: readonly T[],
  { unitOf, numberOf }: { readonly unitOf: (member: T) => string; readonly numberOf: (member: T) => number },
) {
  const units = [...groupBy(members, unitOf).values()].map((own) => own.map(numberOf));
  return { unitOf, units: units.length, interval: clusterInterval(units, LEVEL) };
}

function differenceOf({ benchmark, twins }: PairedFact): number {
  return expectedChange(benchmark) - twins.reduce((sum, twin) => sum + expectedChange(twin), 0) / twins.length;
}

function groupDelta({ benchmarks, items }: Extract<ShadowSample, { kind: 'group' }>) {
  const [gain, theirs] = [sampleChange(benchmarks), sampleChange(items)];
  const interval = welchInterval(gain.interval, theirs.interval, LEVEL);
  const observations = [
    ...benchmarks.map(
      (item): Observation => ({ benchmark: item, twins: [], cluster: `benchmark ${gain.unitOf(item)}` }),
    ),
    ...items.map((item): Observation => ({ benchmark: null, twins: [item], cluster: `group ${theirs.unitOf(item)}` })),
  ];
  return interval && { ...interval, units: Math.min(gain.units, theirs.units), observations };
}

function sampleChange(items: readonly PairedItem[]) {
  const idOf = ({ unit, id }: PairedItem) => unit ?? id;
  const unitOf = items.some(({ unit }) => unit !== undefined)
    ? idOf
    : templatesOr(items, ({ cluster }) => cluster, idOf);
  return meanOverUnits(items, { unitOf, numberOf: expectedChange });
}

/** Facts of families that can show a gain of either form. */
export function belowCeiling(facts: readonly PairedFact[], policy: ProbePolicy): PairedFact[] {
  return viewFamilies(facts, policy)
    .filter(({ showsDelta }) => showsDelta)
    .flatMap((view) => view.facts);
}

/** An interval over fewer templates than this is wider than the possible range. */
const MIN_TEMPLATES = 4;

/** The shadow delta with templates as units, for other templates; null if facts share units. */
export function overTemplates(facts: readonly PairedFact[], level: number): ProbeComparison['overTemplates'] {
  const differences = facts.flatMap(({ benchmark, twins }) =>
    twins.map((twin) => ({ cluster: twin.cluster, difference: expectedChange(benchmark) - expectedChange(twin) })),
  );
  const groups = [...groupBy(differences, ({ cluster }) => cluster).values()];
  if (groups.length < MIN_TEMPLATES || shareAny(facts)) return null;
  const interval = clusterInterval(
    groups.map((members) => members.map(({ difference }) => difference)),
    level,
  );
  return interval && { value: interval.mean, lower: interval.lower, upper: interval.upper, templates: groups.length };
}

export function describeDelta(delta: ShadowDelta | null, level: number): ShadowRow['delta'] {
  return delta && { ...delta.interval(level), facts: delta.facts, mde: delta.mde(level) };
}
