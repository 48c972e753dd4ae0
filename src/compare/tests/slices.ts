import { at, groupBy } from '@shadow-gate/platform';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { hasSlices, slicedBy } from '../../policy/suite-tier.ts';
import { gridSignFlip, holm } from '../../statistics/index.ts';
import { changeInterval, exclusionLevel } from '../estimates/change-interval.ts';
import { isInformative, viewFamilies } from '../estimates/families.ts';
import { expectedAccuracy } from '../pairing/graded.ts';
import { benchmarksAlone, factsWithTwins } from '../pairing/groups.ts';
import { reaches } from '../pairing/limits.ts';
import { type PairedAnswers, type PairedFact, pairedAccuracies } from '../pairing/paired-item.ts';
import { suiteLevel } from '../pairing/pool.ts';
import { countUnits, sampleOfFacts, sumsByUnit } from '../pairing/sample.ts';
import type { SliceRow } from '../rows/losses.ts';
import { canJudge, gradedItems, measureGradedItems, measureGradedLoss } from './graded-losses.ts';
import { alphaOfSlices, dropLimitOf } from './losses.ts';

/** Slices with fewer facts are not judged, and not in the adjustment of the others. */
const LEAST_OF_SLICE = 20;

interface Slice {
  readonly suite: string;
  readonly field: string;
  readonly value: string;
  readonly facts: readonly PairedFact[];
  /** Expected accuracy takes the place of right and wrong in this suite. */
  readonly isGraded: boolean;
}

/**
 * Did the accuracy in any slice of a suite fall? A paired sign-flip test over the answers that show a loss, with facts
 * or passages as units, for each value of each field of the policy, under Holm's adjustment (1979) over all slices,
 * which holds however slices overlap. The baseline's values decide the slice.
 * @returns the worst change first, and slices with too few facts last
 */
export function testSlices(answers: Pick<PairedAnswers, 'facts' | 'groups'>, policy: ProbePolicy): SliceRow[] {
  if (!hasSlices(policy)) return [];
  const slices = slicesIn(answers, policy);
  const tested = slices.filter(({ facts }) => countUnits(facts.map(({ benchmark }) => benchmark)) >= LEAST_OF_SLICE);
  const adjusted = holm(tested.map(lossProbabilityOf));
  const few = slices.filter((slice) => !tested.includes(slice));
  return [
    ...tested.map((slice, i) => describe(slice, at(adjusted, i), policy)).sort((a, b) => a.change - b.change),
    ...few.map((slice) => describe(slice, null, policy)).sort((a, b) => a.change - b.change),
  ];
}

function slicesIn({ facts, groups }: Pick<PairedAnswers, 'facts' | 'groups'>, policy: ProbePolicy): Slice[] {
  const linked = [...factsWithTwins(facts, groups), ...facts.filter(({ twins }) => twins.length === 0)];
  const bySuite = groupBy(linked, (fact) => fact.benchmark.suite);
  return [...bySuite].flatMap(([suite, all]) => {
    const twins = all.filter((fact) => fact.twins.length > 0);
    const own = twins.length > 0 ? twins : benchmarksAlone(all);
    const fields = slicedBy(suite, policy);
    if (fields.length === 0) return [];
    const isGraded = canJudge(measureGradedLoss({ capability: null, suite, facts: own }, policy));
    return fields.flatMap((field) => {
      const having = own.flatMap((fact) => {
        const value = fact.benchmark.slices?.[field];
        return value === undefined ? [] : [{ fact, value }];
      });
      return [...groupBy(having, ({ value }) => value)].map(([value, members]) => {
        return { suite, field, value, facts: members.map(({ fact }) => fact), isGraded };
      });
    });
  });
}

function lossProbabilityOf({ facts, isGraded }: Slice): number {
  return gridSignFlip(sumsByUnit(sampleOfFacts(facts, gradedItems, isGraded ? expectedAccuracy : undefined)));
}

function describe({ suite, field, value, facts, isGraded }: Slice, p: number | null, policy: ProbePolicy): SliceRow {
  const items = facts.flatMap(gradedItems);
  const expected = isGraded ? (measureGradedItems(facts.map(gradedItems), policy)?.expected ?? null) : null;
  const shown = facts.map((fact) => ({ ...fact, twins: gradedItems(fact) }));
  const { value: change, lower, upper } = expected ?? changeInterval(shown, exclusionLevel(policy));
  const { baseline, candidate } = expected ?? pairedAccuracies(items);
  return {
    ...{ suite, field, value },
    level: suiteLevel(suite, policy),
    facts: facts.length,
    items: items.length,
    isJudged: p !== null && (isGraded || viewFamilies(facts, policy).some(isInformative)),
    ...{ baseline, candidate, change, lower, upper, p },
    alpha: alphaOfSlices(policy),
    limit: dropLimitOf({ capability: null, suite }, items, policy),
  };
}

export function isSliceLost({ p, alpha, change, limit }: SliceRow): boolean {
  return p !== null && p < alpha && reaches(-change, limit);
}
