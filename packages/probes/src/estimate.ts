import type { Model } from '@shadow-gate/language-model';
import { at, groupBy } from '@shadow-gate/platform';
import { selectFitting } from './fits-context.ts';
import type { ProbeItem } from './item.ts';
import { type Fact, stratifiedSample } from './random.ts';
import { answerCount, answerLimit, type RunProbesOptions, runChunks, splitIntoChunks } from './run.ts';

/** Facts of a trial run: one per stratum is too noisy on a fast model, a whole suite too slow on a slow one. */
const TRIAL_FACTS = 12;

/** Items to run, and how long that takes. */
export interface RunEstimate {
  readonly items: readonly ProbeItem[];
  readonly seconds: number;
  /** How long all items take, of which a budget may have left time for a part. */
  readonly allSeconds: number;
}

export interface EstimateOptions extends RunProbesOptions {
  /** Null: no limit. */
  readonly budgetSeconds: number | null;
  /** Seed of the sample. */
  readonly seed: number;
  /** What the opened model has answered before; by default it is tried on a few facts. */
  readonly trial?: Trial | undefined;
  /** Called with the share of the trial that is done. */
  readonly onTrial?: ((share: number) => void) | undefined;
  /** The time in milliseconds. */
  readonly now?: () => number;
}

/** Items that were asked, and the time it took. */
export interface Trial {
  readonly items: readonly ProbeItem[];
  readonly seconds: number;
}

/**
 * Estimate how long items take from a trial run. The first call loads the weights: it counts for the budget, not for
 * the rate.
 * @returns a stratified sample of the items that fits the budget, at least one fact
 */
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
  const sharedPrefixes = sharedPrefixLengths([...items, ...trial.items]);
  const rate = trial.seconds / Math.max(1, cumulativeCosts([trial.items], { sharedPrefixes, options }).at(-1) ?? 0);
  const costs = cumulativeCosts(facts, { sharedPrefixes, options });
  const affordable =
    budgetSeconds === null ? facts.length : costs.filter((cost) => spent + rate * cost <= budgetSeconds).length;
  const chosen = facts.slice(0, Math.max(1, affordable));
  const wanted = new Set(chosen.map((fact) => at(fact, 0).fact));
  return {
    items: items.filter(({ fact }) => wanted.has(fact)),
    seconds: rate * (costs[chosen.length - 1] ?? 0),
    allSeconds: rate * (costs.at(-1) ?? 0),
  };
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

/** The share of the whole time that each chunk of one suite is expected to take, in their order. */
export function sharesOfTime(
  chunks: ReadonlyArray<readonly ProbeItem[]>,
  options: Pick<RunProbesOptions, 'maxNewTokens' | 'sampling'>,
): number[] {
  const costs = cumulativeCosts(chunks, { sharedPrefixes: sharedPrefixLengths(chunks.flat()), options });
  const all = Math.max(1, costs.at(-1) ?? 0);
  return costs.map((cost, i) => (cost - (costs[i - 1] ?? 0)) / all);
}

const templateOf = ({ family, level, cluster }: ProbeItem): string => JSON.stringify([family, level, cluster]);

/** How many characters all prompts of each template have in common at their beginning: the model reads them once. */
export function sharedPrefixLengths(items: readonly ProbeItem[]): Map<string, number> {
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

/** How many characters the model reads for the first 1, 2, … facts, beginnings that are shared once. */
export function charactersRead(
  facts: ReadonlyArray<readonly ProbeItem[]>,
  sharedPrefixes: ReadonlyMap<string, number>,
): number[] {
  return cumulativeCosts(facts, { sharedPrefixes, options: { maxNewTokens: 0 }, tokenCost: 0 });
}

/** The cost of generating one token of an answer, in characters of a prompt. */
const TOKEN_COST = 62.5;

/** The cost of the first 1, 2, … facts, in characters that the model reads. */
function cumulativeCosts(
  facts: ReadonlyArray<readonly ProbeItem[]>,
  {
    sharedPrefixes,
    options,
    tokenCost = TOKEN_COST,
  }: {
    readonly sharedPrefixes: ReadonlyMap<string, number>;
    readonly options: Pick<RunProbesOptions, 'maxNewTokens' | 'sampling'>;
    readonly tokenCost?: number;
  },
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
