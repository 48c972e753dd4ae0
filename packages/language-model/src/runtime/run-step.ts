import { at } from '@shadow-gate/platform';
import type { Backbone } from './backbone-runs.ts';
import type { BatchBudget } from './batch-budget.ts';
import { type ForwardBatch, treeAfterPrefixBatch, treesBatch } from './batches.ts';
import type { HiddenQueue, SequenceTarget } from './head-queue.ts';
import { prefill } from './prefill.ts';
import { buildPromptTree, type PromptTree } from './prefix-sharing.ts';
import { type ScoringStep, stepTokens } from './schedule.ts';
import { treeSize } from './tree-growth.ts';

interface ScoringSetup<H> {
  readonly backbone: Backbone<H>;
  readonly budget: BatchBudget;
  /** Receives the hidden states that predict target tokens. */
  readonly queue: HiddenQueue<H>;
  /** Receives the number of tokens computed since the last call; they sum to `stepTokens` in each step. */
  readonly onTokens?: ((count: number) => void) | undefined;
}

export async function runStep<H>(step: ScoringStep, setup: ScoringSetup<H>): Promise<void> {
  const { isLong } = step;
  switch (step.kind) {
    case 'batch': {
      const prompts = step.trees.map((groups) => buildPromptTree(groups, 0));
      const rows = prompts.map(predictorSlots);
      const trees = prompts.map(({ tree }) => tree);
      await scoreTrees(treesBatch(trees, { rows, isLong }), prompts, setup);
      setup.onTokens?.(stepTokens(step));
      return;
    }
    case 'chunked':
      await scoreInChunks(buildPromptTree([step.group], 0), { isLong }, setup);
      setup.onTokens?.(stepTokens(step));
      return;
    case 'prefix': {
      const { kvCache } = await prefill(setup.backbone, setup.budget, [step.prefix], { isLong });
      setup.onTokens?.(step.prefix.length);
      try {
        for (const groups of step.trees) {
          const prompt = buildPromptTree(groups, step.prefix.length);
          const batch = treeAfterPrefixBatch(prompt.tree, { rows: predictorSlots(prompt), kvCache, isLong });
          await scoreTrees(batch, [prompt], setup);
          setup.onTokens?.(treeSize(groups, step.prefix.length));
        }
      } finally {
        setup.backbone.releaseKvCache(kvCache);
      }
    }
  }
}

async function scoreInChunks<H>(
  prompt: PromptTree,
  { isLong }: { readonly isLong: boolean },
  { backbone, budget, queue }: ScoringSetup<H>,
): Promise<void> {
  const all = predictorSlots(prompt);
  let row = 0;
  const { kvCache } = await prefill(backbone, budget, [prompt.tree.tokens], {
    isLong,
    wantedSlots: (start, end) => all.filter((slot) => slot >= start && slot < end).map((slot) => slot - start),
    onHidden: async (hidden, rows) => {
      const slots = all.slice(row, row + rows);
      row += rows;
      await queue.add(hidden, targetsOf(prompt, slots, 0));
    },
  });
  backbone.releaseKvCache(kvCache);
}

/** @param batch the trees of these prompts, with their predictor slots as rows */
async function scoreTrees<H>(
  batch: ForwardBatch,
  prompts: readonly PromptTree[],
  { backbone, queue }: ScoringSetup<H>,
): Promise<void> {
  const { hidden } = await backbone.run(batch);
  let first = 0;
  const targets = prompts.flatMap((prompt) => {
    const slots = predictorSlots(prompt);
    const own = targetsOf(prompt, slots, first);
    first += slots.length;
    return own;
  });
  await queue.add(hidden, targets);
}

/** Each slot that predicts a target, once, ascending. */
function predictorSlots({ predictors }: PromptTree): number[] {
  return [...new Set(predictors.flatMap(({ slots }) => slots))].sort((a, b) => a - b);
}

/** The targets that these slots of a tree predict, with hidden states in the rows from `first` on. */
function targetsOf({ predictors }: PromptTree, slots: readonly number[], first: number): SequenceTarget[] {
  const rowOf = new Map(slots.map((slot, i) => [slot, first + i]));
  return predictors.flatMap(({ member: { index, continuation, ...wanted }, slots: own }) =>
    own.flatMap((slot, position) => {
      const row = rowOf.get(slot);
      if (row === undefined) return [];
      return { ...wanted, row, token: at(continuation, position), sequence: index, position };
    }),
  );
}
