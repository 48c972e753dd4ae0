import { gridSignFlip } from '../../statistics/index.ts';
import { changeInterval } from '../estimates/change-interval.ts';
import { accuracy, type PairedFact } from '../pairing/paired-item.ts';
import { sampleOfFacts, sumsByUnit } from '../pairing/sample.ts';
import type { Verdict } from '../rows/fields.ts';
import type { Best } from './schema.ts';

/** The answers of one model, each fact paired with the baseline's. All models are compared on the same items. */
export interface SweptAnswers {
  readonly twin: readonly PairedFact[];
  /** Each benchmark form as a fact of its own. */
  readonly benchmark: readonly PairedFact[];
}

export interface ComparedModel {
  readonly name: string;
  readonly verdict: Verdict;
  /** Null: the probes did not run, or not on both. */
  readonly answers: SweptAnswers | null;
}

export function isMergeable({ verdict }: { readonly verdict: Verdict }): boolean {
  return verdict === 'pass' || verdict === 'warn';
}

/**
 * The best model that may be merged, if one is shown to be. Of N models, the one with the highest accuracy among these
 * is compared with each other one on the same items, with a one-sided test at α/(N − 1). It is best only if it beats
 * all: an intersection-union test (Berger 1982, Technometrics 24:295), which needs no correction for its rivals. The N
 * − 1 are the models that could be picked in place of the true best: each has to beat that one in its own test, so by
 * Bonferroni a wrong one is named with a probability of at most α, although the pick follows the data. Verdicts follow
 * the same data, which Bonferroni does not cover: so N also counts those that fail, and simulated sweeps in which
 * models fail by chance stay below α. Two bounds have to agree: the approximate interval of the paired difference, and
 * the exact sign-flip test over facts.
 * @returns null for fewer than two models, and if none may be merged
 */
export function findBest(models: readonly ComparedModel[], alpha: number): Best | null {
  const mergeable = models.filter(isMergeable);
  const known = mergeable.flatMap(({ name, answers }) => (answers === null ? [] : [{ name, answers }]));
  const by = known.every(({ answers }) => answers.twin.length > 0) ? 'twin' : 'benchmark';
  const able = known.filter(({ answers }) => answers[by].length > 0);
  const [first, ...rest] = able;
  if (models.length < 2 || first === undefined) return null;
  // Without a rival, it has to be the only one that may be merged.
  if (rest.length === 0 && mergeable.length > 1) return null;
  const level = alpha / (models.length - 1);
  const twinsOf = ({ answers }: (typeof able)[number]) => answers[by].flatMap(({ twins }) => twins);
  const shareOf = (model: (typeof able)[number]) => accuracy(twinsOf(model), 'candidate');
  const top = rest.reduce((best, model) => (shareOf(model) > shareOf(best) ? model : best), first);
  const rivals = able
    .filter((model) => model !== top)
    .map(({ name, answers }) => ({ name, ...leadOver(top.answers[by], answers[by], level) }));
  const isBest = rivals.every(({ isBehind }) => isBehind);
  return { by, models: models.length, alpha, name: isBest ? top.name : null, top: top.name, rivals };
}

type Lead = Omit<Best['rivals'][number], 'name'>;

function leadOver(ours: readonly PairedFact[], theirs: readonly PairedFact[], level: number): Lead {
  const facts = sideBySide(ours, theirs);
  if (facts === null) return { lead: null, p: null, isBehind: false };
  const lead = changeInterval(facts, 1 - 2 * level);
  const p = gridSignFlip(sumsByUnit(sampleOfFacts(facts, ({ twins }) => twins)).map((change) => -change));
  return { lead, p, isBehind: p < level && lead.lower !== null && lead.lower > 0 };
}

/** Answers of two models to the same items, theirs as the baseline's; null if their items differ. */
function sideBySide(ours: readonly PairedFact[], theirs: readonly PairedFact[]): PairedFact[] | null {
  const known = new Map(theirs.flatMap(({ twins }) => twins.map(({ id, candidate }) => [id, candidate] as const)));
  const facts = ours.map((fact) => ({
    ...fact,
    twins: fact.twins.flatMap((twin) => {
      const baseline = known.get(twin.id);
      return baseline === undefined ? [] : [{ ...twin, baseline }];
    }),
  }));
  const countOf = (all: readonly PairedFact[]) => all.reduce((sum, { twins }) => sum + twins.length, 0);
  return countOf(facts) === countOf(ours) && countOf(facts) === known.size ? facts : null;
}
