import { type Model, type ModelSource, withModel } from '../language-model/model.ts';
import { UserError } from '../platform/user-error.ts';
import { estimateRun, type RunEstimate } from '../probes/estimate.ts';
import { selectFitting } from '../probes/fits-context.ts';
import { chanceOf, type ProbeItem } from '../probes/item.ts';
import type { Outcome } from '../probes/outcome.ts';
import { PROBE_DATE } from '../probes/prompt.ts';
import { type LeftOutItem, prepareModel, type RunOptions, runChunks, splitIntoChunks } from '../probes/run.ts';
import type { Suite } from '../probes/suite.ts';
import type { ProbeRunOptions } from './options.ts';
import type { MeasuredProbes, ProbeItemMeasurement } from './schema/probes.ts';
import type { ProbesShare } from './schema/shard.ts';
import { joinAnswers, type ProbeAnswers } from './shards/join-answers.ts';
import { type Shard, shareOf } from './shards/shard.ts';

export interface ProbeRun {
  /** In a shard, with the answers to facts that are left out: another shard may have the rest of them. */
  readonly probes: MeasuredProbes;
  /** Null unless only a share was asked. */
  readonly share: ProbesShare | null;
  /** What answered, how long it took, and how long it was thought to take. */
  readonly by: string;
  readonly device: string;
  readonly seconds: number;
  readonly expectedSeconds: number;
}

/** @param expectedSeconds what all will take */
export type OnProbes = (done: number, total: number, expectedSeconds: number) => void;

/**
 * Open a model and ask it the items of all suites, or a shard's share of them.
 * @throws UserError for a model that cannot be asked
 */
export async function measureProbes(
  subject: ModelSource,
  order: ProbeRunOptions,
  { shard = null, onProgress }: { readonly shard?: Shard | null; readonly onProgress?: OnProbes } = {},
): Promise<ProbeRun> {
  if (order.suites.every(({ items }) => items.length === 0)) {
    throw new UserError('probes: the suites hold no items', 'give one that does, or --only spectra');
  }
  const started = performance.now();
  return withModel(subject, { needsTokenizer: true, now: PROBE_DATE }, async (answerer) => ({
    ...(await askSuites(answerer, order, shard, onProgress)),
    by: answerer.by,
    device: answerer.device,
    seconds: (performance.now() - started) / 1000,
  }));
}

/** Ask an opened model. A shard asks whole chunks, since what is asked together decides the last bits of the answers. */
export async function askSuites(
  answerer: Model,
  order: ProbeRunOptions,
  shard: Shard | null = null,
  onProgress?: OnProbes,
): Promise<Pick<ProbeRun, 'probes' | 'share' | 'expectedSeconds'>> {
  const { suites, seed, chatTemplate, budgetSeconds } = order;
  const plans = await planSuites(answerer, order);
  const questions = plans.map(({ suite, items }) => questionsOf(suite, items, answerer, chatTemplate));
  const chunks = questions.flatMap(({ chunks, options }) => chunks.map((items) => ({ items, options })));
  await prepareModel(answerer, chunks);
  const costs = chunks.map(({ items }) => items.length);
  const own = new Set(shareOf(costs, shard).map((place) => chunks[place]?.items));
  const asked = costs.reduce((sum, cost) => sum + cost, 0);
  const total = chunks.reduce((sum, { items }) => sum + (own.has(items) ? items.length : 0), 0);
  const expectedSeconds = (plans.reduce((sum, { seconds }) => sum + seconds, 0) * total) / Math.max(1, asked);
  const answers: ProbeAnswers[] = [];
  let before = 0;
  let offset = 0;
  for (const { suite, chunks, leftOut, options } of questions) {
    const onOwn = (done: number) => onProgress?.(before + done, total, expectedSeconds);
    onOwn(0);
    const { outcomes, truncated } = await runChunks(
      chunks.filter((chunk) => own.has(chunk)),
      answerer,
      { ...options, onProgress: onOwn },
    );
    answers.push(placeAnswers(suite, offset, outcomes, [...leftOut, ...truncated.values()]));
    before += outcomes.size;
    offset += suite.items.length;
  }
  const notes = suites.flatMap(({ warnings }) => warnings);
  const items = answers.flatMap((part) => part.items);
  const leftOut = answers.flatMap((part) => part.leftOut);
  const settings = { status: 'measured', suites: suites.map(identify), seed, chatTemplate, budgetSeconds } as const;
  if (shard === null) {
    return { probes: { ...settings, ...joinAnswers(answers), notes }, share: null, expectedSeconds };
  }
  const probes = { ...settings, items: items.map(({ item }) => item), notes, leftOut: leftOut.map(({ item }) => item) };
  const share: ProbesShare = {
    asked,
    items: items.map(({ place }) => place),
    leftOut: leftOut.map(({ place, fact }) => ({ place, fact })),
  };
  return { probes, share, expectedSeconds };
}

