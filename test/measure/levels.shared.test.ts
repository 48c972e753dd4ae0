import type { Model } from '@shadow-gate/language-model';
import { type MeasuredProbes, measuredProbesSchema } from '@shadow-gate/probes/answer';
import { atLevels, FACTS_PER_LEVEL, type Suite } from '@shadow-gate/probes/suite';
import { describe, expect, it } from 'vitest';
import { scripted, suiteWithLevels } from '../../packages/probes/test/scripted.ts';
import { measurementKey } from '../../src/measure/cache/measurement-cache.ts';
import { runSuites } from '../../src/measure/measure-probes.ts';
import { contradictionIn } from '../../src/measure/schema/contradictions.ts';
import { probesOnly } from '../compare/measurement.ts';

const suite = suiteWithLevels();
const all = [...suite.items, ...(suite.pilot ?? [])];
/** Right up to a level of each family, and wrong from the next one on; at that level by two in three. */
const skill = { easy: 6, hard: 2 } as Readonly<Record<string, number>>;
const model = scripted(all, ({ family, level = 0, id }) => {
  const edge = skill[family] ?? 0;
  return level < edge || (level === edge && Number(/(\d+)\.\w+$/.exec(id)?.[1]) % 3 > 0) ? 0 : 1;
});
const ORDER = { seed: 1, isChosen: false };
const order = (asked: Suite) => ({ suites: [asked], seed: 1, order: ORDER, chatTemplate: false, budgetSeconds: null });
const run = async (asked: Suite, shard: { index: number; count: number } | null = null) =>
  (await runSuites(model, order(asked), { shard })).probes;

describe('a measurement of a suite without levels', () => {
  it.each([
    [null, ['prepare', 'score']],
    [1, ['score', 'score']],
  ])(
    'announces all of it before the trial, unless a limit chooses among the items: %s',
    async (budgetSeconds, first) => {
      const calls: string[] = [];
      const recorded: Model = {
        ...model,
        prepare: async () => void calls.push('prepare'),
        score: (requests, ...more) => {
          calls.push('score');
          return model.score(requests, ...more);
        },
      };
      const { levels: _, pilot: __, ...plain } = suite;
      await runSuites(recorded, { ...order(plain), budgetSeconds });
      expect(calls.slice(0, 2)).toEqual(first);
    },
  );
});

describe('a measurement of a suite with levels', () => {
  it('lists the levels that suit the model, and has the answers of those alone', async () => {
    const probes = await run(suite);
    expect(probes.suites[0]).toMatchObject({
      levels: [
        { family: 'easy', count: 7, asked: [6] },
        { family: 'hard', count: 7, asked: [2] },
      ],
      items: 2 * 2 * FACTS_PER_LEVEL,
    });
    expect(probes.items).toHaveLength(2 * 2 * FACTS_PER_LEVEL);
    expect(new Set(probes.items.map(({ family, level }) => `${family} ${level}`))).toEqual(
      new Set(['easy 6', 'hard 2']),
    );
    expect(measuredProbesSchema.parse(probes)).toEqual(probes);
    expect(contradictionIn(probesOnly(probes))).toBeNull();
  });

  it('is the same with known levels, and of others has what was asked', async () => {
    const first = await run(suite);
    const [measured] = first.suites;
    expect(await run(atLevels(suite, measured?.levels ?? []))).toEqual(first);
    const other = await run(
      atLevels(suite, [
        { family: 'easy', count: 7, asked: [1, 3] },
        { family: 'hard', count: 7, asked: [2] },
      ]),
    );
    expect(other.suites[0]?.levels?.[0]?.asked).toEqual([1, 3]);
    expect(other.items).toHaveLength(3 * 2 * FACTS_PER_LEVEL);
  });

  it('has the same levels in every shard, which have all items together', async () => {
    const whole = await run(suite);
    const shards = await Promise.all([1, 2, 3].map((index) => run(suite, { index, count: 3 })));
    for (const shard of shards) expect(shard.suites).toEqual(whole.suites);
    const ids = shards.flatMap(({ items }) => items.map(({ id }) => id));
    expect([...ids].sort()).toEqual(whole.items.map(({ id }) => id).sort());
  });

  it('leaves out nothing of a suite with a role under a budget, and gives its time to no other', async () => {
    const items = suite.items.slice(0, 40).filter(({ form }) => form === 'benchmark');
    const whole: Suite = {
      ...suite,
      name: 'never',
      levels: [],
      pilot: [],
      items,
      size: items.length,
      role: 'must-pass',
    };
    const both = { ...order(suite), suites: [suite, whole], budgetSeconds: 1e-6 };
    const { probes } = await runSuites(model, both);
    expect(probes.items.filter((item) => item.suite === 'never').map(({ id }) => id)).toEqual(
      items.map(({ id }) => id),
    );
    expect(probes.suites.map(({ name, role }) => [name, role])).toEqual([
      ['levels', undefined],
      ['never', 'must-pass'],
    ]);
  });

  it('under a budget has whole facts of the levels that were found', async () => {
    const { probes, allSeconds, expectedSeconds } = await runSuites(model, { ...order(suite), budgetSeconds: 1e-6 });
    expect(probes.suites[0]?.levels?.map(({ asked }) => asked)).toEqual([[6], [2]]);
    expect(probes.items).toHaveLength(2);
    expect(allSeconds).toBeGreaterThanOrEqual(expectedSeconds);
  });

  it('is refused if an item is of a level that was not asked, or a level does not exist', async () => {
    const probes = await run(suite);
    const [own] = probes.suites;
    if (!own) throw new Error('no suite');
    const edited = (levels: MeasuredProbes['suites'][number]['levels']) =>
      contradictionIn(probesOnly({ ...probes, suites: [{ ...own, ...(levels && { levels }) }] }));
    const [easy, hard] = own.levels ?? [];
    if (!easy || !hard) throw new Error('no levels');
    expect(edited([{ ...easy, asked: [5] }, hard])).toMatch(/item "easy-6-.+" is of no level that was asked/);
    expect(edited([easy, { ...hard, asked: [2, 8] }])).toBe('"hard" of "levels" has no level 8');
    expect(edited([easy, easy, hard])).toBe('the levels of one family of "levels" are there twice');
  });
});

it('a measurement at known levels and one that looks for them have other keys in the cache', () => {
  const keyOf = (asked: Suite) =>
    measurementKey({
      checkpoint: 'sha256:a',
      reference: null,
      adapter: null,
      device: 'cpu',
      method: 'auto',
      spectra: false,
      probes: order(asked),
      tokens: null,
      judgedBy: null,
      behavior: 'sha256:b',
    });
  const at = (level: number) =>
    atLevels(suite, [
      { family: 'easy', count: 7, asked: [level] },
      { family: 'hard', count: 7, asked: [2] },
    ]);
  expect(new Set([suite, at(1), at(2)].map(keyOf)).size).toBe(3);
});
