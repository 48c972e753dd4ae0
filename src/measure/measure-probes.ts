import { type Model, type ModelSource, withModel } from '@shadow-gate/language-model';
import { type Execution, LAYER_BY_LAYER, passSeconds } from '@shadow-gate/language-model/execution';
import type { ModelPrecision } from '@shadow-gate/language-model/precision';
import type { RemoteUsage, ServedIdentity } from '@shadow-gate/language-model/remote';
import type { Tokenizer } from '@shadow-gate/language-model/tokens';
import { at, UserError } from '@shadow-gate/platform';
import { type OnInterruption, type OnProgress, withInterruptions } from '@shadow-gate/platform/progress';
import {
  answerTokens,
  chooseReadings,
  expectChatTemplate,
  type LeftOutItem,
  PROBE_DATE,
  prepareModel,
  type RunEstimate,
  type RunProbesOptions,
  type RunResult,
  runChunks,
  selectFitting,
  splitIntoChunks,
} from '@shadow-gate/probes';
import type { MeasuredProbes, Probes } from '@shadow-gate/probes/answer';
import { hideItem, hideLeftOut, hidingErrors, measuredItem, measuredSuite } from '@shadow-gate/probes/answer';
import { answerKind, type ProbeItem } from '@shadow-gate/probes/item';
import { seedName } from '@shadow-gate/probes/random';
import type { Suite } from '@shadow-gate/probes/suite';
import { ownTextCalls } from '@shadow-gate/probes/texts';
import { askFresh, prepareFresh } from './ask-fresh.ts';
import { askInBlocks, type BlocksOptions } from './ask-in-blocks.ts';
import { estimateSuites, optionsFor } from './estimate-suites.ts';
import type { ProbeRunOptions, Sequential } from './options.ts';
import { frameOf, needsTemplate } from './probe-frame.ts';
import { probesProgress } from './progress/probes-progress.ts';
import type { ProbesShare } from './schema/shard.ts';
import { describeLeftOut, joinAnswers, type ProbeAnswers } from './shards/join-answers.ts';
import { indicesOfShard, isFirst, type Shard } from './shards/shard.ts';
import { measureTexts, textCalls } from './texts/measure-texts.ts';
import { drawIfRequested, measureOwnText, type TextsToRead, textsToRead } from './texts/own-text.ts';
import { measureProtocol, type ProtocolToRead, protocolCalls, protocolToRead } from './texts/protocol.ts';

export interface ProbeRun {
  /** In a shard, the answers of facts that are left out are included: another shard can have the rest of a fact. */
  readonly probes: MeasuredProbes;
  /** The share of a shard; null for a run of all items. */
  readonly share: ProbesShare | null;
  /** The device or the server that answered. */
  readonly by: string;
  readonly device: string;
  /** Null: a server does not say. */
  readonly precision: ModelPrecision | null;
  /** Null: a server does not say. */
  readonly execution: Execution | null;
  /** Different tokens that the model read, of its vocabulary; null where a server encodes texts. */
  readonly vocabulary: { readonly read: number; readonly size: number } | null;
  /** Requests to a server, including the pilot; null without one. */
  readonly usage: RemoteUsage | null;
  /** The identity of a server; null without one. */
  readonly served: ServedIdentity | null;
  readonly seconds: number;
  /** As estimated before the run. */
  readonly expectedSeconds: number;
  /** The estimate for all items; a budget may leave time for only a part. */
  readonly allSeconds: number;
}

const NO_TEXTS: TextsToRead = { drawn: null, read: null, leftOut: null };

