import type { AppliedPolicy, ReportedRule } from '../../compare/applied-policy.ts';
import type { BenchmarkRow } from '../../compare/benchmarks/row.ts';
import type { Both, ShadowRow } from '../../compare/probes/comparison.ts';
import type { Report, Verdict } from '../../compare/report.ts';
import { accuracyNumbers, type DecidingRow, isNotJudged } from './deciding-row.ts';
import { carriedOver, dropLimit, metricNumbers } from './finding-rows.ts';
import { EXAM } from './headline.ts';
import { formatLimit, formatRatio, NO_NUMBER } from './numbers.ts';
import { name, phrase, term } from './phrase.ts';
import { twinLabel } from './twin-words.ts';
import { leastCarryOver } from './verdict.ts';

/**
 * What a reader wants to know of every check, in this order: the exam, its twins, how much of a gain carries over, the worst
 * capability, and the headline of the spectra, or the benchmarks of logs.
 */
export function contextRows(report: Report): DecidingRow[] {
  return [...probeRows(report), ...spectraRow(report), ...benchmarkRows(report)];
}

function probeRows(report: Report): DecidingRow[] {
  const { probes } = report;
  const limits = report.applied?.settings;
  const [whole] = probes?.comparison.rows ?? [];
  if (!probes || !whole || whole.facts === 0) return [];
  const mark = isNotJudged(report, 'probes') ? 'inconclusive' : 'pass';
  const limit = limits === undefined ? NO_NUMBER : dropLimit(limits['twin-accuracy'].drop);
  const accuracy = (key: string, check: DecidingRow['check'], both: Both): DecidingRow => ({
    ...{ key, check, mark },
    ...accuracyNumbers(both, both.baseline === null ? NO_NUMBER : limit),
  });
  return [
    accuracy('exam', [EXAM], whole.benchmark),
    accuracy('twins', [term('twin', 'Twins')], whole.twin),
    ...gainRows(report, mark),
    ...worstCapability(probes.comparison.rows, limits, mark),
  ];
}

/** A gain, to the twins to which least of it carries over: theirs, and the transfer. */
function gainRows({ probes, applied }: Report, mark: Verdict): DecidingRow[] {
  const limits = applied?.settings;
  const least = probes ? leastCarryOver(probes.comparison) : null;
  if (least === null) return [];
  const { row, carryOver } = least;
  const { suite, kind, group } = row;
  const isAll = probes?.comparison.kinds.length === 1;
  return [
    ...(isAll
      ? []
      : [{ key: `kind ${suite} ${kind}`, check: twinLabel(row), mark, ...accuracyNumbers(row.twin, NO_NUMBER) }]),
    {
      key: `carried over ${suite} ${kind} ${group ?? ''}`,
      check: carriedOver(row),
      baseline: null,
      candidate: formatRatio(carryOver.transfer.value),
      change: NO_NUMBER,
      limit: limits === undefined ? NO_NUMBER : `≥\u00a0${formatLimit(limits['shadow-delta']['transfer-fail'])}`,
      mark,
    },
  ];
}

/** The capability whose twins fell most, where there are several. */
function worstCapability(
  rows: readonly ShadowRow[],
  limits: AppliedPolicy['settings'] | undefined,
  mark: Verdict,
): DecidingRow[] {
  const parts = rows.flatMap(({ suite, capability, twin }) =>
    suite === null && capability !== null && twin.baseline !== null
      ? [{ capability, twin, change: twin.candidate - twin.baseline }]
      : [],
  );
  const [worst] = parts.sort((a, b) => a.change - b.change);
  if (parts.length < 2 || worst === undefined) return [];
  const limit = limits === undefined ? NO_NUMBER : dropLimit(limits['twin-accuracy']['capability-drop']);
  return [
    {
      key: `twins of ${worst.capability}`,
      check: phrase`${term('twin', 'Twins')}, ${name(worst.capability)}`,
      ...accuracyNumbers(worst.twin, limit),
      mark,
    },
  ];
}

/** The metric that came nearest to the limit of its rule. */
function spectraRow(report: Report): DecidingRow[] {
  const judged = (report.applied?.rules ?? []).flatMap((rule) =>
    rule.level === 'info' || rule.nearest === null ? [] : [{ rule, nearest: rule.nearest }],
  );
  const [first] = judged.sort((a, b) => useOf(b.nearest) - useOf(a.nearest));
  if (first === undefined) return [];
  const { rule, nearest } = first;
  const { absolute, relative, direction } = rule;
  const limit = { absolute: absolute || null, relative: relative || null, direction };
  const mark = isNotJudged(report, 'spectra') ? 'inconclusive' : 'pass';
  return [{ ...metricNumbers({ ...nearest, metric: rule.metric, limit }), mark }];
}

type Nearest = NonNullable<ReportedRule['nearest']>;

/** How much of its limit a metric used. */
function useOf({ movement, limit }: Nearest): number {
  return movement / Math.max(limit, Number.MIN_VALUE);
}

/** Benchmarks of logs whose answers are right or wrong, the largest losses first. */
function benchmarkRows(report: Report): DecidingRow[] {
  const mark = isNotJudged(report, 'benchmarks') ? 'inconclusive' : 'pass';
  const limits = report.applied?.settings;
  const limit = limits === undefined ? NO_NUMBER : dropLimit(limits['twin-accuracy']['capability-drop']);
  return (report.benchmarks ?? [])
    .flatMap((row) => {
      const both = accuraciesOf(row);
      return both === null ? [] : [{ row, both }];
    })
    .sort((a, b) => a.both.candidate - a.both.baseline - (b.both.candidate - b.both.baseline))
    .map(({ row, both }) => ({
      key: `benchmark ${row.task}`,
      check: [name(row.task)],
      ...accuracyNumbers(both, limit),
      mark,
    }));
}

function accuraciesOf({ p, baseline, candidate }: BenchmarkRow): { baseline: number; candidate: number } | null {
  if (p === null || baseline.value === null || candidate.value === null) return null;
  return { baseline: baseline.value, candidate: candidate.value };
}
