import type { Model } from '@shadow-gate/language-model';
import { type PassCost, passSeconds } from '@shadow-gate/language-model/execution';
import { at } from '@shadow-gate/platform';
import { charactersRead, type EstimateOptions, type RunEstimate, sharedPrefixLengths } from './estimate.ts';
import type { ProbeItem } from './item.ts';
import { type Fact, stratifiedSample } from './random.ts';
import { answerCount, answerLimit, type RunProbesOptions } from './run.ts';

/** How many prompts are encoded to find out how long tokens are. */
const ENCODED = 64;

/** Where the server or nobody can encode: as in English. */
const CHARACTERS_PER_TOKEN = 4;

/** So many times as many facts without written answers are worth more than some of all kinds. */
const WORTH_WRITING = 2;

export interface PassesEstimate extends RunEstimate {
  /** Written answers are not asked: the budget is too short for a pass per new token. */
  readonly leavesOutWritten: boolean;
}

/**
 * Estimate how long items take on a model that runs layer by layer: one pass over the weights for all scores, one for
 * the prompts of written answers, and one for each token of the longest of these.
 * @returns a stratified sample that fits the budget, at least one fact
 */
export function estimatePasses(
  items: readonly ProbeItem[],
  model: Pick<Model, 'tokenizer'>,
  cost: PassCost,
  options: Pick<EstimateOptions, 'budgetSeconds' | 'seed' | 'maxNewTokens' | 'sampling'>,
): PassesEstimate {
  const { budgetSeconds, seed } = options;
  const all = stratifiedSample(items, seed);
  const work = { cost, perCharacter: tokensPerCharacter(items, model), items, options };
  const times = cumulativeSeconds(all, work);
  const allSeconds = times.at(-1) ?? 0;
  if (budgetSeconds === null) return { items, seconds: allSeconds, allSeconds, leavesOutWritten: false };
  const affordable = (seconds: readonly number[]) => seconds.filter((time) => time <= budgetSeconds).length;
  const scored = all.filter((fact) => fact.every((item) => answerLimit(item, options) === 0));
  const scoredTimes = cumulativeSeconds(scored, work);
  const leavesOutWritten = affordable(scoredTimes) > WORTH_WRITING * affordable(times);
  const [facts, seconds] = leavesOutWritten ? [scored, scoredTimes] : [all, times];
  const chosen = facts.slice(0, Math.max(1, affordable(seconds)));
  const wanted = new Set(chosen.map((fact) => at(fact, 0).fact));
  return {
    items: items.filter(({ fact }) => wanted.has(fact)),
    seconds: seconds[chosen.length - 1] ?? 0,
    allSeconds,
    leavesOutWritten,
  };
}

/** How long the search for the levels of a suite takes, if no look is a surprise: each is a run of its own. */
export function pilotSeconds(
  pilot: readonly ProbeItem[],
  model: Pick<Model, 'tokenizer'>,
  cost: PassCost,
  {
    looks,
    share,
    maxNewTokens,
  }: { readonly looks: number; readonly share: number } & Pick<RunProbesOptions, 'maxNewTokens' | 'sampling'>,
): number {
  const options = { maxNewTokens, seed: 0, budgetSeconds: null };
  const facts = stratifiedSample(pilot, 0);
  const some = facts.slice(0, Math.ceil(facts.length * share)).flat();
  return looks * estimatePasses(some, model, cost, options).seconds;
}

/** The time of the first 1, 2, … facts. */
function cumulativeSeconds(
  facts: readonly Fact[],
  {
    cost,
    perCharacter,
    items,
    options,
  }: {
    readonly cost: PassCost;
    readonly perCharacter: number;
    readonly items: readonly ProbeItem[];
    readonly options: Pick<RunProbesOptions, 'maxNewTokens' | 'sampling'>;
  },
): number[] {
  const read = charactersRead(facts, sharedPrefixLengths(items));
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
