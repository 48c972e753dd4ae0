import type { BatchBudget, PassKind } from './batch-budget.ts';
import type { Cluster, Group } from './prefix-sharing.ts';

/**
 * What is run together. A tree is a list of groups; it is planted only when its turn comes.
 * - `batch`: trees side by side.
 * - `prefix`: a shared beginning, piece by piece, then trees after it, one by one.
 * - `chain`: one sequence, piece by piece, since all of it does not fit into a pass.
 */
export type Step =
  | { readonly kind: 'batch'; readonly trees: readonly (readonly Group[])[]; readonly isLong: boolean }
  | {
      readonly kind: 'prefix';
      readonly prefix: readonly number[];
      readonly trees: readonly (readonly Group[])[];
      readonly isLong: boolean;
    }
  | { readonly kind: 'chain'; readonly group: Group; readonly isLong: boolean };

/** @param plain attention is not fused even where nothing is kept */
export interface PlanOptions {
  readonly plain: boolean;
  /** The trunk holds keys and values of every pass. */
  readonly keeps: boolean;
}

/** Passes that keep keys and values: see decision 4. */
export const KEEPING: PassKind = { keep: true, plain: true };

/** Passes after a past: its keys and values are there in any case. */
const AFTER_PAST: PassKind = { keep: false, plain: true };

/**
 * Put groups together so that each pass is full, little of it is filling, and none is larger than the budget: alike
 * lengths side by side, longest first.
 */
export function planScoring(clusters: readonly Cluster[], budget: BatchBudget, options: PlanOptions): Step[] {
  const lean: PassKind = { keep: false, plain: options.plain };
  const steps: Step[] = [];
  const alone: Group[] = [];
  const place = (group: Group) => {
    const size = sizeAfter(group, 0);
    if (budget.fits(1, size, size, lean)) alone.push(group);
    else steps.push(...planOversize(group, budget));
  };
  for (const { prefix, groups } of clusters) {
    if (prefix.length === 0) groups.forEach(place);
    else {
      const { shared, left } = planShared({ prefix, groups }, budget);
      steps.push(...shared);
      left.forEach(place);
    }
  }
  return [...steps, ...planBatches(alone, budget, options.keeps || steps.length > 0 ? KEEPING : lean)];
}

function planBatches(groups: readonly Group[], budget: BatchBudget, kind: PassKind): Step[] {
  const sized = groups.map((group) => ({ group, size: sizeAfter(group, 0) }));
  sized.sort((a, b) => Number(b.group.isLong) - Number(a.group.isLong) || b.size - a.size);
  const steps: { kind: 'batch'; trees: Group[][]; isLong: boolean }[] = [];
  let longest = 0;
  for (const { group, size } of sized) {
    const last = steps.at(-1);
    const fits = last?.isLong === group.isLong && budget.fits(last.trees.length + 1, longest, longest, kind);
    if (last && fits) last.trees.push([group]);
    else {
      longest = size;
      steps.push({ kind: 'batch', trees: [[group]], isLong: group.isLong });
    }
  }
  return steps;
}

/** Slots after a prefix in one pass: all of them are multiplied with all of them, seen or not. */
const MAX_AFTER_PREFIX = 512;

/** Groups after one prefix go into one tree, as many as a pass takes; `left` are those that alone take more than one. */
function planShared({ prefix, groups }: Cluster, budget: BatchBudget): { shared: Step[]; left: Group[] } {
  const fits = (size: number) => budget.fits(1, size, prefix.length + size, AFTER_PAST);
  const trees: Group[][] = [];
  const left: Group[] = [];
  let size = 0;
  for (const group of groups) {
    const own = sizeAfter(group, prefix.length);
    const last = trees.at(-1);
    if (!fits(own)) left.push(group);
    else if (last && size + own <= MAX_AFTER_PREFIX && fits(size + own)) {
      last.push(group);
      size += own;
    } else {
      trees.push([group]);
      size = own;
    }
  }
  const isLong = groups[0]?.isLong ?? false;
  return { shared: trees.length > 0 ? [{ kind: 'prefix', prefix, trees, isLong }] : [], left };
}

/** A context that is long: its continuations after it; one that is long itself goes piece by piece. */
function planOversize(group: Group, budget: BatchBudget): Step[] {
  const { context, members, isLong } = group;
  if (members.length === 1 || context.length === 1) {
    return members.map((member) => ({ kind: 'chain', group: { context, members: [member], isLong }, isLong }));
  }
  const each = members.map((member) => ({ context, members: [member], isLong }));
  const { shared, left } = planShared({ prefix: context.slice(0, -1), groups: each }, budget);
  return [...shared, ...left.map((single): Step => ({ kind: 'chain', group: single, isLong }))];
}

/** Slots at most: branches that begin alike share some. */
function sizeAfter({ context, members }: Group, skip: number): number {
  return members.reduce((size, { continuation }) => size + continuation.length - 1, context.length - skip);
}
