import { groupBy } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import type { ProbeItem } from '../src/item.ts';
import { chooseLevels } from '../src/pilot.ts';
import { Random } from '../src/random.ts';
import type { Suite } from '../src/suite.ts';
import { scripted, suiteWithLevels } from './scripted.ts';

const options = { chatTemplate: false, maxNewTokens: 8 };

/** A model that answers a share of each level: [share of level 1, of level 2, …]. */
function modelOf(suite: Suite, shares: Readonly<Record<string, readonly number[]>>, seed = 1) {
  const random = new Random(seed, 'model');
  const asked: ProbeItem[] = [];
  const known = new Map(
    [...suite.items, ...(suite.pilot ?? [])].map((item) => {
      const share = shares[item.family]?.[(item.level ?? 1) - 1] ?? 0;
      return [item.id, random.int(1, 1000) <= 1000 * share];
    }),
  );
  const model = scripted([...suite.items, ...(suite.pilot ?? [])], (item) => {
    if (asked.at(-1) !== item) asked.push(item);
    return known.get(item.id) ? 0 : 1;
  });
  return { model, asked };
}

const FALLING = [1, 1, 0.95, 0.85, 0.7, 0.45, 0.3];

describe('the pilot', () => {
  it('finds the level that a model answers neither always nor by chance, from at most five levels of seven', async () => {
    const suite = suiteWithLevels(400);
    const { model, asked } = modelOf(suite, { easy: FALLING, hard: [0.7, 0.3, 0.25, 0.25, 0.25, 0.25, 0.25] });
    const { levels } = await chooseLevels(suite, model, options);
    expect(levels).toEqual([
      { family: 'easy', count: 7, asked: [5] },
      { family: 'hard', count: 7, asked: [1] },
    ]);
    for (const [, items] of groupBy(asked, ({ family }) => family)) {
      expect(new Set(items.map(({ level }) => level)).size).toBeLessThanOrEqual(5);
    }
  });

  it('asks the hardest level of a model that knows everything, and the easiest of one that knows nothing', async () => {
    const suite = suiteWithLevels();
    const all = Array.from({ length: 7 }, () => 1);
    const { model } = modelOf(suite, { easy: all, hard: all.map(() => 0) });
    const { levels } = await chooseLevels(suite, model, options);
    expect(levels.map(({ asked }) => asked)).toEqual([[7], [1]]);
  });

  it('looks at both forms: a level with twins at the floor is no good, however well its exams are answered', async () => {
    const suite = suiteWithLevels(400);
    const base = modelOf(suite, { easy: FALLING, hard: FALLING });
    const known = new Set(
      (suite.pilot ?? []).filter(({ level = 1, form }) => level < 3 || form === 'benchmark').map(({ id }) => id),
    );
    const model = { ...base.model, ...scripted(suite.pilot ?? [], ({ id }) => (known.has(id) ? 0 : 1)) };
    const { levels } = await chooseLevels(suite, model, options);
    // All exams right; twins right up to level 2, wrong from there on.
    expect(levels[0]?.asked).toEqual([2]);
  });

  it('mostly finds a level within the range with a dozen facts a level, and two of the one it takes', async () => {
    let within = 0;
    for (let seed = 0; seed < 100; seed += 1) {
      const suite = suiteWithLevels();
      const { model } = modelOf(suite, { easy: FALLING, hard: FALLING }, seed);
      const { levels } = await chooseLevels(suite, model, options);
      within += levels.filter(({ asked: [level = 0] }) => [4, 5, 6].includes(level)).length;
    }
    expect(within).toBeGreaterThanOrEqual(190);
  });

  it('takes a second look: a level that looked right by luck gives way to its neighbor', async () => {
    const suite = suiteWithLevels();
    const lucky = (suite.pilot ?? []).filter(({ id, level = 1 }) => {
      const i = Number(/pilot-(\d+)/.exec(id)?.[1]);
      // At level 4, nine of the first dozen are right and none of the second; at the easier one, two in three.
      return level < 3 || (level === 3 && i % 3 > 0) || (level === 4 && i < 9);
    });
    const known = new Set(lucky);
    const { levels } = await chooseLevels(
      suite,
      scripted(suite.pilot ?? [], (item) => (known.has(item) ? 0 : 1)),
      options,
    );
    expect(levels.map(({ asked }) => asked)).toEqual([[3], [3]]);
  });

  it('asks nothing where levels are known, and takes a level whose prompts fit the model', async () => {
    const suite = suiteWithLevels();
    const { model, asked } = modelOf(suite, { easy: FALLING, hard: FALLING });
    const known = suite.levels?.map((family) => ({ ...family, asked: [6] }));
    const { levels } = await chooseLevels({ ...suite, ...(known && { levels: known }) }, model, options);
    expect(levels.map((family) => family.asked)).toEqual([[6], [6]]);
    expect(asked).toEqual([]);
    // From level 3 on the server cuts every prompt: the answers belong to other questions.
    const short = {
      ...model,
      score: (async (requests, onTruncation) => {
        for (const { where } of requests) if (Number(where.split('-')[1]) > 2) onTruncation?.(where);
        return model.score(requests, () => {});
      }) as typeof model.score,
    };
    const found = await chooseLevels(suite, short, options);
    expect(found.levels.map((family) => family.asked)).toEqual([[2], [2]]);
  });
});
