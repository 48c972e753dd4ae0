import { type Model, type ModelSource, withModel } from '../language-model/model.ts';
import { at } from '../platform/at.ts';
import { UserError } from '../platform/user-error.ts';
import { estimateRun, type RunEstimate } from '../probes/estimate.ts';
import { selectFitting } from '../probes/fits-context.ts';
import { answerKindOf, chanceOf, type ProbeItem } from '../probes/item.ts';
import type { Outcome } from '../probes/outcome.ts';
import { PROBE_DATE } from '../probes/prompt.ts';
import { type LeftOutItem, prepareModel, type RunOptions, runChunks, splitIntoChunks } from '../probes/run.ts';
import type { Suite } from '../probes/suite.ts';
import type { ProbeRunOptions } from './options.ts';
import type { MeasuredProbes, ProbeItemMeasurement } from './schema/probes.ts';
import type { ProbesShare } from './schema/shard.ts';
import { describeLeftOut, joinAnswers, type ProbeAnswers } from './shards/join-answers.ts';
import { indicesOfShard, type Shard } from './shards/shard.ts';

export interface ProbeRun {
  /** In a shard, the answers of facts that are left out are included: another shard can have the rest of a fact. */
  readonly probes: MeasuredProbes;
  /** The share of a shard; null for a run of all items. */
  readonly share: ProbesShare | null;
  /** The device or the server that answered, and why. */
  readonly by: string;
  readonly device: string;
  readonly seconds: number;
  /** Estimated before the run. */
  readonly expectedSeconds: number;
}

/** @param expectedSeconds estimate for the whole run */
export type OnProbes = (done: number, total: number, expectedSeconds: number) => void;

export interface SuiteRunOptions {
  readonly shard?: Shard | null;
  readonly onProgress?: OnProbes;
}

/**
 * Open a model and run the items of all suites on it, or a shard's share of them.
 * @throws UserError for a model that cannot be run
 */
export async function measureProbes(
  source: ModelSource,
  selection: ProbeRunOptions,
  options: SuiteRunOptions = {},
): Promise<ProbeRun> {
  if (selection.suites.every(({ items }) => items.length === 0)) {
    throw new UserError('probes: the suites contain no items', 'give a suite with items, or use --only spectra');
  }
  const started = performance.now();
  return withModel(source, { needsTokenizer: true, now: PROBE_DATE }, async (model) => ({
    ...(await runSuites(model, selection, options)),
    by: model.by,
    device: model.device,
    seconds: (performance.now() - started) / 1000,
  }));
}

/**
 * Run all suites on an opened model. A shard runs whole chunks, since the last bits of an answer depend on the items
 * that are in one call with it.
 */
export async function runSuites(
  model: Model,
  selection: ProbeRunOptions,
  { shard = null, onProgress }: SuiteRunOptions = {},
): Promise<Pick<ProbeRun, 'probes' | 'share' | 'expectedSeconds'>> {
  const { suites, seed, chatTemplate, budgetSeconds } = selection;
  const estimates = await estimateSuites(model, selection);
  const runs = estimates.map(({ suite, items }) => prepareSuite(suite, items, { model, chatTemplate }));
  const chunks = runs.flatMap((run) => run.chunks.map((items) => ({ items, options: run.options })));
  await prepareModel(model, chunks);
  const sizes = chunks.map(({ items }) => items.length);
  const own = new Set(indicesOfShard(sizes, shard).map((index) => at(chunks, index).items));
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const total = chunks.reduce((sum, { items }) => sum + (own.has(items) ? items.length : 0), 0);
  const expectedSeconds = (estimates.reduce((sum, { seconds }) => sum + seconds, 0) * total) / Math.max(1, all);
  const answers: ProbeAnswers[] = [];
  let done = 0;
  let offset = 0;
  for (const { suite, chunks: ofSuite, leftOut, options } of runs) {
    const before = done;
    const report = (count: number) => onProgress?.(before + count, total, expectedSeconds);
    report(0);
    const { outcomes, truncated } = await runChunks(
      ofSuite.filter((chunk) => own.has(chunk)),
      model,
      { ...options, onProgress: report },
    );
    answers.push(toAnswers(suite, { offset, outcomes, leftOut: [...leftOut, ...truncated.values()] }));
    done += outcomes.size;
    offset += suite.items.length;
  }
  const notes = suites.flatMap(({ warnings }) => warnings);
  const settings = { status: 'measured', suites: suites.map(identify), seed, chatTemplate, budgetSeconds } as const;
  if (shard === null) {
    return { probes: { ...settings, ...joinAnswers(answers), notes }, share: null, expectedSeconds };
  }
  const items = answers.flatMap((part) => part.items);
  const leftOut = answers.flatMap((part) => part.leftOut);
  const probes = { ...settings, items: items.map(({ item }) => item), notes, leftOut: leftOut.map(({ item }) => item) };
  const share: ProbesShare = {
    asked: all,
    items: items.map(({ index }) => index),
    leftOut: leftOut.map(({ index, fact }) => ({ place: index, fact })),
  };
  return { probes, share, expectedSeconds };
}

