import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { gravestOf, listedLevel, SUITE_LEVELS, type SuiteLevel } from '../../policy/suite-tier.ts';
import type { PairedAnswers, PairedFact } from './paired-item.ts';

/** Suites of the gravest level. Others have only their own tests: they neither fail the whole nor hide its losses. */
export interface SuitePool {
  readonly level: SuiteLevel;
  readonly has: (suite: string) => boolean;
}

/** @param levelOf the level of a suite that is among them */
export function poolOf(suites: readonly string[], levelOf: (suite: string) => SuiteLevel): SuitePool {
  const level = gravestOf(suites.map(levelOf));
  return { level, has: (suite) => levelOf(suite) === level };
}

export function suiteLevel(suite: string, policy: Pick<ProbePolicy, 'probes'>): SuiteLevel {
  return listedLevel(suite, policy) ?? 'fail';
}

export function poolOfFacts({ facts }: Pick<PairedAnswers, 'facts'>, policy: Pick<ProbePolicy, 'probes'>): SuitePool {
  const suites = [...new Set(facts.map(({ benchmark }) => benchmark.suite))];
  return poolOf(suites, (suite) => suiteLevel(suite, policy));
}

/** Grouped, so that findings of an advisory suite are apart. */
export function byLevel<T extends { readonly suite: string }>(
  items: readonly T[],
  policy: Pick<ProbePolicy, 'probes'>,
) {
  return groupByLevel(items, ({ suite }) => suiteLevel(suite, policy));
}

/** The gravest first. */
export function groupByLevel<T>(items: readonly T[], levelOf: (item: T) => SuiteLevel) {
  const own = SUITE_LEVELS.map((level) => [level, items.filter((item) => levelOf(item) === level)] as const);
  return new Map(own.filter(([, { length }]) => length > 0));
}

export function splitFacts(facts: readonly PairedFact[], pool: SuitePool): readonly [PairedFact[], PairedFact[]] {
  const isIn = ({ benchmark }: PairedFact) => pool.has(benchmark.suite);
  return [facts.filter(isIn), facts.filter((fact) => !isIn(fact))];
}
