import type { Model } from '../language-model/model.ts';
import { at } from '../platform/at.ts';
import type { OnProgress } from '../platform/progress.ts';
import type { ProbeItem } from '../probes/item.ts';
import type { Outcome } from '../probes/outcome.ts';
import { type LeftOutItem, prepareModel, type RunOptions, runChunks, splitIntoChunks } from '../probes/run.ts';
import type { Sequential } from './options.ts';
import { factKey, type MeasuredProbes } from './schema/probes.ts';

/** The items of one suite that fit into the model's context. */
export interface BlockSuite {
  readonly name: string;
  readonly items: readonly ProbeItem[];
  readonly options: RunOptions;
}

/** What a suite was answered so far. */
export interface SuiteOutcomes {
  readonly outcomes: Map<string, Outcome>;
  readonly truncated: Map<string, LeftOutItem>;
}

export interface BlocksRun {
  /** By suite. */
  readonly answers: readonly SuiteOutcomes[];
  /** Where it stopped; null once everything was asked. */
  readonly stopped: MeasuredProbes['sequential'] | null;
  readonly askedItems: number;
  readonly seconds: number;
}

export interface BlocksOptions {
  readonly sequential: Sequential;
  /** What is left of a time limit; null without one. At least one block is asked. */
  readonly budgetSeconds: number | null;
  readonly onProgress: OnProgress | undefined;
  /** The answers so far, as a measurement has them. */
  readonly describe: (answers: readonly SuiteOutcomes[], stopped: MeasuredProbes['sequential']) => MeasuredProbes;
  /** The time in milliseconds. */
  readonly now?: () => number;
}

/**
 * Ask block by block, all suites side by side, until the answers settle the verdict, nothing is left, or a time limit leaves no time
 * for another block. Facts that are in no block are not asked: the baseline was not asked them.
 */
export async function askInBlocks(
  suites: readonly BlockSuite[],
  model: Model,
  { sequential, budgetSeconds, onProgress, describe, now = () => performance.now() }: BlocksOptions,
): Promise<BlocksRun> {
  const { blocks: order, settle } = sequential;
  const blocks = order.map((facts) => chunksOf(suites, new Set(facts)));
  await prepareModel(model, blocks.flat(2));
  const answers = suites.map((): SuiteOutcomes => ({ outcomes: new Map(), truncated: new Map() }));
  const total = blocks.flat(2).reduce((sum, { items }) => sum + items.length, 0);
  const started = now();
  let askedItems = 0;
  onProgress?.({ phase: 'probes', done: 0, total });
  for (const [index, block] of blocks.entries()) {
    for (const [suite, chunks] of block.entries()) {
      const { options } = at(suites, suite);
      const before = askedItems;
      const report = (done: number) => onProgress?.({ phase: 'probes', done: before + done, total });
      const lists = chunks.map(({ items }) => items);
      const { outcomes, truncated } = await runChunks(lists, model, { ...options, onProgress: report });
      for (const [id, outcome] of outcomes) at(answers, suite).outcomes.set(id, outcome);
      for (const [id, item] of truncated) at(answers, suite).truncated.set(id, item);
      askedItems += lists.flat().length;
    }
    const count = index + 1;
    const seconds = (now() - started) / 1000;
    const end = { answers, askedItems, seconds };
    if (count === blocks.length) return { ...end, stopped: null };
    const stopped = { blocks: count, of: blocks.length };
    const settled = settle(describe(answers, { ...stopped, settled: null }));
    if (settled !== null) return { ...end, stopped: { ...stopped, settled } };
    const next = at(blocks, count)
      .flat()
      .reduce((sum, { items }) => sum + items.length, 0);
    const isOver = budgetSeconds !== null && seconds * (1 + next / Math.max(1, askedItems)) > budgetSeconds;
    if (isOver) return { ...end, stopped: { ...stopped, settled: null } };
  }
  return { answers, stopped: null, askedItems, seconds: 0 };
}

/** The chunks of one block, by suite. */
function chunksOf(suites: readonly BlockSuite[], facts: ReadonlySet<string>) {
  return suites.map(({ name, items, options }) =>
    splitIntoChunks(items.filter(({ fact }) => facts.has(factKey({ suite: name, fact })))).map((own) => ({
      items: own,
      options,
    })),
  );
}
