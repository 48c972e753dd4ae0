import { factKey, type MeasuredProbes } from '@shadow-gate/probes/answer';
import type { ProbeItem } from '@shadow-gate/probes/item';
import { describe, expect, it } from 'vitest';
import { scripted } from '../../packages/probes/test/scripted.ts';
import { askInBlocks, type BlockSuite, type SuiteOutcomes } from '../../src/measure/ask-in-blocks.ts';
import { probes } from '../compare/measurement.ts';

/** Facts 0 … n − 1 in two forms. */
function suite(name: string, facts: number): BlockSuite {
  const items = Array.from({ length: facts }, (_, i) =>
    (['benchmark', 'twin'] as const).map((form): ProbeItem => {
      const place = { fact: `${i}`, capability: 'c', family: 'f', cluster: form, form };
      const question = { kind: 'choice', choices: ['a', 'b'], answer: 0, scoring: 'raw' } as const;
      return { id: `${name} ${i}.${form}`, ...place, prompt: `prompt ${i}`, question };
    }),
  ).flat();
  return { name, items, options: { chatTemplate: false, maxNewTokens: 4 } };
}

const order = (names: readonly string[], blocks: ReadonlyArray<readonly number[]>) =>
  blocks.map((facts) => facts.flatMap((i) => names.map((name) => factKey({ suite: name, fact: `${i}` }))));

interface Options {
  readonly suites?: readonly BlockSuite[];
  readonly blocks?: ReadonlyArray<readonly number[]>;
  readonly settlesAt?: number;
  readonly budgetSeconds?: number | null;
  readonly now?: () => number;
}

async function ask(options: Options) {
  const { suites = [suite('s', 6)], blocks = [[3, 1], [0, 2], [5], [4]] } = options;
  const looks: Array<{ readonly blocks: number | undefined; readonly items: number }> = [];
  const count = (answers: readonly SuiteOutcomes[]) => answers.reduce((sum, { outcomes }) => sum + outcomes.size, 0);
  const settle = ({ sequential, notes }: MeasuredProbes) => {
    looks.push({ blocks: sequential?.blocks, items: Number(notes[0]) });
    return sequential?.blocks === options.settlesAt ? ('fail' as const) : null;
  };
  const all = suites.flatMap(({ items }) => items);
  const names = suites.map(({ name }) => name);
  const run = await askInBlocks(
    suites,
    scripted(all, () => 0),
    {
      sequential: { blocks: order(names, blocks), settle },
      budgetSeconds: options.budgetSeconds ?? null,
      onProgress: undefined,
      describe: (answers, sequential) => ({ ...probes({ notes: [`${count(answers)}`] }), sequential }),
      ...(options.now ? { now: options.now } : {}),
    },
  );
  const asked = run.answers.map(({ outcomes }) => [...outcomes.keys()].sort());
  return { ...run, asked, looks };
}

describe('asking in blocks', () => {
  it('stops once it is settled, with all forms of the facts of those blocks and nothing else', async () => {
    const { stopped, asked, askedItems, looks } = await ask({ settlesAt: 2 });
    expect(stopped).toEqual({ blocks: 2, of: 4, settled: 'fail' });
    expect(asked).toEqual([[0, 1, 2, 3].flatMap((i) => [`s ${i}.benchmark`, `s ${i}.twin`])]);
    expect(askedItems).toBe(8);
    expect(looks).toEqual([
      { blocks: 1, items: 4 },
      { blocks: 2, items: 8 },
    ]);
  });

  it('asks everything where nothing is settled, and then does not say that it stopped', async () => {
    const { stopped, asked, looks } = await ask({});
    expect(stopped).toBeNull();
    expect(asked.flat()).toHaveLength(12);
    // The answers to everything are judged as always.
    expect(looks.map(({ blocks }) => blocks)).toEqual([1, 2, 3]);
  });

  it('ends before a block for which no time is left, which is no claim about the verdict', async () => {
    let time = 0;
    // Each look at the clock comes two seconds after the last: 4 items take 2 s, 4 more are expected to.
    const now = () => {
      time += 2000;
      return time;
    };
    expect((await ask({ budgetSeconds: 3.9, now })).stopped).toEqual({ blocks: 1, of: 4, settled: null });
    time = 0;
    expect((await ask({ budgetSeconds: 4, now })).stopped).toMatchObject({ blocks: 2 });
  });

  it('asks a whole suite before anything else, however little time there is', async () => {
    const suites = [suite('s', 30), { ...suite('whole', 30), isWhole: true }];
    const first = Array.from({ length: 30 }, (_, i) => i);
    const { asked, stopped } = await ask({ suites, blocks: [first], budgetSeconds: 1e-9 });
    expect(asked.map(({ length }) => length)).toEqual([0, 60]);
    expect(stopped).toEqual({ blocks: 0, of: 1, settled: null });
  });

  it('asks all suites side by side, and no fact that is in no block', async () => {
    const suites = [suite('s', 6), suite('group', 6)];
    const { asked } = await ask({ suites, blocks: [[0], [1], [2]], settlesAt: 2 });
    expect(asked).toEqual(
      ['s', 'group'].map((name) => [0, 1].flatMap((i) => [`${name} ${i}.benchmark`, `${name} ${i}.twin`])),
    );
  });
});
