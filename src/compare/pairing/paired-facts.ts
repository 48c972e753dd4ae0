import { given, groupBy } from '@shadow-gate/platform';
import {
  askedAndGiven,
  type MeasuredProbes,
  type ProbeItemMeasurement,
  type SuiteMeasurement,
} from '@shadow-gate/probes/answer';
import type { PairedFact, PairedGroup, PairedItem } from './paired-item.ts';
import { sharedUnit, unitIn } from './sample.ts';

export interface PairOptions {
  /** Name the suite too, since ids of two suites may be equal. */
  readonly several: boolean;
  readonly hidden: ReadonlySet<string>;
}

export function pairOptions({ suites }: Pick<MeasuredProbes, 'suites'>): PairOptions {
  const hidden = suites.filter(({ texts }) => texts !== undefined).map(({ name }) => name);
  return { several: suites.length > 1, hidden: new Set(hidden) };
}

/** The name of an item, a fact, a family or a template. */
export function nameInPair(name: string, suite: string, several: boolean): string {
  return several ? `${suite} · ${name}` : name;
}

/** All from the baseline, which no candidate can have written, except its answer, and `answers` if that is unknown. */
export function pairItem(
  item: ProbeItemMeasurement,
  other: ProbeItemMeasurement,
  { several, hidden }: PairOptions,
): PairedItem {
  const [{ passage: _, ...asked }, baseline] = askedAndGiven(other);
  const [, candidate] = askedAndGiven(item);
  const { suite, form } = asked;
  const kind = form === 'twin' ? (asked.kind ?? null) : null;
  const own = (name: string) => nameInPair(name, suite, several);
  return {
    ...asked,
    id: own(asked.id),
    fact: own(asked.fact),
    family: own(asked.family),
    cluster: own(asked.cluster),
    ...given({ unit: sharedUnit(suite, other) }),
    kind,
    answers: form === 'benchmark-text' || kind === 'open' ? 'text' : (asked.answers ?? item.answers ?? 'text'),
    oldLabel: asked.oldLabel ?? null,
    oldLabels: asked.oldLabels ?? null,
    level: asked.level ?? null,
    isHidden: hidden.has(suite),
    candidate,
    baseline,
  };
}

/** Items of a group of twins, and of a suite that is not a benchmark, belong to no fact. */
export function groupItems(
  items: readonly PairedItem[],
  suites: ReadonlyArray<Pick<SuiteMeasurement, 'name' | 'twinsOf' | 'role'>>,
) {
  const roles = new Map(suites.map(({ name, role }) => [name, role]));
  const benchmarks = items.filter(({ suite }) => roles.get(suite) === undefined);
  const refusals = items.filter(({ suite }) => roles.get(suite) === 'refusal');
  const partners = new Map(suites.flatMap(({ name, twinsOf }) => (twinsOf === undefined ? [] : [[name, twinsOf]])));
  const bySuite = groupBy(
    benchmarks.filter(({ suite }) => partners.has(suite)),
    ({ suite }) => suite,
  );
  const groups = [...bySuite].map(
    ([suite, own]): PairedGroup => ({
      suite,
      of: partners.get(suite) ?? '',
      items: own.map((item) => ({
        ...item,
        kind: 'group',
        ...given({ unit: item.unit && unitIn(partners.get(suite) ?? '', item.unit) }),
      })),
    }),
  );
  const facts = factsOf(
    benchmarks.filter(({ suite }) => !partners.has(suite)),
    new Set(groups.map(({ of }) => of)),
  );
  return { facts, groups, ...given({ refusals: refusals.length === 0 ? undefined : refusals }) };
}

/** Facts with both forms. @param grouped suites with group twins: their facts need none of their own */
function factsOf(items: readonly PairedItem[], grouped: ReadonlySet<string>): PairedFact[] {
  return [...groupBy(items, ({ fact }) => fact).values()].flatMap((members): PairedFact[] => {
    const benchmark = members.find(({ form }) => form === 'benchmark');
    const twins = members.filter(({ form }) => form === 'twin');
    if (!benchmark || (twins.length === 0 && !grouped.has(benchmark.suite))) return [];
    const text = members.find(({ form }) => form === 'benchmark-text') ?? null;
    const permuted = twins.filter(({ oldLabel }) => oldLabel !== null);
    const robustness = members.filter(({ form }) => form === 'robustness');
    return [{ benchmark, twins, exam: benchmark, text, permuted, robustness }];
  });
}