interface SuiteRunOptions {
  readonly shard?: Shard | null | undefined;
  /** Own text, drawn if it was requested. */
  readonly ownText?: TextsToRead | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** Open a model and run the items of all suites on it, or a shard's share. @throws UserError if it cannot be run */
export async function measureProbes(
  source: ModelSource,
  selection: ProbeRunOptions,
  options: SuiteRunOptions = {},
): Promise<ProbeRun> {
  if (selection.suites.every(({ items }) => items.length === 0)) {
    throw new UserError('probes: the suites contain no items', 'give a suite with items, or use --only spectra');
  }
  const started = performance.now();
  const { report: onProgress, interrupt: onOpening } = withInterruptions(options.onProgress);
  const wanted = isFirst(options.shard) ? selection.ownText : undefined;
  const ownText = wanted && (await drawIfRequested(source, wanted, onOpening));
  const run = async (model: Model) => ({
    ...(await runSuites(model, selection, { ...options, ownText, onProgress })),
    by: model.by,
    device: model.device,
    precision: model.precision,
    execution: model.execution,
    vocabulary: model.tokensRead && model.vocabulary ? { read: model.tokensRead(), size: model.vocabulary } : null,
    usage: model.usage?.() ?? null,
    served: model.served ?? null,
    seconds: (performance.now() - started) / 1000,
  });
  return hidingErrors(selection, () => withModel(source, modelOptions(selection, onOpening), run));
}

/** For a measurement that is known but for its own text. @throws UserError if the model cannot be run */
export async function measureOwnTextAlone(
  source: ModelSource,
  selection: ProbeRunOptions,
  { onProgress }: Pick<SuiteRunOptions, 'onProgress'>,
): Promise<Pick<MeasuredProbes, 'ownText'>> {
  if (selection.ownText === undefined) return {};
  const { interrupt: onOpening } = withInterruptions(onProgress);
  const ownText = await drawIfRequested(source, selection.ownText, onOpening);
  return withModel(source, modelOptions(selection, onOpening), async (model) => {
    await prepareModel(model, [], callsOfTexts(model, {}, { ownText, protocol: null }));
    return measureOwnText(ownText, model);
  });
}

/**
 * Measure the probes, or say why they did not run. Only the server can repair its answers: the rest of the measurement
 * is not lost, and the report has the cause.
 * @param canFail also say so for other errors of the user
 */
export async function tryProbes(
  source: ModelSource,
  selection: ProbeRunOptions,
  { canFail, ...options }: SuiteRunOptions & { readonly canFail: boolean },
): Promise<{ readonly result: Probes; readonly run: ProbeRun | null }> {
  try {
    const run = await measureProbes(source, selection, options);
    return { result: run.probes, run };
  } catch (error) {
    if (!(error instanceof UserError) || !(canFail || error.code === 'untrusted-server')) throw error;
    return { result: { status: 'notRun', reason: error.message, cause: error.code ?? 'other' }, run: null };
  }
}

/** Runs whole chunks in a shard: the last bits of an answer depend on the other items in its call. */
export async function runSuites(
  model: Model,
  selection: ProbeRunOptions,
  { shard = null, ownText = NO_TEXTS, onProgress }: SuiteRunOptions = {},
): Promise<Pick<ProbeRun, 'probes' | 'share' | 'expectedSeconds' | 'allSeconds'>> {
  const { sequential, chatTemplate } = selection;
  // Layer by layer, each call reads all weights: everything is asked in one.
  if (sequential && shard === null && model.execution !== LAYER_BY_LAYER) {
    return runInBlocks(model, { ...selection, sequential }, { ownText, onProgress });
  }
  const { estimates } = await estimateSuites(model, selection, { onProgress });
  const suites = estimates.map(({ suite }) => suite);
  const reads = chooseReadings(estimates, model);
  const runs = estimates.map(({ suite, items }) =>
    prepareSuite(suite, items, { model, chatTemplate, reads: reads.get(suite.name) }),
  );
  const chunks = runs.flatMap((run) => run.chunks.map((items) => ({ items, options: run.options })));
  const fresh = isFirst(shard) ? prepareFresh(runs, model, selection) : [];
  const protocol = isFirst(shard) ? protocolToRead(selection, model) : null;
  await prepareModel(model, [...chunks, ...fresh], callsOfTexts(model, selection, { ownText, protocol }));
  const texts = await textsOf(model, isFirst(shard) ? selection.texts : undefined, { ownText, protocol });
  const sizes = chunks.map(({ items }) => items.length);
  const own = new Set(indicesOfShard(sizes, shard).map((index) => at(chunks, index).items));
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const total = chunks.reduce((sum, { items }) => sum + (own.has(items) ? items.length : 0), 0);
  const expectedSeconds = (estimates.reduce((sum, { seconds }) => sum + seconds, 0) * total) / Math.max(1, all);
  const allSeconds = estimates.reduce((sum, estimate) => sum + estimate.allSeconds, 0);
  const outcomesOf: RunResult[] = [];
  const parts = runs.map((run, i) => ({ ...run, seconds: at(estimates, i).seconds }));
  const progress = probesProgress(parts, own, onProgress);
  for (const [index, { chunks: ofSuite, options }] of runs.entries()) {
    const mine = ofSuite.filter((chunk) => own.has(chunk));
    outcomesOf.push(await runChunks(mine, model, { ...options, onProgress: progress(index) }));
  }
  onProgress?.({ phase: 'finishing' });
  const answers = answersOf(runs, outcomesOf);
  const further = { ...(await askFresh(fresh, model, selection)), ...texts };
  const settings = settingsOf(model, { ...selection, suites, sequential: undefined });
  const notes = suites.flatMap(({ warnings }) => warnings);
  if (shard === null) {
    const probes = { ...settings, ...joinAnswers(answers), notes, ...further };
    return { probes, share: null, expectedSeconds, allSeconds };
  }
  const items = answers.flatMap((part) => part.items);
  const leftOut = answers.flatMap((part) => part.leftOut);
  const probes = {
    ...settings,
    items: items.map(({ item }) => item),
    notes,
    leftOut: leftOut.map(({ item }) => item),
    ...further,
  };
  const share: ProbesShare = {
    asked: all,
    items: items.map(({ index }) => index),
    leftOut: leftOut.map(({ index, fact }) => ({ place: index, fact })),
  };
  return { probes, share, expectedSeconds, allSeconds };
}

/** Runs suites in blocks, at the levels of the baseline, until the verdict is settled. */
async function runInBlocks(
  model: Model,
  selection: ProbeRunOptions & { readonly sequential: Sequential },
  { ownText, onProgress }: { readonly ownText: TextsToRead; readonly onProgress: OnProgress | undefined },
): Promise<Pick<ProbeRun, 'probes' | 'share' | 'expectedSeconds' | 'allSeconds'>> {
  const { suites, chatTemplate, budgetSeconds, isChosen, sequential } = selection;
  const started = performance.now();
  const asked = suites.map((suite) => ({ suite, items: suite.items }));
  const reads = chooseReadings(asked, model);
  const runs = suites.map((suite) =>
    prepareSuite(suite, suite.items, { model, chatTemplate, reads: reads.get(suite.name) }),
  );
  const settings = settingsOf(model, selection);
  const notes = suites.flatMap(({ warnings }) => warnings);
  const protocol = protocolToRead(selection, model);
  let texts: Pick<MeasuredProbes, 'texts' | 'ownText' | 'protocol'> = {};
  const describe: BlocksOptions['describe'] = (outcomes, stopped) => ({
    ...settings,
    ...(stopped ? { sequential: stopped } : {}),
    ...joinAnswers(answersOf(runs, outcomes)),
    notes,
    ...texts,
  });
  const fresh = prepareFresh(runs, model, selection);
  const blocks = runs.map(({ suite, chunks, options }) => ({
    name: suite.name,
    items: chunks.flat(),
    options,
    isWhole: suite.role !== undefined,
  }));
  const run = await askInBlocks(blocks, model, {
    sequential,
    describe,
    onProgress,
    others: callsOfTexts(model, selection, { ownText, protocol }),
    fresh,
    first: async () => {
      texts = await textsOf(model, selection.texts, { ownText, protocol });
    },
    budgetSeconds: budgetSeconds === null || isChosen ? null : budgetSeconds - (performance.now() - started) / 1000,
  });
  onProgress?.({ phase: 'finishing' });
  const answered = await askFresh(fresh, model, selection);
  const all = blocks.reduce((sum, { items }) => sum + items.length, 0);
  return {
    probes: { ...describe(run.answers, run.stopped ?? undefined), ...answered },
    share: null,
    expectedSeconds: run.seconds,
    allSeconds: (run.seconds * all) / Math.max(1, run.askedItems),
  };
}

/** What is read in addition to questions. */
interface BesideQuestions {
  readonly ownText: TextsToRead;
  readonly protocol: ProtocolToRead | null;
}

async function textsOf(
  model: Model,
  suites: ProbeRunOptions['texts'],
  { ownText, protocol }: BesideQuestions,
): Promise<Pick<MeasuredProbes, 'texts' | 'ownText' | 'protocol'>> {
  const own = { ...(await measureOwnText(ownText, model)), ...(await measureProtocol(protocol, model)) };
  const texts = await measureTexts(suites ?? [], model);
  return texts.length === 0 ? own : { texts, ...own };
}

function callsOfTexts(
  model: Model,
  { texts = [] }: Pick<ProbeRunOptions, 'texts'>,
  { ownText, protocol }: BesideQuestions,
) {
  const own = textsToRead(ownText).flatMap((texts) => ownTextCalls(texts, model));
  return [...own, ...protocolCalls(protocol), ...textCalls(texts, model)];
}

/** How the probes were asked. */
function settingsOf(model: Model, selection: ProbeRunOptions) {
  const { suites, seed, order, chatTemplate, budgetSeconds, sequential } = selection;
  const isOrdered = sequential !== undefined || budgetSeconds !== null;
  const optional = { ...(isOrdered ? { orderSeed: order.seed } : {}), ...frameOf(model, selection) };
  return {
    status: 'measured',
    suites: suites.map(measuredSuite),
    seed: seedName(seed),
    chatTemplate,
    budgetSeconds,
    ...optional,
  } as const;
}

/** The answers of all suites, each with its index among the items of all. */
function answersOf(runs: readonly PreparedSuite[], outcomesOf: readonly RunResult[]): ProbeAnswers[] {
  let offset = 0;
  return runs.map(({ suite: { name, items, texts, slices }, leftOut }, i) => {
    const { outcomes, truncated } = at(outcomesOf, i);
    const problems = new Map([...leftOut, ...truncated.values()].map((left) => [left.id, left]));
    const key = texts === undefined || texts.kept ? null : texts.key;
    const first = offset;
    offset += items.length;
    return {
      items: items.flatMap(({ id }, k) => {
        const outcome = outcomes.get(id);
        if (!outcome) return [];
        const values = slices?.get(outcome.item.fact);
        const item = { ...measuredItem(outcome, name), ...(values === undefined ? {} : { slices: { ...values } }) };
        return [{ index: first + k, item: key === null ? item : hideItem(item, key) }];
      }),
      leftOut: items.flatMap((item, k) => {
        const problem = problems.get(item.id);
        if (!problem) return [];
        const left = describeLeftOut({ ...item, answers: answerKind(item) }, name, problem);
        return [{ index: first + k, fact: item.fact, item: key === null ? left : hideLeftOut(left, key) }];
      }),
    };
  });
}

/** A suite with the items that fit into the model's context, in the chunks in which they run. */
interface PreparedSuite {
  readonly suite: Suite;
  readonly chunks: ReadonlyArray<readonly ProbeItem[]>;
  readonly leftOut: readonly LeftOutItem[];
  readonly options: RunProbesOptions;
}

function prepareSuite(
  suite: Suite,
  items: readonly ProbeItem[],
  { model, chatTemplate, reads }: { model: Model; chatTemplate: boolean; reads: ReadonlySet<string> | undefined },
): PreparedSuite {
  const asked = optionsFor(suite, chatTemplate);
  const options: RunProbesOptions = { ...asked, reads, among: answerTokens(suite.items, model, asked) };
  const { fitting, leftOut } = selectFitting(items, model, options);
  return { suite, chunks: splitIntoChunks(fitting), leftOut, options };
}

/** A missing chat template is known before the weights are read. */
function modelOptions(selection: ProbeRunOptions, onOpening: OnInterruption) {
  return {
    needsTokenizer: true,
    now: PROBE_DATE,
    onOpening,
    beforeLoading: (tokenizer: Tokenizer | null) => {
      if (needsTemplate(selection)) expectChatTemplate(tokenizer);
    },
  };
}

export interface ExpectedRun extends RunEstimate {
  readonly by: string;
  /** At the levels that suit the model. */
  readonly suites: readonly Suite[];
  /** Time for opening the model and finding its levels. */
  readonly spentSeconds: number;
  /** Layer by layer: the least time of a pass over the weights, and the time of the search for levels to come. */
  readonly layers: { readonly passSeconds: number; readonly levelsSeconds: number } | null;
}

/** The items of a run, and an estimate of its time from a few of them. @throws UserError if the model cannot be run */
export async function expectProbes(
  source: ModelSource,
  selection: ProbeRunOptions,
  onProgress?: OnProgress,
): Promise<ExpectedRun> {
  const started = performance.now();
  const { report, interrupt: onOpening } = withInterruptions(onProgress);
  return withModel(source, modelOptions(selection, onOpening), async (model) => {
    const found = await estimateSuites(model, selection, { onProgress: report, leavesLevels: true });
    const { estimates, levelsSeconds, cost } = found;
    const total = (of: (estimate: RunEstimate) => number) => estimates.reduce((sum, one) => sum + of(one), 0);
    return {
      items: estimates.flatMap(({ items }) => items),
      suites: estimates.map(({ suite }) => suite),
      seconds: total(({ seconds }) => seconds),
      allSeconds: total(({ allSeconds }) => allSeconds),
      by: model.by,
      layers: cost && { passSeconds: passSeconds(cost, 0), levelsSeconds },
      spentSeconds: (performance.now() - started) / 1000,
    };
  });
}
