import type { Model } from '@shadow-gate/language-model';
import { type PassCost, passSeconds } from '@shadow-gate/language-model/execution';
import { at, groupBy } from '@shadow-gate/platform';
import { selectFitting } from './fits-context.ts';
import type { ProbeItem } from './item.ts';
import { type Fact, stratifiedSample } from './random.ts';
import { answerCount, answerLimit, type RunProbesOptions, runChunks, splitIntoChunks } from './run.ts';

/** Facts of a trial run: one per stratum is too noisy on a fast model, a whole suite too slow on a slow one. */
const TRIAL_FACTS = 12;

export interface RunEstimate {
  /** Items to run: a budget may leave time for a part only. */
  readonly items: readonly ProbeItem[];
  readonly seconds: number;
  readonly allSeconds: number;
}

type Limits = Pick<RunProbesOptions, 'maxNewTokens' | 'sampling'>;

export interface EstimateOptions extends RunProbesOptions {
  /** Null: no limit. */
  readonly budgetSeconds: number | null;
  readonly seed: number;
  /** By default, the model is tried on a few facts. */
  readonly trial?: Trial | undefined;
  /** Called with the share of the trial that is done. */
  readonly onTrial?: ((share: number) => void) | undefined;
  /** The time in milliseconds. */
  readonly now?: () => number;
}

export interface Trial {
  readonly items: readonly ProbeItem[];
  readonly seconds: number;
}

/** Sample facts that fit the budget, at least one, by a trial. Loading weights counts for the budget, not the rate. */
export async function estimateRun(
  items: readonly ProbeItem[],
  model: Model,
  options: EstimateOptions,
): Promise<RunEstimate> {
  const { budgetSeconds, seed, now = () => performance.now() } = options;
  const facts = stratifiedSample(items, seed);
  const opened = now();
  const trial = options.trial ?? (await tryFacts(facts.slice(0, TRIAL_FACTS), model, { ...options, now }));
  const spent = (now() - opened) / 1000;
  const prefixes = sharedPrefixLengths([...items, ...trial.items]);
  const rate = trial.seconds / Math.max(1, cumulativeCosts([trial.items], prefixes, options).at(-1) ?? 0);
  const costs = cumulativeCosts(facts, prefixes, options);
  const affordable =
    budgetSeconds === null ? facts.length : costs.filter((cost) => spent + rate * cost <= budgetSeconds).length;
  const chosen = facts.slice(0, Math.max(1, affordable));
  return {
    items: withinFacts(items, chosen),
    seconds: rate * (costs[chosen.length - 1] ?? 0),
    allSeconds: rate * (costs.at(-1) ?? 0),
  };
}

function withinFacts(items: readonly ProbeItem[], facts: readonly Fact[]): ProbeItem[] {
  const wanted = new Set(facts.map((fact) => at(fact, 0).fact));
  return items.filter(({ fact }) => wanted.has(fact));
}

/** Ask the first fact twice: once to load the weights. */
async function tryFacts(
  facts: readonly Fact[],
  model: Model,
  { onTrial, now, ...options }: RunProbesOptions & Pick<EstimateOptions, 'onTrial'> & { readonly now: () => number },
): Promise<Trial> {
  onTrial?.(0);
  await runTrial(facts.slice(0, 1), model, { ...options, onProgress: undefined });
  const started = now();
  const total = facts.flat().length;
  await runTrial(facts, model, { ...options, onProgress: (done) => onTrial?.(done / total) });
  return { items: facts.flat(), seconds: (now() - started) / 1000 };
}

async function runTrial(facts: readonly Fact[], model: Model, options: RunProbesOptions): Promise<void> {
  const { fitting } = selectFitting(facts.flat(), model, options);
  await runChunks(splitIntoChunks(fitting), model, options);
}

/** Expected share of the whole time that each chunk of one suite takes. */
export function sharesOfTime(chunks: readonly (readonly ProbeItem[])[], options: Limits): number[] {
  const costs = cumulativeCosts(chunks, sharedPrefixLengths(chunks.flat()), options);
  const all = Math.max(1, costs.at(-1) ?? 0);
  return costs.map((cost, i) => (cost - (costs[i - 1] ?? 0)) / all);
}

const templateOf = ({ family, level, cluster }: ProbeItem): string => JSON.stringify([family, level, cluster]);

/** Length of the beginning that all prompts of a template share, which the model reads once. */
function sharedPrefixLengths(items: readonly ProbeItem[]): Map<string, number> {
  return new Map(
    [...groupBy(items, templateOf)].map(([template, members]) => {
      const prompts = members.map(({ prompt }) => prompt).sort();
      // Sorted, the first and the last text have the shortest common prefix.
      const [first, last] = [at(prompts, 0), at(prompts, prompts.length - 1)];
      const end = Array.from(first).findIndex((_, i) => first[i] !== last[i]);
      return [template, end < 0 ? first.length : end];
    }),
  );
}

/** The cost of generating one token of an answer, in characters of a prompt. */
const TOKEN_COST = 62.5;

