import type { BatchBudget, BatchKind } from './batch-budget.ts';
import { type BatchStep, packTrees } from './pack-trees.ts';
import type { ContextGroup, PrefixGroup } from './prefix-sharing.ts';
import { growsTrees, growTrees, sizeAfter, TREE_SLOTS, treeSize } from './tree-growth.ts';

/**
 * The order in which a call's sequences are scored. Input: the prefix groups of prefix-sharing.ts. Output: steps that
 * each fit into the memory budget: many short trees side by side in one batch; a shared prefix, computed once, and the
 * trees after it; or one sequence in chunks, if it is too long for a batch. Only the first kind needs no KV cache, so
 * the schedule also decides which backbone is opened (onnx-engine.ts). The trees are built when a step runs.
 */

/**
 * One step of the schedule. A tree is a list of context groups.
 * - `batch`: trees side by side.
 * - `prefix`: a shared prefix in chunks, then the trees after it, one by one.
 * - `chunked`: one sequence in chunks, because it does not fit into a batch.
 */
export type ScoringStep =
  | BatchStep
  | ({ readonly kind: 'prefix'; readonly prefix: readonly number[] } & Pick<BatchStep, 'trees' | 'isLong'>)
  | { readonly kind: 'chunked'; readonly group: ContextGroup; readonly isLong: boolean };

interface ScheduleOptions {
  /** Attention is not fused, even in a batch that does not extend a KV cache. */
  readonly plainAttention: boolean;
  /** The open backbone returns keys and values of every batch. */
  readonly useKvCache: boolean;
  /** Share trees between similar groups: off for layers with a state, which compute each branch from its beginning. */
  readonly growTrees: boolean;
}

/** Batches of a backbone with a KV cache: see packages/language-model/decisions/004-attention.md. */
export const WITH_KV_CACHE: BatchKind = { useKvCache: true, plainAttention: true };

/** Batches after a prefix: the memory of its keys and values is taken anyway. */
const AFTER_PREFIX: BatchKind = { useKvCache: false, plainAttention: true };

/** Arrange groups so that batches are full, have little padding, and fit the budget: similar lengths, longest first. */
export function scheduleScoring(
  prefixGroups: readonly PrefixGroup[],
  budget: BatchBudget,
  options: ScheduleOptions,
): ScoringStep[] {
  const lean: BatchKind = { useKvCache: false, plainAttention: options.plainAttention };
  const steps: ScoringStep[] = [];
  const batched: ContextGroup[] = [];
  const fitsAlone = (group: ContextGroup) => {
    const size = sizeAfter(group, 0);
    return budget.fits(1, size, size, lean);
  };
  const place = (group: ContextGroup) => {
    if (fitsAlone(group)) batched.push(group);
    else steps.push(...scheduleOversized(group, budget));
  };
  for (const prefixGroup of prefixGroups) {
    const { prefix, groups } = prefixGroup;
    const inTrees = options.growTrees && groups.every(fitsAlone) && growsTrees(prefix.length, groups);
    if (prefix.length === 0 || inTrees) groups.forEach(place);
    else {
      const { shared, left } = schedulePrefix(prefixGroup, budget);
      steps.push(...shared);
      left.forEach(place);
    }
  }
  const kind = options.useKvCache || steps.length > 0 ? WITH_KV_CACHE : lean;
  const fits = (rows: number, length: number) => budget.fits(rows, length, length, kind);
  const trees = options.growTrees
    ? growTrees(batched, (size) => fits(1, size))
    : batched.map((group) => ({ groups: [group], size: sizeAfter(group, 0) }));
  return [...steps, ...packTrees(trees, fits, { joinsTrees: options.growTrees })];
}

/** Groups after one prefix share a tree, as many as fit into a batch; those are `left` that do not fit alone. */
function schedulePrefix(
  { prefix, groups }: PrefixGroup,
  budget: BatchBudget,
): { shared: ScoringStep[]; left: ContextGroup[] } {
  const fits = (size: number) => budget.fits(1, size, prefix.length + size, AFTER_PREFIX);
  const trees: ContextGroup[][] = [];
  const left: ContextGroup[] = [];
  let size = 0;
  for (const group of groups) {
    const own = sizeAfter(group, prefix.length);
    const last = trees.at(-1);
    if (!fits(own)) left.push(group);
    else if (last && size + own <= TREE_SLOTS && fits(size + own)) {
      last.push(group);
      size += own;
    } else {
      trees.push([group]);
      size = own;
    }
  }
  const isLong = groups.some((group) => group.isLong);
  return { shared: trees.length > 0 ? [{ kind: 'prefix', prefix, trees, isLong }] : [], left };
}

/** A group too large for a batch: its continuations after the context, or each of its sequences in chunks. */
function scheduleOversized(group: ContextGroup, budget: BatchBudget): ScoringStep[] {
  const { context, members, isLong } = group;
  const single = members.map((member): ContextGroup => ({ context, members: [member], isLong }));
  const inChunks = (own: ContextGroup): ScoringStep => ({ kind: 'chunked', group: own, isLong });
  if (members.length === 1 || context.length === 1) return single.map(inChunks);
  const { shared, left } = schedulePrefix({ prefix: context.slice(0, -1), groups: single }, budget);
  return [...shared, ...left.map(inChunks)];
}

/** Most tokens that a step computes: its time grows with them. */
export function stepTokens(step: ScoringStep): number {
  if (step.kind === 'chunked') return sizeAfter(step.group, 0);
  const prefix = step.kind === 'prefix' ? step.prefix.length : 0;
  return step.trees.reduce((sum, tree) => sum + treeSize(tree, prefix), prefix);
}

/** Approximate tokens per chunk of a long sequence. */
const CHUNK = 1024;

/** Approximate runs of the layers in a step. */
export function stepPasses(step: ScoringStep): number {
  if (step.kind === 'batch') return 1;
  if (step.kind === 'chunked') return Math.ceil(stepTokens(step) / CHUNK);
  return Math.ceil(step.prefix.length / CHUNK) + step.trees.length;
}
