import type { Model } from '@shadow-gate/language-model';
import { groupBy } from '@shadow-gate/platform';
import type { Trial } from './estimate.ts';
import { selectFitting } from './fits-context.ts';
import { itemChance, JUDGED_FORMS, type ProbeItem } from './item.ts';
import type { Outcome } from './outcome.ts';
import { prepareModel, type RunProbesOptions, runChunks, splitIntoChunks } from './run.ts';
import { type AskedLevels, type FamilyLevels, levelKey, PILOT_FACTS_PER_LEVEL, type Suite } from './suite.ts';

/** Target accuracy above chance, (accuracy − chance) ÷ (1 − chance): 70% of four choices, where rise and fall show. */
const TARGET = 0.6;

/** A level this close to the target ends the search: a dozen facts tell no finer differences. */
const CLOSE_ENOUGH = 0.2;

/** Halves of a level's facts: the search asks one, and the second only of the level that seems best. */
const LOOKS = 2;

interface PilotOptions extends RunProbesOptions {
  /** Called with the number of items asked so far, and about how many at the end. */
  readonly onAsked?: ((done: number, total: number) => void) | undefined;
  /** The time in milliseconds. */
  readonly now?: (() => number) | undefined;
}

/**
 * Find the level of each family that a model answers neither by chance nor without mistakes, near 70% right in both
 * forms. A binary search asks a dozen facts per level, beginning with the second of seven. Another dozen confirm the
 * best level, or a neighbor takes its place. These facts are not asked again in full: if answers that count chose the
 * level, they would begin with its luck, and a later model without it would seem to fall.
 */
export async function chooseLevels(
  suite: Suite,
  model: Model,
  options: PilotOptions,
): Promise<{ readonly levels: readonly AskedLevels[]; readonly trial: Trial }> {
  const { now = () => performance.now() } = options;
  const { pilot = [], levels = [] } = suite;
  const byLevel = new Map([...groupBy(pilot, levelKey)].map(([key, items]) => [key, halves(items)]));
  const itemsFor = ({ family, next }: LevelSearch) =>
    next === undefined ? [] : (byLevel.get(levelKey({ family, level: next.level }))?.[next.look] ?? []);
  const searches = levels.map((family) => new LevelSearch(family));
  const asked: ProbeItem[] = [];
  let started = now();
  for (;;) {
    const open = searches.filter(({ next }) => next !== undefined);
    if (open.length === 0) break;
    if (asked.length === 0) {
      const chunks = splitIntoChunks(pilot).map((items) => ({ items, options }));
      await prepareModel(model, chunks);
      // The first call loads the weights, so it is not timed.
      await ask(open.flatMap(itemsFor).slice(0, 1), model, { ...options, onProgress: undefined });
      started = now();
    }
    const items = open.flatMap(itemsFor);
    // As if every look had as many items as the next one.
    const total = asked.length + open.reduce((sum, each) => sum + each.expectedLooks * itemsFor(each).length, 0);
    options.onAsked?.(asked.length, total);
    const onProgress = (done: number) => options.onAsked?.(asked.length + done, total);
    const outcomes = await ask(items, model, { ...options, onProgress });
    asked.push(...outcomes.map(({ item }) => item));
    const answers = groupBy(outcomes, ({ item }) => item.family);
    for (const search of open) search.learn(answers.get(search.family) ?? []);
  }
  return { levels: searches.map(({ chosen }) => chosen), trial: { items: asked, seconds: (now() - started) / 1000 } };
}

/** Expected looks of a search, and the share of a pilot's facts that each asks. */
export function pilotSize(levels: readonly FamilyLevels[]): { readonly looks: number; readonly share: number } {
  const most = Math.max(1, ...levels.map(({ count }) => count));
  return { looks: Math.ceil(Math.log2(most + 1)) + 1, share: 1 / (most * LOOKS) };
}

/** A level with few facts has only a first half. */
function halves(items: readonly ProbeItem[]): ProbeItem[][] {
  const facts = [...groupBy(items, ({ fact }) => fact).values()];
  const size = PILOT_FACTS_PER_LEVEL / LOOKS;
  return Array.from({ length: LOOKS }, (_, look) => facts.slice(look * size, (look + 1) * size).flat());
}

async function ask(items: readonly ProbeItem[], model: Model, options: RunProbesOptions): Promise<Outcome[]> {
  const { fitting } = selectFitting(items, model, options);
  const { outcomes, truncated } = await runChunks(splitIntoChunks(fitting), model, options);
  return [...outcomes.values()].filter(({ item }) => !truncated.has(item.id));
}

