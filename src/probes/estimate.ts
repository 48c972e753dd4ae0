import type { Model } from '../language-model/model.ts';
import { groupBy } from '../platform/group-by.ts';
import type { ProbeItem } from './item.ts';
import type { AskOptions } from './prompt.ts';
import { askItems } from './run.ts';
import { type Fact, stratifiedFacts } from './sample.ts';

/** Items of the pilot: one for each stratum is too noisy on a fast model, a whole suite too slow on a slow one. */
const PILOT_FACTS = 12;

/** A plan for asking some items within a time. */
export interface Plan {
  readonly items: readonly ProbeItem[];
  /** What asking them will take. */
  readonly seconds: number;
}

/**
 * How long will these items take? Asks a few to find out how fast the model reads; the first call is not counted, since
 * it loads the weights.
 * @param seconds the budget; null: all items, whatever they take
 * @returns a stratified part of the items that fits the budget, at least one fact
 */
export async function planWithin(
  items: readonly ProbeItem[],
  seconds: number | null,
  answerer: Model,
  options: AskOptions & { readonly seed: number; readonly now?: () => number },
): Promise<Plan> {
  const { seed, now = () => performance.now() } = options;
  const quiet = { ...options, onProgress: undefined };
  const facts = stratifiedFacts(items, seed);
  const beginnings = sharedBeginnings(items);
  const pilot = facts.slice(0, PILOT_FACTS);
  const opened = now();
  await askItems(pilot.slice(0, 1).flat(), answerer, quiet);
  const started = now();
  await askItems(pilot.flat(), answerer, quiet);
  const rate = (now() - started) / 1000 / Math.max(1, runningCosts(pilot, beginnings).at(-1) ?? 0);
  const spent = (now() - opened) / 1000;
  const costs = runningCosts(facts, beginnings);
  const affordable = seconds === null ? facts.length : costs.filter((cost) => spent + rate * cost <= seconds).length;
  const chosen = facts.slice(0, Math.max(1, affordable));
  const wanted = new Set(chosen.map((fact) => fact[0]?.fact));
  return {
    items: items.filter(({ fact }) => wanted.has(fact)),
    seconds: rate * (costs[chosen.length - 1] ?? 0),
  };
}

const templateOf = ({ family, cluster }: ProbeItem): string => JSON.stringify([family, cluster]);

/** How many characters the prompts of each template begin with alike: they are read once. */
function sharedBeginnings(items: readonly ProbeItem[]): Map<string, number> {
  return new Map(
    [...groupBy(items, templateOf)].map(([template, members]) => {
      const prompts = members.map(({ prompt }) => prompt).sort();
      // In order, the first and the last differ first.
      const [first = '', last = ''] = [prompts[0], prompts.at(-1)];
      const end = Array.from(first).findIndex((_, i) => first[i] !== last[i]);
      return [template, end < 0 ? first.length : end];
    }),
  );
}

/** What asking the first 1, 2, … facts costs, in characters that are read; writing counts as many. */
function runningCosts(facts: readonly Fact[], beginnings: ReadonlyMap<string, number>): number[] {
  const begun = new Set<string>();
  let total = 0;
  return facts.map((fact) => {
    for (const item of fact) {
      const { prompt, question } = item;
      const beginning = beginnings.get(templateOf(item)) ?? 0;
      total += prompt.length - (begun.has(templateOf(item)) ? beginning : 0);
      total += question.kind === 'choice' ? question.choices.join('').length : WRITING;
      begun.add(templateOf(item));
    }
    return total;
  });
}

/** Of an exact answer of two dozen tokens, decoded one by one beside others. */
const WRITING = 1500;
