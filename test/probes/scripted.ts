import type { Model } from '../../src/language-model/model.ts';
import type { ProbeItem } from '../../src/probes/item.ts';
import { atLevels, type Suite } from '../../src/probes/suite.ts';

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