interface Tried {
  readonly level: number;
  readonly outcomes: readonly Outcome[];
  /** Which half of its facts was asked last. */
  readonly looks: number;
}

/** A binary search for the best level of one family, then a second look at it. */
class LevelSearch {
  readonly #levels: FamilyLevels;
  #easiest = 1;
  #hardest: number;
  readonly #tried = new Map<number, Tried>();

  constructor(levels: FamilyLevels) {
    this.#levels = levels;
    this.#hardest = levels.count;
  }

  get family(): string {
    return this.#levels.family;
  }

  get expectedLooks(): number {
    if (this.next === undefined) return 0;
    const open = this.#hardest - this.#easiest + 1;
    return open > 0 ? Math.ceil(Math.log2(open + 1)) + 1 : 1;
  }

  /** The half of a level's facts to ask next; undefined when the level is found. */
  get next(): { readonly level: number; readonly look: number } | undefined {
    const { count, asked } = this.#levels;
    if (count === 1 || asked !== null) return undefined;
    if (this.#easiest <= this.#hardest) return { level: pivot(this.#easiest, this.#hardest), look: 0 };
    const best = this.#best;
    if (best === undefined || best.outcomes.length === 0) return undefined;
    if (best.looks < LOOKS) return { level: best.level, look: best.looks };
    // If even the best is not close, the level on the other side of the target may have had bad luck, or no look.
    const { distance, isEasy } = judge(best);
    const neighbor = best.level + (isEasy ? 1 : -1);
    const look = this.#tried.get(neighbor)?.looks ?? 0;
    const isOpen = distance > CLOSE_ENOUGH && neighbor >= 1 && neighbor <= count && look < LOOKS;
    return isOpen ? { level: neighbor, look } : undefined;
  }

  /** @param outcomes answers to what was next; none if no prompt of that level fits the model */
  learn(outcomes: readonly Outcome[]): void {
    const { next } = this;
    if (next === undefined) return;
    const { level, look } = next;
    const tried = { level, outcomes: [...(this.#tried.get(level)?.outcomes ?? []), ...outcomes], looks: look + 1 };
    this.#tried.set(level, tried);
    if (this.#easiest > this.#hardest) return;
    const { distance, isEasy } = judge(tried);
    if (distance <= CLOSE_ENOUGH) this.#hardest = this.#easiest - 1;
    else if (isEasy) this.#easiest = level + 1;
    else this.#hardest = level - 1;
  }

  /** If levels are equally good, the hardest above the target and the easiest below it. */
  get #best(): Tried | undefined {
    const ranked = [...this.#tried.values()].map((tried) => {
      const { distance, isEasy } = judge(tried);
      return { tried, distance, order: isEasy ? -tried.level : tried.level };
    });
    return ranked.sort((a, b) => compare(a.distance, b.distance) || a.order - b.order)[0]?.tried;
  }

  get chosen(): AskedLevels {
    const { family, count, asked } = this.#levels;
    return { family, count, asked: asked ?? [this.#best?.level ?? 1] };
  }
}

/** A quarter of the way up: hard levels have long prompts, which are slow on small machines. */
const pivot = (easiest: number, hardest: number): number => Math.floor((3 * easiest + hardest) / 4);

/** Distance of a level's answers from the target, and their side. */
function judge({ outcomes }: Pick<Tried, 'outcomes'>): { readonly distance: number; readonly isEasy: boolean } {
  const forms = JUDGED_FORMS.map((form) => outcomes.filter(({ item }) => item.form === form))
    .filter(({ length }) => length > 0)
    .map(aboveChance);
  const mean = forms.reduce((sum, value) => sum + value, 0) / Math.max(1, forms.length);
  // If no prompt fits, look at easier levels: their prompts are shorter.
  const distance = forms.length === 0 ? Infinity : Math.hypot(...forms.map((value) => value - TARGET));
  return { distance, isEasy: mean > TARGET };
}

/** Two infinite distances are equal, which their difference is not. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

/** Share of right answers, corrected for chance: 0 for guessing, 1 for no mistake. */
function aboveChance(outcomes: readonly Outcome[]): number {
  const right = outcomes.filter(({ correct }) => correct).length / outcomes.length;
  const chance = outcomes.reduce((sum, { item }) => sum + itemChance(item), 0) / outcomes.length;
  return (right - chance) / (1 - chance);
}
