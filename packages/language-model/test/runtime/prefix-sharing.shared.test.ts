import { describe, expect, it } from 'vitest';
import { buildPromptTree, type ContextGroup, groupByContext, groupByPrefix } from '../../src/runtime/prefix-sharing.ts';

const never = () => false;

describe('groupByContext', () => {
  it('puts the continuations of one context together, contexts in lexicographic order', () => {
    const groups = groupByContext(
      [
        { context: [1, 2], continuation: [9] },
        { context: [10], continuation: [1] },
        { context: [1], continuation: [5] },
        { context: [1, 2], continuation: [4, 5] },
        { context: [1, 2], continuation: [9] },
      ],
      never,
    );
    expect(groups.map(({ context, members }) => [context, members.map(({ index }) => index)])).toEqual([
      [[1], [2]],
      [
        [1, 2],
        [0, 3, 4],
      ],
      // 10 after 1: numbers, not their digits.
      [[10], [1]],
    ]);
    expect(groups[1]?.members[1]).toEqual({ index: 3, continuation: [4, 5] });
  });

  it('keeps long and short sequences apart, even of one context', () => {
    const asked: number[] = [];
    const groups = groupByContext(
      [
        { context: [1, 2], continuation: [7, 8] },
        { context: [1, 2], continuation: [7] },
      ],
      (length) => {
        asked.push(length);
        return length > 2;
      },
    );
    // The last token is predicted, never read.
    expect(asked).toEqual([3, 2]);
    expect(groups.map(({ isLong, members }) => [isLong, members.map(({ index }) => index)])).toEqual([
      [false, [1]],
      [true, [0]],
    ]);
  });
});

describe('buildPromptTree', () => {
  it('names the slot that predicts each token', () => {
    const groups = groupByContext(
      [
        { context: [1, 2, 3], continuation: [7, 8, 9] },
        { context: [1, 2, 3], continuation: [7, 5] },
        { context: [1, 2, 4], continuation: [7] },
      ],
      never,
    );
    const { tree, predictors } = buildPromptTree(groups, 0);
    // 1 2 3 7 8, then the 4 as an alternative to the 3: neither 9, 5 nor the last 7 is read.
    expect(tree.tokens).toEqual([1, 2, 3, 7, 8, 4]);
    expect(predictors.map(({ member, slots }) => [member.index, slots])).toEqual([
      [0, [2, 3, 4]],
      [1, [2, 3]],
      [2, [5]],
    ]);
  });

  it('leaves out a prefix that was computed before', () => {
    const groups = groupByContext([{ context: [1, 2, 3], continuation: [7, 8] }], never);
    const { tree, predictors } = buildPromptTree(groups, 2);
    expect(tree.tokens).toEqual([3, 7]);
    expect(predictors[0]?.slots).toEqual([0, 1]);
  });
});

/** Context groups of one sequence each. */
function groupsOf(...contexts: readonly (readonly number[])[]): ContextGroup[] {
  return groupByContext(
    contexts.map((context) => ({ context, continuation: [0] })),
    never,
  );
}
const run = (token: number, count: number) => Array<number>(count).fill(token);
const shapes = (groups: readonly ContextGroup[]) =>
  groupByPrefix(groups).map(({ prefix, groups: inside }) => [prefix.length, inside.length]);

describe('groupByPrefix', () => {
  it('shares a prefix of 32 tokens or more', () => {
    const after = (length: number) => groupsOf(...[2, 3, 4].map((token) => [...run(1, length), token]));
    expect(shapes(after(32))).toEqual([[32, 3]]);
    expect(shapes(after(31))).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
  });

  it('shares a prefix if that saves a quarter of all tokens', () => {
    const after = (length: number) => groupsOf(...[2, 3].map((token) => [...run(1, 40), ...run(token, length)]));
    // 40 of 2 · (40 + 40) = 160 are saved, but of 162 that is less.
    expect(shapes(after(40))).toEqual([[40, 2]]);
    expect(shapes(after(41))).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it('takes a longer prefix that few share if that saves more', () => {
    const [first, second] = [run(1, 100), run(2, 150)];
    const three = [5, 6, 7].map((token) => [...first, ...second, token]);
    const two = [
      [...first, 8],
      [...first, 9],
    ];
    // All five share 100: 4 · 100 = 400 saved. Three share 250: 2 · 250 = 500, and the two others 100 more.
    expect(shapes(groupsOf(...three, ...two))).toEqual([
      [250, 3],
      [100, 2],
    ]);
  });

  it('takes a shorter prefix that all share if that saves more', () => {
    const [first, second] = [run(1, 100), run(2, 40)];
    const three = [5, 6, 7].map((token) => [...first, ...second, token]);
    const two = [
      [...first, 8],
      [...first, 9],
    ];
    // 4 · 100 = 400 against 2 · 140 + 100 = 380.
    expect(shapes(groupsOf(...three, ...two))).toEqual([[100, 5]]);
  });

  it('leaves the last token of every context out of the prefix, since it predicts the continuation', () => {
    const beginning = run(1, 200);
    const prefixGroups = groupByPrefix(groupsOf(beginning, [...beginning, 2], [...beginning, 3]));
    expect(prefixGroups.map(({ prefix, groups }) => [prefix.length, groups.length])).toEqual([[199, 3]]);
  });

  it('finds each of several prefixes, and loses no group', () => {
    const groups = groupsOf(
      [...run(1, 200), 5],
      [...run(1, 200), 6],
      [7, 7, 7],
      [...run(9, 300), 5],
      [...run(9, 300), 6],
      [9],
    );
    const prefixGroups = groupByPrefix(groups);
    const found = prefixGroups.flatMap(({ groups: inside }) => inside);
    expect(found).toHaveLength(groups.length);
    expect(new Set(found)).toEqual(new Set(groups));
    expect(prefixGroups.map(({ prefix, groups: inside }) => [prefix.length, inside.length])).toEqual([
      [200, 2],
      [300, 2],
      [0, 1],
      [0, 1],
    ]);
    for (const { prefix, groups: inside } of prefixGroups) {
      for (const { context } of inside) expect(context.slice(0, prefix.length)).toEqual(prefix);
    }
  });

  it('shares nothing between long and short sequences', () => {
    const groups = groupByContext(
      [1, 2].map((count) => ({ context: run(1, 200), continuation: run(3, count) })),
      (length) => length > 200,
    );
    expect(shapes(groups)).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(groupByPrefix([])).toEqual([]);
  });
});
