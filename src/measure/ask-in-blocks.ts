import type { Model, ScoreRequest } from '@shadow-gate/language-model';
import { at } from '@shadow-gate/platform';
import type { OnProgress } from '@shadow-gate/platform/progress';
import {
  type LeftOutItem,
  type Outcome,
  prepareModel,
  type RunProbesOptions,
  runChunks,
  splitIntoChunks,
} from '@shadow-gate/probes';
import { factKey, type MeasuredProbes } from '@shadow-gate/probes/answer';
import type { ProbeItem } from '@shadow-gate/probes/item';
import type { Sequential } from './options.ts';

/** The items of one suite that fit into the model's context. */
export interface BlockSuite {
  readonly name: string;
  readonly items: readonly ProbeItem[];
  readonly options: RunProbesOptions;
  /** It is asked before anything else, whatever the time limit. */
  readonly isWhole?: boolean | undefined;
}

export interface SuiteOutcomes {
  readonly outcomes: Map<string, Outcome>;
  readonly truncated: Map<string, LeftOutItem>;
}

export interface BlocksOptions {
  readonly sequential: Sequential;
  /** The rest of a time limit; null without one. At least one block is asked. */
  readonly budgetSeconds: number | null;
  readonly onProgress: OnProgress | undefined;
  /** Calls made of the same model before or after. */
  readonly others?: ReadonlyArray<readonly ScoreRequest[]>;
  /** Items asked after all blocks. */
  readonly fresh?: Parameters<typeof prepareModel>[1];
  /** Runs when all calls are announced, before the first block. */
  readonly first?: (() => Promise<void>) | undefined;
  /** The answers so far, as a measurement has them. */
  readonly describe: (answers: readonly SuiteOutcomes[], stopped: MeasuredProbes['sequential']) => MeasuredProbes;
  /** The time in milliseconds. */
  readonly now?: () => number;
}

/**
 * Ask block by block, all suites side by side, until the answers settle the verdict, nothing is left, or a time limit
 * leaves no time for another block. Facts in no block are not asked: the baseline was not asked them.
 * @returns `stopped`: where it stopped; null once everything was asked
 */
export async function askInBlocks(
  suites: readonly BlockSuite[],
  model: Model,
  {
    sequential,
    budgetSeconds,
    onProgress,
    describe,
    others,
    fresh = [],
    first,
    now = () => performance.now(),
  }: BlocksOptions,
) {
  const { blocks: order, settle } = sequential;
  const whole = new Set(
    suites.flatMap(({ name, items, isWhole }) =>
      isWhole === true ? items.map(({ fact }) => factKey({ suite: name, fact })) : [],
    ),
  );
  // A block that is too long for a time limit is asked in parts, of which the first one is always asked.
  const partsOf = (facts: readonly string[]) => {
    if (budgetSeconds === null) return [facts];
    const first = facts.filter((fact) => whole.has(fact));
    return [...(first.length === 0 ? [] : [first]), ...inParts(facts.filter((fact) => !whole.has(fact)))];
  };
  const blocks = order.map((facts) => partsOf(facts).map((part) => chunksOf(suites, new Set(part))));
  await prepareModel(model, [...blocks.flat(3), ...fresh], others);
  await first?.();
  const answers = suites.map((): SuiteOutcomes => ({ outcomes: new Map(), truncated: new Map() }));
  const total = blocks.flat(3).reduce((sum, { items }) => sum + items.length, 0);
  const started = now();
  let askedItems = 0;
  onProgress?.({ phase: 'probes', done: 0, total });
  const secondsSoFar = () => (now() - started) / 1000;
  const isOver = (next: Part) => {
    const size = next.flat().reduce((sum, { items }) => sum + items.length, 0);
    return budgetSeconds !== null && askedItems > 0 && secondsSoFar() * (1 + size / askedItems) > budgetSeconds;
  };
  const ask = async (part: Part) => {
    for (const [suite, chunks] of part.entries()) {
      const { options } = at(suites, suite);
      const before = askedItems;
      const report = (done: number) => onProgress?.({ phase: 'probes', done: before + done, total });
      const lists = chunks.map(({ items }) => items);
      const { outcomes, truncated } = await runChunks(lists, model, { ...options, onProgress: report });
      for (const [id, outcome] of outcomes) at(answers, suite).outcomes.set(id, outcome);
      for (const [id, item] of truncated) at(answers, suite).truncated.set(id, item);
      askedItems += lists.flat().length;
    }
  };
  const end = (stopped: MeasuredProbes['sequential'] | null) => ({
    answers,
    askedItems,
    stopped,
    seconds: secondsSoFar(),
  });
  const of = blocks.length;
  for (const [index, parts] of blocks.entries()) {
    for (const part of parts) {
      if (isOver(part)) return end({ blocks: index, of, settled: null });
      await ask(part);
    }
    const stopped = { blocks: index + 1, of };
    const settled = stopped.blocks === of ? null : settle(describe(answers, { ...stopped, settled: null }));
    if (settled !== null) return end({ ...stopped, settled });
  }
  return end(null);
}

type Part = ReturnType<typeof chunksOf>;

/** Facts of a part of a block, where time is limited. */
const PART = 12;

function inParts(facts: readonly string[]): Array<readonly string[]> {
  return Array.from({ length: Math.ceil(facts.length / PART) }, (_, i) => facts.slice(i * PART, (i + 1) * PART));
}

function chunksOf(suites: readonly BlockSuite[], facts: ReadonlySet<string>) {
  return suites.map(({ name, items, options }) =>
    splitIntoChunks(items.filter(({ fact }) => facts.has(factKey({ suite: name, fact })))).map((own) => ({
      items: own,
      options,
    })),
  );
}
