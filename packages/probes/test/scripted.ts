import type { Model } from '@shadow-gate/language-model';
import type { ProbeItem } from '../src/item.ts';
import { atLevels, FACTS_PER_LEVEL, PILOT_FACTS_PER_LEVEL, type Suite } from '../src/suite.ts';

/** The choice that a scripted model prefers, or null for none. */
export type Script = (item: ProbeItem) => number | null;

/** A "model" that follows a script: the choice that it prefers is likely, the others are not. */
export function scripted(items: readonly ProbeItem[], script: Script): Model {
  const known = new Map(items.map((item) => [item.id, item]));
  return {
    maxLength: 4096,
    tokenizer: null,
    by: 'by a script',
    device: 'script',
    precision: null,
    execution: null,
    score: async (requests) =>
      requests.map(({ id, where }) => {
        const item = known.get(where);
        const choice = Number(String(id).slice(where.length + 1));
        const logprob = item && script(item) === choice ? -0.1 : -5;
        return { id, logprob, token_logprobs: [logprob], greedy: true };
      }),
    generate: async (requests) => requests.map(({ id }) => ({ id, text: '', tokens: [], finish: 'stop' })),
  };
}

/** A suite at the level in the middle of each of its families. */
export function atMiddleLevels(suite: Suite): Suite {
  const levels = (suite.levels ?? []).map(({ family, count }) => ({ family, count, asked: [Math.ceil(count / 2)] }));
  return atLevels(suite, levels);
}

const LEVELS = 7;

/**
 * A suite of two families with seven levels each, the levels not chosen.
 * @param facts of each level in the pilot
 */
export function suiteWithLevels(facts = PILOT_FACTS_PER_LEVEL): Suite {
  const families = ['easy', 'hard'];
  const draw = (level: number, family: string, count: number, name: string): ProbeItem[] =>
    Array.from({ length: count }, (_, i) => `${family}-${level}-${name}${i}`).flatMap((fact) =>
      (['benchmark', 'twin'] as const).map((form) => ({
        id: `${fact}.${form}`,
        fact: `${fact}.benchmark`,
        capability: 'recall',
        family,
        level,
        form,
        cluster: form,
        prompt: `Question: ${fact}?`,
        question: { kind: 'choice', choices: ['a', 'b', 'c', 'd'], answer: 0, scoring: 'raw' },
      })),
    );
  const all = (count: number, name: string) =>
    families.flatMap((family) => Array.from({ length: LEVELS }, (_, i) => draw(i + 1, family, count, name)).flat());
  const items = all(FACTS_PER_LEVEL, '');
  return {
    name: 'levels',
    version: 1,
    digest: 'sha256:0',
    seed: 1,
    items,
    size: items.length,
    path: null,
    warnings: [],
    maxNewTokens: 8,
    levels: families.map((family) => ({ family, count: LEVELS, asked: null })),
    pilot: all(facts, 'pilot-'),
  };
}