/** The cost of the first 1, 2, … facts, in characters that the model reads, shared beginnings once. */
function cumulativeCosts(
  facts: ReadonlyArray<readonly ProbeItem[]>,
  sharedPrefixes: ReadonlyMap<string, number>,
  options: Limits,
  tokenCost = TOKEN_COST,
): number[] {
  const seen = new Set<string>();
  let total = 0;
  return facts.map((fact) => {
    for (const item of fact) {
      const { prompt, question } = item;
      const template = templateOf(item);
      total += prompt.length - (seen.has(template) ? (sharedPrefixes.get(template) ?? 0) : 0);
      const written = answerCount(item, options) * answerLimit(item, options);
      total += question.kind === 'choice' ? question.choices.join('').length : tokenCost * written;
      seen.add(template);
    }
    return total;
  });
}

/** Prompts that are encoded to estimate the length of tokens. */
const ENCODED = 64;

/** At a server that encodes: as in English. */
const CHARACTERS_PER_TOKEN = 4;

/** Written answers are left out if more than this many times as many facts fit without them. */
const WORTH_WRITING = 2;

export interface PassesEstimate extends RunEstimate {
  /** Written answers are not asked: the budget is too short for a pass per new token. */
  readonly leavesOutWritten: boolean;
}

/**
 * Estimate layer by layer: one pass over the weights for all scores, one for the prompts of written answers, and one
 * for each token of the longest of these. The sample fits the budget, but has at least one fact.
 */
export function estimatePasses(
  items: readonly ProbeItem[],
  model: Pick<Model, 'tokenizer'>,
  cost: PassCost,
  options: Limits & Pick<EstimateOptions, 'budgetSeconds' | 'seed'>,
): PassesEstimate {
  const { budgetSeconds, seed } = options;
  const all = stratifiedSample(items, seed);
  const work = { cost, perCharacter: tokensPerCharacter(items, model), prefixes: sharedPrefixLengths(items), options };
  const times = cumulativeSeconds(all, work);
  const allSeconds = times.at(-1) ?? 0;
  if (budgetSeconds === null) return { items, seconds: allSeconds, allSeconds, leavesOutWritten: false };
  const affordable = (seconds: readonly number[]) => seconds.filter((time) => time <= budgetSeconds).length;
  const scored = all.filter((fact) => fact.every((item) => answerLimit(item, options) === 0));
  const scoredTimes = cumulativeSeconds(scored, work);
  const leavesOutWritten = affordable(scoredTimes) > WORTH_WRITING * affordable(times);
  const [facts, seconds] = leavesOutWritten ? [scored, scoredTimes] : [all, times];
  const chosen = facts.slice(0, Math.max(1, affordable(seconds)));
  return {
    items: withinFacts(items, chosen),
    seconds: seconds[chosen.length - 1] ?? 0,
    allSeconds,
    leavesOutWritten,
  };
}

/** Time of the search for the levels of a suite, if no look is a surprise: each is a run of its own. */
export function pilotSeconds(
  pilot: readonly ProbeItem[],
  model: Pick<Model, 'tokenizer'>,
  cost: PassCost,
  { looks, share, maxNewTokens }: { readonly looks: number; readonly share: number } & Limits,
): number {
  const options = { maxNewTokens, seed: 0, budgetSeconds: null };
  const facts = stratifiedSample(pilot, 0);
  const some = facts.slice(0, Math.ceil(facts.length * share)).flat();
  return looks * estimatePasses(some, model, cost, options).seconds;
}

interface PassWork {
  readonly cost: PassCost;
  /** Tokens per character. */
  readonly perCharacter: number;
  readonly prefixes: ReadonlyMap<string, number>;
  readonly options: Limits;
}

/** The time of the first 1, 2, … facts. */
function cumulativeSeconds(facts: readonly Fact[], { cost, perCharacter, prefixes, options }: PassWork): number[] {
  const read = cumulativeCosts(facts, prefixes, options, 0);
  let [written, prompts, longest] = [0, 0, 0];
  return facts.map((fact, i) => {
    for (const item of fact) {
      const limit = answerLimit(item, options);
      longest = Math.max(longest, limit);
      if (limit > 0) {
        const answers = answerCount(item, options);
        written += answers;
        prompts += answers * item.prompt.length;
      }
    }
    const scoring = passSeconds(cost, at(read, i) * perCharacter);
    if (longest === 0) return scoring;
    return scoring + passSeconds(cost, prompts * perCharacter) + (longest - 1) * passSeconds(cost, written);
  });
}

function tokensPerCharacter(items: readonly ProbeItem[], { tokenizer }: Pick<Model, 'tokenizer'>): number {
  if (tokenizer === null) return 1 / CHARACTERS_PER_TOKEN;
  const prompts = items.slice(0, ENCODED).map(({ prompt }) => prompt);
  const characters = prompts.reduce((sum, { length }) => sum + length, 0);
  const tokens = prompts.reduce((sum, text) => sum + tokenizer.encode(text, { addSpecialTokens: true }).length, 0);
  return characters === 0 ? 1 / CHARACTERS_PER_TOKEN : tokens / characters;
}
