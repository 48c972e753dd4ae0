import type { Model } from '../language-model/model.ts';
import { groupBy } from '../platform/group-by.ts';
import type { Trial } from './estimate.ts';
import { selectFitting } from './fits-context.ts';
import { chanceOf, JUDGED_FORMS, type ProbeItem } from './item.ts';
import type { Outcome } from './outcome.ts';
import { prepareModel, type RunOptions, runChunks, splitIntoChunks } from './run.ts';
import { type AskedLevels, type FamilyLevels, levelKey, type Suite } from './suite.ts';

/**
 * The accuracy that a level is chosen by, corrected for chance: (accuracy − chance) ÷ (1 − chance). With four choices that is
 * 70% right, from where a rise and a fall can both be seen.
 */
const TARGET = 0.6;

/** A level this close to the target is taken without a look at others: a dozen facts tell no finer differences. */
const CLOSE_ENOUGH = 0.2;

export interface PilotOptions extends RunOptions {
  /** The time in milliseconds. */
  readonly now?: (() => number) | undefined;
}

/** The levels of a suite that suit a model, and what was asked to find them. */
export interface LevelChoice {
  readonly levels: readonly AskedLevels[];
  readonly trial: Trial;
}

/**
 * Find the level of each family that a model answers neither by chance nor without mistakes, in both forms: the one nearest to
 * 70% right. A few facts of a level in the middle show whether an easier or a harder one comes next, until the levels are
 * used up (binary search). These facts are not among those that are asked in full: a level that was chosen for answers that
 * count would begin with their luck, and a later model without that luck would seem to fall.
 */
export async function chooseLevels(suite: Suite, model: Model, options: PilotOptions): Promise<LevelChoice> {
  const { now = () => performance.now() } = options;
  const { pilot = [], levels = [] } = suite;
  const byLevel = groupBy(pilot, levelKey);
  const searches = levels.map((family) => new LevelSearch(family));
  const asked: ProbeItem[] = [];
  let started = now();
  for (;;) {
    const open = searches.filter(({ isOpen }) => isOpen);
    if (open.length === 0) break;
    if (asked.length === 0) {
      const chunks = splitIntoChunks(pilot).map((items) => ({ items, options }));
      await prepareModel(model, chunks);
      // The first call loads the weights, which is no measure of the others.
      await ask(open.flatMap(({ key }) => byLevel.get(key) ?? []).slice(0, 1), model, options);
      started = now();
    }
    const items = open.flatMap((search) => byLevel.get(search.key) ?? []);
    const outcomes = await ask(items, model, options);
    asked.push(...outcomes.map(({ item }) => item));
    const answers = groupBy(outcomes, ({ item }) => levelKey(item));
    for (const search of open) search.learn(answers.get(search.key) ?? []);
  }
  return { levels: searches.map(({ chosen }) => chosen), trial: { items: asked, seconds: (now() - started) / 1000 } };
}

async function ask(items: readonly ProbeItem[], model: Model, options: RunOptions): Promise<Outcome[]> {
  const { fitting } = selectFitting(items, model, options);
  const { outcomes, truncated } = await runChunks(splitIntoChunks(fitting), model, {
    ...options,
    onProgress: undefined,
  });
  return [...outcomes.values()].filter(({ item }) => !truncated.has(item.id));
}

/** A binary search for the best level of one family. */
class LevelSearch {
  readonly #levels: FamilyLevels;
  #easiest = 1;
  #hardest: number;
  readonly #tried: Array<{ readonly level: number; readonly distance: number; readonly isEasy: boolean }> = [];

  constructor(levels: FamilyLevels) {
    this.#levels = levels;
    this.#hardest = levels.count;
  }

  get isOpen(): boolean {
    const { count, asked } = this.#levels;
    return count > 1 && asked === null && this.#easiest <= this.#hardest;
  }

  /** The level to try next. */
  get #next(): number {
    return Math.floor((this.#easiest + this.#hardest) / 2);
  }

  get key(): string {
    return levelKey({ family: this.#levels.family, level: this.#next });
  }

  /** @param outcomes answers at the next level; none if no prompt of that level fits the model */
  learn(outcomes: readonly Outcome[]): void {
    const level = this.#next;
    const forms = JUDGED_FORMS.map((form) => outcomes.filter(({ item }) => item.form === form))
      .filter(({ length }) => length > 0)
      .map(aboveChance);
    const mean = forms.reduce((sum, value) => sum + value, 0) / Math.max(1, forms.length);
    // Longer prompts are those of harder levels.
    const distance = forms.length === 0 ? Infinity : Math.hypot(...forms.map((value) => value - TARGET));
    this.#tried.push({ level, distance, isEasy: mean > TARGET });
    if (distance <= CLOSE_ENOUGH) this.#hardest = this.#easiest - 1;
    else if (mean > TARGET) this.#easiest = level + 1;
    else this.#hardest = level - 1;
  }

  get chosen(): AskedLevels {
    const { family, count, asked } = this.#levels;
    // Of levels that are all without a mistake, the hardest; of others that suit equally well, the easiest.
    const toTarget = ({ level, isEasy }: { level: number; isEasy: boolean }) => (isEasy ? -level : level);
    const [best] = [...this.#tried].sort((a, b) => compare(a.distance, b.distance) || toTarget(a) - toTarget(b));
    return { family, count, asked: asked ?? [best?.level ?? 1] };
  }
}

/** Two infinite distances are equal, which their difference is not. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

/** Share of right answers, corrected for chance: 0 for guessing, 1 for no mistake. */
function aboveChance(outcomes: readonly Outcome[]): number {
  const right = outcomes.filter(({ correct }) => correct).length / outcomes.length;
  const chance = outcomes.reduce((sum, { item }) => sum + chanceOf(item), 0) / outcomes.length;
  return (right - chance) / (1 - chance);
}
