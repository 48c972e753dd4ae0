import { type Answerer, type Subject, withAnswerer } from '../language-model/answer.ts';
import { askItems } from '../probes/ask.ts';
import { type Plan, planWithin } from '../probes/budget.ts';
import { chanceOf } from '../probes/item.ts';
import type { Outcome } from '../probes/outcome.ts';
import { PROBE_DATE } from '../probes/prompting.ts';
import type { Suite } from '../probes/suite.ts';
import { UserError } from '../user-error.ts';
import type { MeasuredProbes, ProbeItemMeasurement } from './probes-measurement.ts';

/** What to ask a checkpoint. */
export interface ProbeOrder {
  readonly suites: readonly Suite[];
  readonly seed: number;
  readonly chatTemplate: boolean;
  /** Null: ask everything. */
  readonly budgetSeconds: number | null;
}

export interface AskedProbes {
  readonly probes: MeasuredProbes;
  /** What answered, how long it took, and how long it was thought to take. */
  readonly by: string;
  readonly device: string;
  readonly seconds: number;
  readonly expectedSeconds: number;
}

/** @param expectedSeconds what all will take */
export type OnProbes = (done: number, total: number, expectedSeconds: number) => void;

/**
 * Open a model and ask it the items of all suites.
 * @throws UserError for a model that cannot be asked
 */
export async function measureProbes(subject: Subject, order: ProbeOrder, onProgress?: OnProbes): Promise<AskedProbes> {
  if (order.suites.every(({ items }) => items.length === 0)) {
    throw new UserError('probes: the suites hold no items', 'give one that does, or --only spectra');
  }
  const started = performance.now();
  return withAnswerer(subject, { needsTokenizer: true, now: PROBE_DATE }, async (answerer) => ({
    ...(await askSuites(answerer, order, onProgress)),
    by: answerer.by,
    device: answerer.device,
    seconds: (performance.now() - started) / 1000,
  }));
}

/** Ask an opened model. */
export async function askSuites(
  answerer: Answerer,
  order: ProbeOrder,
  onProgress?: OnProbes,
): Promise<Pick<AskedProbes, 'probes' | 'expectedSeconds'>> {
  const { suites, seed, chatTemplate, budgetSeconds } = order;
  const plans = await planSuites(answerer, order);
  const total = plans.reduce((sum, { items }) => sum + items.length, 0);
  const expectedSeconds = plans.reduce((sum, { seconds }) => sum + seconds, 0);
  const items: ProbeItemMeasurement[] = [];
  const leftOut: MeasuredProbes['leftOut'] = [];
  let before = 0;
  for (const { suite, items: own } of plans) {
    const onOwn = (done: number) => onProgress?.(before + done, total, expectedSeconds);
    onOwn(0);
    const { maxNewTokens, name } = suite;
    const asked = await askItems(own, answerer, { chatTemplate, maxNewTokens, onProgress: onOwn });
    items.push(...asked.outcomes.map((outcome) => toMeasurement(outcome, name)));
    leftOut.push(...asked.leftOut.map(({ id, reason }) => ({ suite: name, id, reason })));
    before += own.length;
  }
  const notes = suites.flatMap(({ warnings }) => warnings);
  return {
    probes: {
      status: 'measured',
      suites: suites.map(identify),
      seed,
      chatTemplate,
      budgetSeconds,
      items,
      notes,
      leftOut,
    },
    expectedSeconds,
  };
}

/**
 * What would be asked, and how long that takes, found out by asking a little.
 * @throws UserError for a model that cannot be asked
 */
export async function expectProbes(subject: Subject, order: ProbeOrder): Promise<Plan & { readonly by: string }> {
  return withAnswerer(subject, { needsTokenizer: true, now: PROBE_DATE }, async (answerer) => {
    const plans = await planSuites(answerer, order);
    const seconds = plans.reduce((sum, plan) => sum + plan.seconds, 0);
    return { items: plans.flatMap(({ items }) => items), seconds, by: answerer.by };
  });
}

/** Each suite gets a share of the budget by its items. */
async function planSuites(
  answerer: Answerer,
  { suites, seed, chatTemplate, budgetSeconds }: ProbeOrder,
): Promise<Array<Plan & { readonly suite: Suite }>> {
  const all = suites.reduce((sum, { items }) => sum + items.length, 0);
  const plans: Array<Plan & { readonly suite: Suite }> = [];
  for (const suite of suites) {
    const budget = budgetSeconds === null ? null : (budgetSeconds * suite.items.length) / all;
    const { maxNewTokens } = suite;
    const plan = await planWithin(suite.items, budget, answerer, { chatTemplate, maxNewTokens, seed });
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
