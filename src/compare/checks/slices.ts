import { groupBy } from '@shadow-gate/platform';
import { slicedBy } from '../../policy/suite-tier.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import { isSliceLost } from '../tests/slices.ts';

/**
 * The slice of each suite that lost most, of those that lost as much as its limit by a test that is adjusted for all
 * slices.
 */
export function sliceLossCheck({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { level } = policy['twin-accuracy'];
  const lost = probes.evaluation.slices.filter(isSliceLost);
  return [...groupBy(lost, ({ suite }) => suite).values()].flatMap((own): Finding[] => {
    const [worst] = own;
    if (worst === undefined || worst.p === null) return [];
    const { suite, field, value, facts, items, baseline, candidate, change, lower, upper, p, limit } = worst;
    const numbers = { facts, items, baseline, candidate, change, lower, upper, p, limit };
    return [{ kind: 'slice-loss', level, suite, field, value, ...numbers, slices: own.length }];
  });
}

/**
 * Fields by which a suite is sliced and that judge nothing: the baseline lacks their values (older measurements and
 * logs have none), or every slice has too few items. Other findings report a suite that is not compared.
 */
export function slicesNotJudgedCheck({ probes, benchmarks, policy }: ComparisonContext): Finding[] {
  const rows = probes.kind === 'paired' ? probes.evaluation.slices : [];
  const asked = probes.kind === 'paired' ? [...probes.facts.map(({ benchmark }) => benchmark), ...probes.groups] : [];
  const logged = benchmarks ? [...benchmarks.tasks, ...benchmarks.groups] : [];
  const suites = new Set([...asked.map(({ suite }) => suite), ...logged.map(({ name }) => name)]);
  return [...suites].flatMap((suite) =>
    slicedBy(suite, policy).flatMap((field): Finding[] => {
      const own = rows.filter((row) => row.suite === suite && row.field === field);
      if (own.some(({ isJudged }) => isJudged)) return [];
      return [{ kind: 'slices-not-judged', level: 'inconclusive', suite, field, slices: own.length }];
    }),
  );
}
