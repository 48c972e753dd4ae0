import { describe, expect, it } from 'vitest';
import { buildPromptTree, groupByContext, groupByPrefix } from '../../src/runtime/prefix-sharing.ts';
import { type ScoringStep, scheduleScoring } from '../../src/runtime/schedule.ts';
import { budgetOf, bytesOf } from './budget-of.ts';

/** A context of this length that begins like no other. */
let next = 1000;
const contextOf = (length: number) => Array.from({ length }, (_, i) => (i === 0 ? next++ : 1));
const sequence = (context: readonly number[], ...continuation: number[]) => ({ context, continuation });
const prefixGroupsOf = (sequences: Parameters<typeof groupByContext>[0], isLong = (_: number) => false) =>
  groupByPrefix(groupByContext(sequences, isLong));

const OPTIONS = { plainAttention: false, useKvCache: false, growTrees: true };
const stepsOf = (prefixGroups: ReturnType<typeof prefixGroupsOf>, bytes?: number, options = OPTIONS) =>
  scheduleScoring(prefixGroups, budgetOf(bytes), options);

const treesOf = (step: ScoringStep) => {
  const skip = step.kind === 'prefix' ? step.prefix.length : 0;
  return (step.kind === 'chunked' ? [[step.group]] : step.trees).map((groups) => buildPromptTree(groups, skip));
};
/** The kind of each step and the sizes of its trees. */
const shapes = (steps: readonly ScoringStep[]) =>
  steps.map((step) => [step.kind, ...treesOf(step).map(({ tree }) => tree.size)]);

