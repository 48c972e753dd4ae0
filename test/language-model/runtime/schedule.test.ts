import { describe, expect, it } from 'vitest';
import { clusterByPrefix, groupByContext, plant } from '../../../src/language-model/runtime/prefix-sharing.ts';
import { planScoring, type Step } from '../../../src/language-model/runtime/schedule.ts';
import { budgetOf, bytesOf } from './budget-of.ts';

/** A context of so many tokens that begins like no other. */
let next = 1000;
const contextOf = (length: number) => Array.from({ length }, (_, i) => (i === 0 ? next++ : 1));
const ask = (context: readonly number[], ...continuation: number[]) => ({ context, continuation });
const clustersOf = (sequences: Parameters<typeof groupByContext>[0], isLong = (_: number) => false) =>
  clusterByPrefix(groupByContext(sequences, isLong));

const OPTIONS = { plain: false, keeps: false };
const planOf = (clusters: ReturnType<typeof clustersOf>, bytes?: number, options = OPTIONS) =>
  planScoring(clusters, budgetOf(bytes), options);

const treesOf = (step: Step) => {
  const skip = step.kind === 'prefix' ? step.prefix.length : 0;
  return (step.kind === 'chain' ? [[step.group]] : step.trees).map((groups) => plant(groups, skip));
};
/** Of each step its kind and the sizes of its trees. */
const shapes = (steps: readonly Step[]) =>
  steps.map((step) => [step.kind, ...treesOf(step).map(({ tree }) => tree.size)]);

describe('planScoring', () => {
  it('puts alike lengths side by side, longest first', () => {
    const clusters = clustersOf([3, 10, 2, 9].map((length) => ask(contextOf(length), 5)));
    // A sequence of 10 takes 1300 floats: two go together.
    expect(shapes(planOf(clusters, bytesOf(2600)))).toEqual([
      ['batch', 10, 9],
      ['batch', 3, 2],
    ]);
    expect(shapes(planOf(clusters))).toEqual([['batch', 10, 9, 3, 2]]);
  });

  it('minds what attention takes that is not fused (1700), and keys and values that are kept (1780)', () => {
    const clusters = clustersOf([10, 10].map((length) => ask(contextOf(length), 5)));
    const count = (floats: number, options: typeof OPTIONS) => planOf(clusters, bytesOf(floats), options).length;
    expect([count(2600, OPTIONS), count(3399, { ...OPTIONS, plain: true })]).toEqual([1, 2]);
    expect([count(3400, { ...OPTIONS, plain: true }), count(3400, { ...OPTIONS, keeps: true })]).toEqual([1, 2]);
    expect(count(3560, { ...OPTIONS, keeps: true })).toBe(1);
  });

  it('computes all continuations of a context as one tree', () => {
    const context = contextOf(10);
    const clusters = clustersOf([ask(context, 5, 6), ask(context, 5, 7), ask(context, 8)]);
    // 10 of the context and the 5: the last token of a continuation is not read.
    expect(shapes(planOf(clusters))).toEqual([['batch', 11]]);
  });

  it('does not mix long and short sequences in one pass', () => {
    const clusters = clustersOf(
      [3, 5].map((length) => ask(contextOf(length), 5)),
      (length) => length > 4,
    );
    const steps = planOf(clusters);
    expect(shapes(steps)).toEqual([
      ['batch', 5],
      ['batch', 3],
    ]);
    expect(steps.map(({ isLong }) => isLong)).toEqual([true, false]);
  });

  it('computes a shared beginning once, and what follows in trees that fit', () => {
    const beginning = contextOf(100);
    const clusters = clustersOf(Array.from({ length: 6 }, (_, i) => ask([...beginning, i, 1, 1, 1], 5)));
    const all = planOf(clusters);
    expect(shapes(all)).toEqual([['prefix', 24]]);
    expect(all[0]).toMatchObject({ prefix: beginning, isLong: false });
    // Two branches of 4 tokens after 100, whose keys are there in any case: 8 · (100 + 7 · 108) = 6848 floats.
    expect(shapes(planOf(clusters, bytesOf(6848)))).toEqual([['prefix', 8, 8, 8]]);
    expect(shapes(planOf(clusters, bytesOf(6847)))).toEqual([['prefix', 4, 4, 4, 4, 4, 4]]);
  });

  it('goes piece by piece through a sequence that does not fit: 100 · (100 + 3 · 100) = 40 000', () => {
    const context = contextOf(100);
    const one = clustersOf([ask(context, 5)]);
    expect(shapes(planOf(one, bytesOf(40_000)))).toEqual([['batch', 100]]);
    expect(shapes(planOf(one, bytesOf(39_999)))).toEqual([['chain', 100]]);
    // What its continuations share is computed once all the same.
    const three = clustersOf([ask(context, 5), ask(context, 6), ask(context, 7, 8)]);
    const steps = planOf(three, bytesOf(39_999));
    expect(shapes(steps)).toEqual([['prefix', 2]]);
    expect(steps[0]).toMatchObject({ prefix: context.slice(0, -1) });
    // One branch of many that does not fit loses the others nothing.
    const beginning = contextOf(100);
    const long = [...beginning, ...contextOf(90)];
    const mixed = clustersOf([ask(long, 5), ask([...beginning, 2], 5), ask([...beginning, 3], 5)]);
    expect(shapes(planOf(mixed, bytesOf(7712)))).toEqual([
      ['prefix', 2],
      ['chain', 190],
    ]);
  });

  it('asks every sequence once', () => {
    const beginning = contextOf(150);
    const sequences = [
      ...Array.from({ length: 5 }, (_, i) => ask([...beginning, i], 5, 6)),
      ...[3, 10, 2].map((length) => ask(contextOf(length), 5, 6)),
      ask(beginning, 9),
      ask(beginning, 9),
    ];
    for (const bytes of [1, 1e4, 1e6, 1e9]) {
      const steps = planOf(clustersOf(sequences), bytes);
      const asked = steps.flatMap(treesOf).flatMap(({ answers }) => answers.map(({ member }) => member.index));
      expect(asked.sort((a, b) => a - b)).toEqual([...sequences.keys()]);
    }
  });

  it('shares a beginning whose keys and values alone are more than the budget', () => {
    // A key that is kept takes 8 floats; 300 of them 2400.
    const beginning = contextOf(300);
    const sequences = Array.from({ length: 20 }, (_, i) => ask([...beginning, i, 1, 2], 5));
    const steps = planOf(clustersOf(sequences), bytesOf(3 * (100 + 7 * 303)));
    expect(steps.every(({ kind }) => kind === 'prefix')).toBe(true);
    expect(shapes(steps)).toEqual([['prefix', ...Array(20).fill(3)]]);
  });

  it('plans many thousands of requests', () => {
    const beginning = contextOf(40);
    const alike = Array.from({ length: 20_000 }, (_, i) => ask([...beginning, i], 5));
    const other = Array.from({ length: 20_000 }, (_, i) => ask([0, i, 7, 7], 5));
    const asked = planOf(clustersOf([...alike, ...other])).flatMap(treesOf);
    expect(asked.flatMap(({ answers }) => answers)).toHaveLength(40_000);
  });
});
