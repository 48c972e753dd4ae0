import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { hasTiers, isListedSuite, isRequiredSuite } from '../../policy/suite-tier.ts';
import { judgingRow } from '../benchmarks/graded-documents.ts';
import {
  type BenchmarkUnit,
  benchmarkLevel,
  benchmarkLimit,
  benchmarkScopes,
  benchmarkUnit,
  benchmarkUnits,
  isAboveChance,
} from '../benchmarks/judge.ts';
import { outcomeInterval, outcomeMeans } from '../benchmarks/outcomes.ts';
import type { BenchmarkPairing } from '../benchmarks/pair.ts';
import type { ComparisonContext } from '../check.ts';
import { changeInterval, exclusionLevel } from '../estimates/change-interval.ts';
import { isInformative, viewFamilies } from '../estimates/families.ts';
import { benchmarksAlone, factsWithTwins } from '../pairing/groups.ts';
import { type PairedAnswers, type PairedFact, pairedAccuracies } from '../pairing/paired-item.ts';
import { suiteLevel } from '../pairing/pool.ts';
import type { SuiteRow } from '../rows/benchmarks.ts';
import type { GradedLoss } from '../rows/losses.ts';
import { canJudge, gradedItems, measureGradedLoss } from '../tests/graded-losses.ts';
import { dropLimitOf } from '../tests/losses.ts';

/** One for each compared suite and benchmark; none if the policy names no suite. */
export function suiteRows({ policy, probes, benchmarks }: ComparisonContext): SuiteRow[] {
  if (!hasTiers(policy)) return [];
  return [
    ...(probes.kind === 'paired' ? probeSuiteRows(probes, policy) : []),
    ...(benchmarks === null ? [] : benchmarkSuiteRows(benchmarks, policy)),
  ];
}

function probeSuiteRows({ facts, groups }: Pick<PairedAnswers, 'facts' | 'groups'>, policy: ProbePolicy): SuiteRow[] {
  const linked = factsWithTwins(facts, groups);
  const names = [...new Set([...facts, ...linked].map(({ benchmark }) => benchmark.suite))];
  return names.map((suite): SuiteRow => {
    const ofSuite = ({ benchmark }: PairedFact) => benchmark.suite === suite;
    const twins = linked.filter(ofSuite);
    const own = twins.length > 0 ? twins : benchmarksAlone(facts.filter(ofSuite));
    const items = own.flatMap(gradedItems);
    const row = measureGradedLoss({ capability: null, suite, facts: own }, policy);
    const isGraded = canJudge(row);
    const shown = own.map((fact) => ({ ...fact, twins: gradedItems(fact) }));
    return {
      suite,
      level: suiteLevel(suite, policy),
      required: isRequiredSuite(suite, policy),
      isJudged: isGraded || viewFamilies(own, policy).some(isInformative),
      items: own.length,
      ...(isGraded
        ? gradedChange(row)
        : { ...pairedAccuracies(items), change: ends(changeInterval(shown, exclusionLevel(policy))) }),
      limit: dropLimitOf({ capability: null, suite: names.length > 1 ? suite : null }, items, policy),
    };
  });
}

/** Rows of whole benchmarks, and of every task and group that the policy names. */
function benchmarkSuiteRows(pairing: BenchmarkPairing, policy: ProbePolicy): SuiteRow[] {
  const units = benchmarkUnits(pairing, policy);
  const listed = benchmarkScopes(pairing)
    .filter(({ name }) => isListedSuite(name, policy) && units.every((unit) => unit.name !== name))
    .map(({ name, tasks }) => benchmarkUnit(name, tasks));
  return [...units, ...listed].map((unit) => benchmarkSuiteRow(unit, pairing, policy));
}

function benchmarkSuiteRow(unit: BenchmarkUnit, pairing: BenchmarkPairing, policy: ProbePolicy): SuiteRow {
  const { name, tasks, outcomes } = unit;
  const row = judgingRow(tasks, name, policy);
  const means = outcomes && outcomeMeans(outcomes);
  const change = outcomes && ends(outcomeInterval(outcomes, exclusionLevel(policy)));
  return {
    suite: name,
    level: benchmarkLevel(name, pairing, policy),
    required: isRequiredSuite(name, policy),
    isJudged: row !== null || isAboveChance(unit, policy),
    items: unit.documents,
    ...(row === null
      ? { baseline: means?.baseline ?? null, candidate: means?.candidate ?? null, change }
      : gradedChange(row)),
    limit: benchmarkLimit(name, means?.baseline ?? 0, pairing, policy),
  };
}

function gradedChange({ expected }: GradedLoss): Pick<SuiteRow, 'baseline' | 'candidate' | 'change'> {
  return { baseline: expected.baseline, candidate: expected.candidate, change: ends(expected) };
}

function ends({ value, lower }: { readonly value: number; readonly lower: number | null }) {
  return { value, lower };
}