interface Questions {
  readonly suite: Suite;
  readonly chunks: ReadonlyArray<readonly ProbeItem[]>;
  readonly leftOut: readonly LeftOutItem[];
  readonly options: RunOptions;
}

function questionsOf(suite: Suite, items: readonly ProbeItem[], answerer: Model, chatTemplate: boolean): Questions {
  const options: RunOptions = { chatTemplate, maxNewTokens: suite.maxNewTokens };
  const { fitting, leftOut } = selectFitting(items, answerer, options);
  return { suite, chunks: splitIntoChunks(fitting), leftOut, options };
}

/** @param offset items of the suites before this one */
function placeAnswers(
  { name, items }: Suite,
  offset: number,
  outcomes: ReadonlyMap<string, Outcome>,
  leftOut: readonly LeftOutItem[],
): ProbeAnswers {
  const reasons = new Map(leftOut.map(({ id, reason }) => [id, reason]));
  return {
    items: items.flatMap(({ id }, i) => {
      const outcome = outcomes.get(id);
      return outcome ? [{ place: offset + i, item: toMeasurement(outcome, name) }] : [];
    }),
    leftOut: items.flatMap(({ id, fact }, i) => {
      const reason = reasons.get(id);
      return reason === undefined ? [] : [{ place: offset + i, fact, item: { suite: name, id, reason } }];
    }),
  };
}

/**
 * What would be asked, and how long that takes, found out by asking a little.
 * @throws UserError for a model that cannot be asked
 */
export async function expectProbes(
  subject: ModelSource,
  order: ProbeRunOptions,
): Promise<RunEstimate & { readonly by: string }> {
  return withModel(subject, { needsTokenizer: true, now: PROBE_DATE }, async (answerer) => {
    const plans = await planSuites(answerer, order);
    const seconds = plans.reduce((sum, plan) => sum + plan.seconds, 0);
    return { items: plans.flatMap(({ items }) => items), seconds, by: answerer.by };
  });
}

/** Each suite gets a share of the budget by its items. */
async function planSuites(
  answerer: Model,
  { suites, seed, chatTemplate, budgetSeconds }: ProbeRunOptions,
): Promise<Array<RunEstimate & { readonly suite: Suite }>> {
  const all = suites.reduce((sum, { items }) => sum + items.length, 0);
  const plans: Array<RunEstimate & { readonly suite: Suite }> = [];
  for (const suite of suites) {
    const share = budgetSeconds === null ? null : (budgetSeconds * suite.items.length) / all;
    const { maxNewTokens } = suite;
    const options = { chatTemplate, maxNewTokens, seed, budgetSeconds: share };
    const plan = await estimateRun(suite.items, answerer, options);
    plans.push({ ...plan, suite });
  }
  return plans;
}

function identify({ name, version, digest, seed, size }: Suite): MeasuredProbes['suites'][number] {
  return { name, version, digest, seed, items: size };
}

/** A prompt is kept to show a flip; the rest of a very long one shows no more. */
const KEPT_CHARACTERS = 4000;

/** float32 logits have some seven digits; what lies beyond differs from machine to machine. */
const round = (value: number): number => Math.round(value * 1e4) / 1e4;

function toMeasurement(
  { item, correct, given, margin, probability, logprobs }: Outcome,
  suite: string,
): ProbeItemMeasurement {
  const { id, fact, capability, family, cluster, form, question } = item;
  return {
    suite,
    id,
    fact,
    capability,
    family,
    cluster,
    form,
    prompt: item.prompt.slice(0, KEPT_CHARACTERS),
    right: question.kind === 'choice' ? (question.choices[question.answer] ?? '') : question.target,
    given: given.slice(0, KEPT_CHARACTERS),
    correct,
    chance: round(chanceOf(item)),
    margin: round(margin),
    probability: probability === null ? null : round(probability),
    logprobs: logprobs === null ? null : logprobs.map(round),
  };
}
