import { at, groupBy } from '@shadow-gate/platform';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import { stratifiedDifference } from '../../statistics/index.ts';
import type { FreshRow } from '../rows/fresh.ts';

/** Level of the one-sided bound: the same candidate is checked many times. */
const LEVEL = 0.99;

/**
 * Exam forms of the built-in suite that were asked, against those of facts that another seed drew for this run. A model
 * that knows what the suite asks for answers both alike; null without fresh facts.
 */
export function compareFresh(probes: MeasuredProbes): FreshRow | null {
  const { fresh, suites, items } = probes;
  if (fresh === undefined) return null;
  const builtin = new Set(suites.filter(({ version }) => version !== null).map(({ name }) => name));
  const asked = items.filter(({ suite, form }) => form === 'benchmark' && builtin.has(suite));
  const byFamily = groupBy(asked, ({ family }) => family);
  const drawn = groupBy(
    fresh.families.map((family, i) => ({ family, correct: at(fresh.correct, i) })),
    ({ family }) => family,
  );
  const strata = [...drawn].map(([family, own]) => ({
    family,
    first: counted(byFamily.get(family) ?? []),
    second: counted(own),
  }));
  const whole = difference(strata, LEVEL);
  if (whole === null) return null;
  const levelOfEach = 1 - (1 - LEVEL) / strata.length;
  const families = strata.flatMap((stratum) => {
    const own = difference([stratum], levelOfEach);
    return own === null ? [] : [{ family: stratum.family, ...own }];
  });
  return { ...whole, families: families.sort((a, b) => b.lower - a.lower) };
}

type Strata = Parameters<typeof stratifiedDifference>[0];

function difference(strata: Strata, level: number): Omit<FreshRow, 'families'> | null {
  const found = stratifiedDifference(strata, level);
  const facts = strata.reduce((sum, { second }) => sum + second.of, 0);
  return found && { facts, asked: found.first, fresh: found.second, lower: found.lower };
}

function counted(answers: ReadonlyArray<{ readonly correct: boolean }>) {
  return { right: answers.filter(({ correct }) => correct).length, of: answers.length };
}
