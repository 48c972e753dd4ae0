import { at, groupBy } from '@shadow-gate/platform';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { gridSignFlip, holm, minimumDetectableDrop } from '../../statistics/index.ts';
import { changeInterval, designEffect, exclusionLevel } from '../estimates/change-interval.ts';
import type { FamilyView } from '../estimates/families.ts';
import { accuracy, countChanges, type PairedFact } from '../pairing/paired-item.ts';
import { sampleOfFacts, sumsByUnit } from '../pairing/sample.ts';
import type { ShadowRow } from '../rows/accuracies.ts';
import { besideSlices, dropLimitOf, factsOfBoth, ITEMS_OF_FORM, SHARE_OF_BOTH } from './losses.ts';

export interface TwinTest {
  /** Null: all twins. */
  readonly capability: string | null;
  /** Facts whose twins are tested. */
  readonly facts: readonly PairedFact[];
  /** Level that the smallest p has to reach, before it is adjusted. */
  readonly alpha: number;
  /** The least drop that counts. */
  readonly limit: number;
  readonly change: NonNullable<ShadowRow['twinChange']>;
  /** Accuracies of the tested twins. */
  readonly accuracy: { readonly baseline: number; readonly candidate: number };
}

/**
 * All twins together, and each capability: two looks at the same answers. The second look's p-values are doubled, since
 * with Holm's adjustment alone the whole policy failed somewhat more than 5% of pairs without a change
 * (docs/lab-notes/decisions/005-probe-verdict.md).
 */
const KINDS_OF_TEST = 2;

/**
 * Share of the policy's `alpha` for all twins together. The other tests for losses look at the same answers and need
 * the rest: with the whole, 5% of pairs without a change fail by this test alone where each fact has several twins, and
 * more by all (docs/lab-notes/decisions/010-twins.md).
 */
const SHARE_OF_ALPHA = 0.8;

/** Share for all twins in the built-in suite, where both forms together are tested as well. */
const SHARE_BESIDE_BOTH = SHARE_OF_ALPHA - SHARE_OF_BOTH;

/** The level that the smallest p of so many capabilities has to reach. */
export function alphaOfPart(policy: ProbePolicy, parts: number): number {
  return policy['twin-accuracy'].alpha / (KINDS_OF_TEST * parts);
}

/** The level of the test of all twins together. @param tested.both whether both forms together are tested as well */
export function alphaOfAll(policy: ProbePolicy, tested: { readonly both: boolean } = { both: false }): number {
  const share = tested.both ? SHARE_BESIDE_BOTH : SHARE_OF_ALPHA;
  return besideSlices(policy) * share * policy['twin-accuracy'].alpha;
}

/**
 * Did the accuracy on twins fall? Exact tests with facts as units, or what shares a passage (McNemar's where each has
 * one twin): of all twins together, and of each capability (Holm 1979 over the capabilities).
 * @returns the test of all twins first; empty if no family can show a drop
 */
export function testTwinAccuracy(views: readonly FamilyView[], policy: ProbePolicy): TwinTest[] {
  const facts = views.filter(({ showsDrop }) => showsDrop).flatMap((view) => view.facts);
  if (facts.length === 0) return [];
  const limitOf = (capability: string | null) =>
    dropLimitOf({ capability, suite: null }, facts.flatMap(ITEMS_OF_FORM.twin), policy);
  const groups = [...groupBy(facts, ({ benchmark }) => benchmark.capability)];
  const pooled = pOf(facts);
  const adjusted = holm(groups.map(([, members]) => pOf(members))).map((p) => Math.min(1, KINDS_OF_TEST * p));
  const part = { alpha: alphaOfPart(policy, groups.length) };
  return [
    {
      capability: null,
      facts,
      alpha: alphaOfAll(policy, { both: factsOfBoth(facts).length > 0 }),
      limit: limitOf(null),
      p: pooled,
    },
    ...groups.map(([capability, members], i) => {
      return { capability, facts: members, ...part, limit: limitOf(capability), p: at(adjusted, i) };
    }),
  ].map(({ p, ...scope }) => ({
    ...scope,
    change: describe(scope, p, policy),
    accuracy: accuracies(scope.facts),
  }));
}

function accuracies(facts: readonly PairedFact[]): TwinTest['accuracy'] {
  const twins = facts.flatMap((fact) => fact.twins);
  return { baseline: accuracy(twins, 'baseline'), candidate: accuracy(twins, 'candidate') };
}

function pOf(facts: readonly PairedFact[]): number {
  return gridSignFlip(sumsByUnit(sampleOfFacts(facts, ({ twins }) => twins)));
}

function describe(
  { facts, alpha, limit }: Pick<TwinTest, 'facts' | 'alpha' | 'limit'>,
  p: number,
  policy: ProbePolicy,
): TwinTest['change'] {
  const twins = facts.flatMap((fact) => fact.twins);
  const { lost, won } = countChanges(twins);
  const mde = minimumDetectableDrop({
    n: Math.max(1, Math.round(twins.length / designEffect(facts))),
    discordance: noiseOf(lost, won) / twins.length,
    alpha,
    minimumDrop: limit,
  });
  return { ...changeInterval(facts, exclusionLevel(policy)), twins: twins.length, lost, won, p, mde };
}

/** The changes that count as noise: an imbalance beyond one standard deviation is a true change. */
function noiseOf(lost: number, won: number): number {
  const all = lost + won;
  return all - Math.max(0, Math.abs(lost - won) - Math.sqrt(all));
}

/** The share of answers that differ between two equally good models, assumed before there are two to compare. */
export const PLANNED_DISCORDANCE = 0.1;

/** The smallest drop in accuracy over all twins that so many facts detect: an estimate before there is a baseline. */
export function plannedDrop(facts: number, policy: ProbePolicy): number | null {
  if (facts === 0) return null;
  const { drop } = policy['twin-accuracy'];
  return minimumDetectableDrop({
    n: facts,
    discordance: PLANNED_DISCORDANCE,
    alpha: alphaOfAll(policy),
    minimumDrop: drop,
  });
}