/** The items of a suite that fit into the model's context, in the chunks in which they run. */
interface PreparedSuite {
  readonly suite: Suite;
  readonly chunks: ReadonlyArray<readonly ProbeItem[]>;
  readonly leftOut: readonly LeftOutItem[];
  readonly options: RunOptions;
}

function prepareSuite(
  suite: Suite,
  items: readonly ProbeItem[],
  { model, chatTemplate }: { readonly model: Model; readonly chatTemplate: boolean },
): PreparedSuite {
  const options: RunOptions = { chatTemplate, maxNewTokens: suite.maxNewTokens };
  const { fitting, leftOut } = selectFitting(items, model, options);
  return { suite, chunks: splitIntoChunks(fitting), leftOut, options };
}

function toAnswers(
  { name, items }: Suite,
  {
    offset,
    outcomes,
    leftOut,
  }: {
    /** Number of items in the suites before this one. */
    readonly offset: number;
    readonly outcomes: ReadonlyMap<string, Outcome>;
    readonly leftOut: readonly LeftOutItem[];
  },
): ProbeAnswers {
  const problems = new Map(leftOut.map((left) => [left.id, left]));
  return {
    items: items.flatMap(({ id }, i) => {
      const outcome = outcomes.get(id);
      return outcome ? [{ index: offset + i, item: toMeasurement(outcome, name) }] : [];
    }),
    leftOut: items.flatMap((item, i) => {
      const problem = problems.get(item.id);
      if (!problem) return [];
      return [
        {
          index: offset + i,
          fact: item.fact,
          item: describeLeftOut({ ...item, answers: answerKindOf(item) }, name, problem),
        },
      ];
    }),
  };
}

/**
 * The items that a run would include, and an estimate of its time from a few of them.
 * @throws UserError for a model that cannot be run
 */
export async function expectProbes(
  source: ModelSource,
  selection: ProbeRunOptions,
): Promise<RunEstimate & { readonly by: string }> {
  return withModel(source, { needsTokenizer: true, now: PROBE_DATE }, async (model) => {
    const estimates = await estimateSuites(model, selection);
    const seconds = estimates.reduce((sum, estimate) => sum + estimate.seconds, 0);
    return { items: estimates.flatMap(({ items }) => items), seconds, by: model.by };
  });
}

/** Each suite gets a share of the budget by its number of items. */
async function estimateSuites(
  model: Model,
  { suites, seed, chatTemplate, budgetSeconds }: ProbeRunOptions,
): Promise<Array<RunEstimate & { readonly suite: Suite }>> {
  const all = suites.reduce((sum, { items }) => sum + items.length, 0);
  const estimates: Array<RunEstimate & { readonly suite: Suite }> = [];
  for (const suite of suites) {
    const estimate = await estimateRun(suite.items, model, {
      chatTemplate,
      maxNewTokens: suite.maxNewTokens,
      seed,
      budgetSeconds: budgetSeconds === null ? null : (budgetSeconds * suite.items.length) / all,
    });
    estimates.push({ ...estimate, suite });
  }
  return estimates;
}

function identify({ name, version, digest, seed, size, twinsOf, levels }: Suite): MeasuredProbes['suites'][number] {
  return {
    name,
    version,
    digest,
    seed,
    items: size,
    ...(twinsOf === undefined ? {} : { twinsOf }),
    ...(levels === undefined ? {} : { levels: levels.map((level) => ({ ...level, asked: [...level.asked] })) }),
  };
}

/** Prompts are kept for the examples of a report, where the rest of a very long one adds nothing. */
const KEPT_CHARACTERS = 4000;

/** float32 logits have about seven digits; further digits differ between machines. */
const round = (value: number): number => Math.round(value * 1e4) / 1e4;

function toMeasurement(
  { item, correct, given, margin, probability, logprobs }: Outcome,
  suite: string,
): ProbeItemMeasurement {
  const { id, fact, capability, family, cluster, form, question, kind, oldLabel, oldLabels, level } = item;
  return {
    suite,
    id,
    fact,
    capability,
    family,
    cluster,
    form,
    prompt: item.prompt.slice(0, KEPT_CHARACTERS),
    right: question.kind === 'choice' ? at(question.choices, question.answer) : question.target,
    given: given.slice(0, KEPT_CHARACTERS),
    correct,
    chance: round(chanceOf(item)),
    margin: round(margin),
    probability: probability === null ? null : round(probability),
    logprobs: logprobs === null ? null : logprobs.map(round),
    ...(kind === undefined ? {} : { kind }),
    answers: answerKindOf(item),
    ...(oldLabel === undefined ? {} : { oldLabel }),
    ...(oldLabels === undefined ? {} : { oldLabels }),
    ...(level === undefined ? {} : { level }),
  };
}