describe('scheduleScoring', () => {
  it('puts similar lengths side by side, longest first', () => {
    const prefixGroups = prefixGroupsOf([3, 10, 2, 9].map((length) => sequence(contextOf(length), 5)));
    // A sequence of 10 takes 1300 floats: two go together.
    expect(shapes(stepsOf(prefixGroups, bytesOf(2600)))).toEqual([
      ['batch', 10, 9],
      ['batch', 3, 2],
    ]);
    // One row without padding.
    expect(shapes(stepsOf(prefixGroups))).toEqual([['batch', 24]]);
    expect(shapes(stepsOf(prefixGroups, undefined, { ...OPTIONS, growTrees: false }))).toEqual([
      ['batch', 10, 9, 3, 2],
    ]);
  });

  it('leaves memory for plain attention and for a KV cache', () => {
    // A sequence of 10 takes 1700 floats with plain attention, and 1780 with a KV cache.
    const prefixGroups = prefixGroupsOf([10, 10].map((length) => sequence(contextOf(length), 5)));
    const count = (floats: number, options: typeof OPTIONS) => stepsOf(prefixGroups, bytesOf(floats), options).length;
    expect([count(2600, OPTIONS), count(3399, { ...OPTIONS, plainAttention: true })]).toEqual([1, 2]);
    expect([count(3400, { ...OPTIONS, plainAttention: true }), count(3400, { ...OPTIONS, useKvCache: true })]).toEqual([
      1, 2,
    ]);
    expect(count(3560, { ...OPTIONS, useKvCache: true })).toBe(1);
  });

  it('computes a context once for all of its continuations', () => {
    const context = contextOf(10);
    const prefixGroups = prefixGroupsOf([sequence(context, 5, 6), sequence(context, 5, 7), sequence(context, 8)]);
    // 10 of the context and the 5: the last token of a continuation is not read.
    expect(shapes(stepsOf(prefixGroups))).toEqual([['batch', 11]]);
  });

  it('does not mix long and short sequences in one batch', () => {
    const prefixGroups = prefixGroupsOf(
      [3, 5].map((length) => sequence(contextOf(length), 5)),
      (length) => length > 4,
    );
    const steps = stepsOf(prefixGroups);
    expect(shapes(steps)).toEqual([
      ['batch', 5],
      ['batch', 3],
    ]);
    expect(steps.map(({ isLong }) => isLong)).toEqual([true, false]);
  });

  it('computes what begins alike in trees of about the same size, the beginning once in each', () => {
    const prefix = contextOf(40);
    const sequences = Array.from({ length: 30 }, (_, i) => sequence([...prefix, i, ...Array(29).fill(1)], 5));
    // 40 + 30 · 30 = 940 slots, of which a tree has 512 at most: 40 + 15 · 30 in each.
    expect(shapes(stepsOf(prefixGroupsOf(sequences)))).toEqual([['batch', 490, 490]]);
    // Where a tree of 490 does not fit: 40 + 12 · 30, and so on.
    const [smaller] = stepsOf(prefixGroupsOf(sequences), bytesOf(400 * (100 + 3 * 400)));
    expect(smaller?.kind).toBe('batch');
    expect(Math.max(...(smaller ? treesOf(smaller) : []).map(({ tree }) => tree.size))).toBe(400);
    // Layers with a state would go over the beginning for each branch.
    const [apart] = stepsOf(prefixGroupsOf(sequences), undefined, { ...OPTIONS, growTrees: false });
    expect(apart).toMatchObject({ kind: 'prefix', prefix });
  });

  it('does not put a short batch into one with a long one', () => {
    const lengths = [...Array<number>(4).fill(700), ...Array<number>(9).fill(400)];
    // Padded to 700, nine of 400 would compute 2,700 slots for nothing.
    const prefixGroups = prefixGroupsOf(lengths.map((length) => sequence(contextOf(length), 5)));
    expect(shapes(scheduleScoring(prefixGroups, budgetOf(undefined, { isOnCpu: false }), OPTIONS))).toEqual([
      ['batch', 700, 700, 700, 700],
      ['batch', ...Array<number>(9).fill(400)],
    ]);
  });

  it('computes a long shared prefix once, and what follows in trees that fit', () => {
    const prefix = contextOf(1001);
    const many = prefixGroupsOf(Array.from({ length: 300 }, (_, i) => sequence([...prefix, i, 1, 1, 1], 5)));
    const [long] = stepsOf(many);
    expect(shapes(long ? [long] : [])).toEqual([['prefix', 512, 512, 176]]);
    expect(long).toMatchObject({ prefix, isLong: false });
  });

  it('computes a shared prefix once, and what follows in trees that fit', () => {
    const prefix = contextOf(100);
    const prefixGroups = prefixGroupsOf(Array.from({ length: 6 }, (_, i) => sequence([...prefix, i, 1, 1, 1], 5)));
    const stepsOf = (groups: typeof prefixGroups, bytes?: number) =>
      scheduleScoring(groups, budgetOf(bytes), { ...OPTIONS, growTrees: false });
    const all = stepsOf(prefixGroups);
    expect(shapes(all)).toEqual([['prefix', 24]]);
    expect(all[0]).toMatchObject({ prefix, isLong: false });
    // Two branches of 4 tokens after 100, whose keys take memory in any case: 8 · (100 + 7 · 108) = 6848 floats.
    expect(shapes(stepsOf(prefixGroups, bytesOf(6848)))).toEqual([['prefix', 8, 8, 8]]);
    expect(shapes(stepsOf(prefixGroups, bytesOf(6847)))).toEqual([['prefix', 4, 4, 4, 4, 4, 4]]);
  });

  it('runs a sequence that does not fit in chunks', () => {
    // It takes 100 · (100 + 3 · 100) = 40 000 floats.
    const context = contextOf(100);
    const one = prefixGroupsOf([sequence(context, 5)]);
    expect(shapes(stepsOf(one, bytesOf(40_000)))).toEqual([['batch', 100]]);
    expect(shapes(stepsOf(one, bytesOf(39_999)))).toEqual([['chunked', 100]]);
    // A context that does not fit is still computed once for all of its continuations.
    const three = prefixGroupsOf([sequence(context, 5), sequence(context, 6), sequence(context, 7, 8)]);
    const steps = stepsOf(three, bytesOf(39_999));
    expect(shapes(steps)).toEqual([['prefix', 2]]);
    expect(steps[0]).toMatchObject({ prefix: context.slice(0, -1) });
    // One branch that does not fit leaves the others as they are.
    const prefix = contextOf(100);
    const long = [...prefix, ...contextOf(90)];
    const mixed = prefixGroupsOf([sequence(long, 5), sequence([...prefix, 2], 5), sequence([...prefix, 3], 5)]);
    expect(shapes(stepsOf(mixed, bytesOf(7712)))).toEqual([
      ['prefix', 2],
      ['chunked', 190],
    ]);
  });

  it('scores every sequence exactly once, whatever the memory', () => {
    const prefix = contextOf(150);
    const sequences = [
      ...Array.from({ length: 5 }, (_, i) => sequence([...prefix, i], 5, 6)),
      ...[3, 10, 2].map((length) => sequence(contextOf(length), 5, 6)),
      sequence(prefix, 9),
      sequence(prefix, 9),
    ];
    for (const bytes of [1, 1e4, 1e6, 1e9]) {
      const steps = stepsOf(prefixGroupsOf(sequences), bytes);
      const scheduled = steps
        .flatMap(treesOf)
        .flatMap(({ predictors }) => predictors.map(({ member }) => member.index));
      expect(scheduled.sort((a, b) => a - b)).toEqual([...sequences.keys()]);
    }
  });

  it('shares a prefix even if its KV cache alone is more than the budget', () => {
    // A key in the KV cache takes 8 floats, 300 of them 2400.
    const prefix = contextOf(300);
    const sequences = Array.from({ length: 20 }, (_, i) => sequence([...prefix, i, 1, 2], 5));
    const steps = stepsOf(prefixGroupsOf(sequences), bytesOf(3 * (100 + 7 * 303)));
    expect(shapes(steps)).toEqual([['prefix', ...Array(20).fill(3)]]);
  });

  it('schedules many thousands of requests without a stack overflow', () => {
    const prefix = contextOf(40);
    const similar = Array.from({ length: 20_000 }, (_, i) => sequence([...prefix, i], 5));
    const other = Array.from({ length: 20_000 }, (_, i) => sequence([0, i, 7, 7], 5));
    const trees = stepsOf(prefixGroupsOf([...similar, ...other])).flatMap(treesOf);
    expect(trees.flatMap(({ predictors }) => predictors)).toHaveLength(40_000);
  });
});
