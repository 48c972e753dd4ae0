import { at, groupBy } from '@shadow-gate/platform';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { gridSignFlip, holm, minimumDetectableDrop } from '../../statistics/index.ts';
import { changeInterval, designEffect, exclusionLevel } from '../estimates/change-interval.ts';
import type { FamilyView } from '../estimates/families.ts';
import { countChanges, type PairedFact, pairedAccuracies } from '../pairing/paired-item.ts';
import { sampleOfFacts, sumsByUnit } from '../pairing/sample.ts';
import type { ShadowRow } from '../rows/accuracies.ts';
import { besideSlices, dropLimitOf, factsOfBoth, ITEMS_OF_FORM, SHARE_OF_BOTH } from './losses.ts';

export interface TwinTest {
  readonly capability: string | null;
  readonly facts: readonly PairedFact[];
  readonly alpha: number;
  readonly limit: number;
  readonly change: NonNullable<ShadowRow['twinChange']>;
  readonly accuracy: { readonly baseline: number; readonly candidate: number };
}

/**
 * All twins together, and each capability: two looks at the same answers. With Holm's adjustment alone for the second,
 * more than 5% of pairs without a change failed (docs/lab-notes/decisions/005-probe-verdict.md).
 */
const KINDS_OF_TEST = 2;

/**
 * Share of the policy's `alpha` for all twins together. With the whole, 5% of pairs without a change fail by this test
 * alone if each fact has several twins, and other tests for losses look at the same answers
 * (docs/lab-notes/decisions/010-twins.md).
 */
const SHARE_OF_ALPHA = 0.8;

/** The same in the built-in suite, where both forms together are also tested. */
const SHARE_BESIDE_BOTH = SHARE_OF_ALPHA - SHARE_OF_BOTH;

export function alphaOfPart(policy: ProbePolicy, parts: number): number {
  return policy['twin-accuracy'].alpha / (KINDS_OF_TEST * parts);
}

/** The level of the test of all twins together. @param tested.both whether both forms together are tested as well */
export function alphaOfAll(policy: ProbePolicy, tested: { readonly both: boolean } = { both: false }): number {
  const share = tested.both ? SHARE_BESIDE_BOTH : SHARE_OF_ALPHA;
  return besideSlices(policy) * share * policy['twin-accuracy'].alpha;
}

/**
 * Did the accuracy on twins fall? Exact tests with facts or passages as units (McNemar's for one twin each): of all
 * twins together, and of each capability (Holm 1979).
 * @returns the test of all twins first; empty if no family can show a drop
 */
export function testTwinAccuracy(views: readonly FamilyView[], policy: ProbePolicy): TwinTest[] {
  const facts = views.filter(({ showsDrop }) => showsDrop).flatMap((view) => view.facts);
  if (facts.length === 0) return [];
  const limitOf = (capability: string | null) =>
    dropLimitOf({ capability, suite: null }, facts.flatMap(ITEMS_OF_FORM.twin), policy);
  const groups = [...groupBy(facts, ({ benchmark }) => benchmark.capability)];
  const adjusted = holm(groups.map(([, members]) => pOf(members))).map((p) => Math.min(1, KINDS_OF_TEST * p));
  const all = { alpha: alphaOfAll(policy, { both: factsOfBoth(facts).length > 0 }), limit: limitOf(null) };
  const part = { alpha: alphaOfPart(policy, groups.length) };
  return [
    { capability: null, facts, ...all, p: pOf(facts) },
    ...groups.map(([capability, members], i) => {
      return { capability, facts: members, ...part, limit: limitOf(capability), p: at(adjusted, i) };
    }),
  ].map(({ p, ...scope }) => ({
    ...scope,
    change: describe(scope, p, policy),
    accuracy: pairedAccuracies(scope.facts.flatMap(({ twins }) => twins)),
  }));
}

function pOf(facts: readonly PairedFact[]): number {
  return gridSignFlip(sumsByUnit(sampleOfFacts(facts, ({ twins }) => twins)));
}

function describe(
  { facts, alpha, limit }: Pick<TwinTest, 'facts' | 'alpha' | 'limit'>,
  p: number,
  policy: ProbePolicy,
) {
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

/** Changes that count as noise: an imbalance beyond one standard deviation is a true change. */
function noiseOf(lost: number, won: number): number {
  const all = lost + won;
  return all - Math.max(0, Math.abs(lost - won) - Math.sqrt(all));
}

/** Assumed share of answers that differ between two equally good models. */
export const PLANNED_DISCORDANCE = 0.1;

/** The smallest drop over all twins that so many facts detect: an estimate without a baseline. */
export function plannedDrop(facts: number, policy: ProbePolicy): number | null {
  if (facts === 0) return null;
  const { drop: minimumDrop } = policy['twin-accuracy'];
  const alpha = alphaOfAll(policy);
  return minimumDetectableDrop({ n: facts, discordance: PLANNED_DISCORDANCE, alpha, minimumDrop });
}
