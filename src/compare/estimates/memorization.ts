import { given, groupBy } from '@shadow-gate/platform';
import { itemKey, type MeasuredProbes, type ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { mannWhitney, wilcoxonSignedRank } from '../../statistics/index.ts';
import { sharedUnit, unitsOf } from '../pairing/sample.ts';
import type { MemorizationRow } from '../rows/gains.ts';

/** A prompt that both models read, and its rise in likelihood, in nats per token. */
interface Rise {
  readonly item: ProbeItemMeasurement;
  readonly rise: number;
}

/** With fewer facts, a rank test shows nothing. */
const MIN_FACTS = 10;

/**
 * How much more the log-likelihood rose for benchmark questions than for their twins: texts that were trained on become
 * likelier than similar texts, while knowledge of a domain raises both. Fresh twins: each question against the mean of
 * its own twins, signed-rank test. A group: all questions against all of its items, rank-sum test. A unit is one value,
 * the mean of its questions. Subtracting the baseline cancels how predictable a question is.
 * @param isComparable whether both measurements have the same items of a suite
 */
export function memorizationRows(
  candidate: MeasuredProbes,
  baseline: MeasuredProbes,
  isComparable: (suite: string) => boolean,
): MemorizationRow[] {
  const theirs = new Map(baseline.items.map((item) => [itemKey(item), item]));
  const rises = candidate.items.flatMap((item): Rise[] => {
    const other = isComparable(item.suite) ? theirs.get(itemKey(item)) : undefined;
    const isRead = item.reading && other?.reading && item.reading.tokens === other.reading.tokens;
    if (!item.reading || !other?.reading || !isRead) return [];
    return [{ item: other, rise: (item.reading.logprob - other.reading.logprob) / other.reading.tokens }];
  });
  const bySuite = groupBy(rises, ({ item }) => item.suite);
  return baseline.suites.flatMap(({ name, twinsOf }): MemorizationRow[] => {
    const own = bySuite.get(name) ?? [];
    if (twinsOf === undefined) return ofFacts(name, own);
    const benchmarks = (bySuite.get(twinsOf) ?? []).filter(({ item }) => item.form === 'benchmark');
    return ofGroup(name, benchmarks, own);
  });
}

function ofFacts(suite: string, rises: readonly Rise[]): MemorizationRow[] {
  const pairs = [...groupBy(rises, ({ item }) => item.fact).values()].flatMap((members) => {
    const benchmark = members.find(({ item }) => item.form === 'benchmark');
    const twins = members.filter(({ item }) => item.kind === 'fresh').map(({ rise }) => rise);
    return benchmark && twins.length > 0
      ? [{ benchmark: benchmark.rise, twin: mean(twins), unit: sharedUnit(suite, benchmark.item) }]
      : [];
  });
  const units = unitsOf(pairs, ({ unit }) => unit);
  if (units.length < MIN_FACTS) return [];
  const differences = pairs.map(differenceOf);
  const above = differences.filter((difference) => difference > 0).length;
  const equal = differences.filter((difference) => difference === 0).length;
  const counts = { facts: pairs.length, ...given({ units: units.length < pairs.length ? units.length : undefined }) };
  const [benchmark, twin] = [mean(pairs.map((pair) => pair.benchmark)), mean(pairs.map((pair) => pair.twin))];
  const auc = (above + equal / 2) / pairs.length;
  const p = wilcoxonSignedRank(units.map((own) => mean(own.map(differenceOf))));
  return [{ suite, ...counts, benchmark, twin, auc, p }];
}

function ofGroup(suite: string, benchmarks: readonly Rise[], items: readonly Rise[]): MemorizationRow[] {
  const [units, others] = [meansOfUnits(benchmarks), meansOfUnits(items)];
  if (Math.min(units.length, others.length) < MIN_FACTS) return [];
  const [benchmark, twin] = [benchmarks.map(({ rise }) => rise), items.map(({ rise }) => rise)];
  const { auc } = mannWhitney(benchmark, twin);
  const { p } = mannWhitney(units, others);
  const counted = given({ units: units.length < benchmark.length ? units.length : undefined });
  return [{ suite, facts: benchmark.length, ...counted, benchmark: mean(benchmark), twin: mean(twin), auc, p }];
}

function differenceOf({ benchmark, twin }: { readonly benchmark: number; readonly twin: number }): number {
  return benchmark - twin;
}

function meansOfUnits(rises: readonly Rise[]): number[] {
  return unitsOf(rises, ({ item }) => sharedUnit(item.suite, item)).map((own) => mean(own.map(({ rise }) => rise)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
