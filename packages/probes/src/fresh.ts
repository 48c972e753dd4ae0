import { at, groupBy } from '@shadow-gate/platform';
import type { ProbeItem } from './item.ts';
import { areLevelsChosen, atLevels, builtinSuite, type Suite } from './suite.ts';

/** Fresh facts, over all families: they show a fall of 20 points. */
const FRESH = 96;

/**
 * Exam forms of facts that another seed draws, at the levels of a suite and in none of its questions: what a model
 * knows, and not what it learned of a suite that everybody can read.
 * @returns none for a file, for questions of a secret, and before levels are chosen
 */
export function freshItems(suite: Suite, seed: number): ProbeItem[] {
  const { version, seed: own, levels, facts, items } = suite;
  if (version === null || typeof own !== 'number' || levels === undefined || !areLevelsChosen(levels)) return [];
  const asked = new Set(items.map(({ prompt }) => questionOf(prompt)));
  const drawn = atLevels(builtinSuite(seed, facts), levels).items.filter(
    ({ form, prompt }) => form === 'benchmark' && !asked.has(questionOf(prompt)),
  );
  const families = [...groupBy(drawn, ({ family }) => family).values()].map((own) => {
    const byLevel = [...groupBy(own, ({ level }) => level).values()];
    return own
      .map((_, i) => at(byLevel, i % byLevel.length)[Math.floor(i / byLevel.length)])
      .filter((item) => item !== undefined);
  });
  const share = Math.floor(FRESH / Math.max(1, families.length));
  return families.flatMap((own) => own.slice(0, share)).map((item) => ({ ...item, id: `fresh ${item.id}` }));
}

/** Without the examples before it. */
const questionOf = (prompt: string): string => prompt.slice(prompt.lastIndexOf('\n\n') + 1).trim();
