import { describe, expect, it } from 'vitest';
import {
  clusterByPrefix,
  type Group,
  groupByContext,
  plant,
} from '../../../src/language-model/runtime/prefix-sharing.ts';

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

  it('keeps long sequences apart, even of one context', () => {
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

describe('plant', () => {
  it('says in which slot each token is predicted', () => {
    const groups = groupByContext(
      [
        { context: [1, 2, 3], continuation: [7, 8, 9] },
        { context: [1, 2, 3], continuation: [7, 5] },
        { context: [1, 2, 4], continuation: [7] },
      ],
      never,
    );
    const { tree, answers } = plant(groups, 0);
    // 1 2 3 7 8, then the 4 beside the 3: neither 9, 5 nor the last 7 is read.
    expect(tree.tokens).toEqual([1, 2, 3, 7, 8, 4]);
    expect(answers.map(({ member, slots }) => [member.index, slots])).toEqual([
      [0, [2, 3, 4]],
      [1, [2, 3]],
      [2, [5]],
    ]);
  });

  it('leaves out what was computed before', () => {
    const groups = groupByContext([{ context: [1, 2, 3], continuation: [7, 8] }], never);
    const { tree, answers } = plant(groups, 2);
    expect(tree.tokens).toEqual([3, 7]);
    expect(answers[0]?.slots).toEqual([0, 1]);
  });
});

/** Groups of one request each, whose contexts begin with so many ones, twos, … */
function groupsOf(...contexts: readonly (readonly number[])[]): Group[] {
  return groupByContext(
    contexts.map((context) => ({ context, continuation: [0] })),
    never,
  );
}
const run = (token: number, count: number) => Array<number>(count).fill(token);
const shapes = (groups: readonly Group[]) =>
  clusterByPrefix(groups).map(({ prefix, groups: inside }) => [prefix.length, inside.length]);

describe('clusterByPrefix', () => {
  it('shares a beginning of 32 tokens or more', () => {
    const after = (length: number) => groupsOf(...[2, 3, 4].map((token) => [...run(1, length), token]));
    expect(shapes(after(32))).toEqual([[32, 3]]);
    expect(shapes(after(31))).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
  });

  it('shares it where that saves a quarter of all tokens', () => {
    const after = (length: number) => groupsOf(...[2, 3].map((token) => [...run(1, 40), ...run(token, length)]));
    // 40 of 2 · (40 + 40) = 160 are saved, but of 162 that is less.
    expect(shapes(after(40))).toEqual([[40, 2]]);
    expect(shapes(after(41))).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it('takes the longer beginning that few share if that saves more', () => {
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

  it('takes the shorter beginning that all share if that saves more', () => {
    const [first, second] = [run(1, 100), run(2, 40)];
    const three = [5, 6, 7].map((token) => [...first, ...second, token]);
    const two = [
      [...first, 8],
      [...first, 9],
    ];
    // 4 · 100 = 400 against 2 · 140 + 100 = 380.
    expect(shapes(groupsOf(...three, ...two))).toEqual([[100, 5]]);
  });

  it('leaves the last token of every context outside, where its answer comes from', () => {
    const beginning = run(1, 200);
    const clusters = clusterByPrefix(groupsOf(beginning, [...beginning, 2], [...beginning, 3]));
    expect(clusters.map(({ prefix, groups }) => [prefix.length, groups.length])).toEqual([[199, 3]]);
  });

  it('finds each of several beginnings, and loses no group', () => {
    const groups = groupsOf(
      [...run(1, 200), 5],
      [...run(1, 200), 6],
      [7, 7, 7],
      [...run(9, 300), 5],
      [...run(9, 300), 6],
      [9],
    );
    const clusters = clusterByPrefix(groups);
    const found = clusters.flatMap((cluster) => cluster.groups);
    expect(found).toHaveLength(groups.length);
    expect(new Set(found)).toEqual(new Set(groups));
    expect(clusters.map(({ prefix, groups: inside }) => [prefix.length, inside.length])).toEqual([
      [200, 2],
      [300, 2],
      [0, 1],
      [0, 1],
    ]);
    for (const { prefix, groups: inside } of clusters) {
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
    expect(clusterByPrefix([])).toEqual([]);
  });
});
