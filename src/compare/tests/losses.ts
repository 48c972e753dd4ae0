import { at, groupBy } from '@shadow-gate/platform';
import { JUDGED_FORMS, type JudgedForm } from '@shadow-gate/probes/item';
import { BUILTIN } from '@shadow-gate/probes/suite';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { hasSlices, suiteLimit } from '../../policy/suite-tier.ts';
import { gridSignFlip, holm } from '../../statistics/index.ts';
import { accuracy, countChanges, type PairedFact, type PairedItem, sumOfChanges } from '../pairing/paired-item.ts';
import { type SuitePool, splitFacts } from '../pairing/pool.ts';
import { sampleOfFacts, sumsByUnit, unitsIn } from '../pairing/sample.ts';
import type { LossTest } from '../rows/losses.ts';

/** Everything (both null), one capability or one suite, and its facts. */
export interface LossScope extends Pick<LossTest, 'capability' | 'suite' | 'form'> {
  readonly facts: readonly PairedFact[];
}

/**
 * Share of the policy's `alpha` for each test of one form over everything, and for all tests of parts together: they
 * look again at the answers of other tests. With a tenth, simulated pairs of equals still fail at most 5% of the time
 * (docs/lab-notes/decisions/010-twins.md).
 */
const SHARE_OF_ALPHA = 0.1;

/** Share of the test of both forms; all twins have the rest. */
export const SHARE_OF_BOTH = 0.4;

/** Share of all slices together: half of the shares of all twins and of both forms. */
const SHARE_OF_SLICES = 0.4;

/** What slices leave of the share of each test over everything. */
export const BESIDE_SLICES = 0.5;

export function besideSlices(policy: Pick<ProbePolicy, 'probes'>): number {
  return hasSlices(policy) ? BESIDE_SLICES : 1;
}

export function alphaOfSlices(policy: ProbePolicy): number {
  return SHARE_OF_SLICES * policy['twin-accuracy'].alpha;
}

/** The level of a test over everything by its form, and of all others together. */
export function alphaOfLosses(policy: ProbePolicy, form: LossTest['form'] | null = null): number {
  const share = form === 'both' ? besideSlices(policy) * SHARE_OF_BOTH : SHARE_OF_ALPHA;
  return share * policy['twin-accuracy'].alpha;
}

export const ITEMS_OF_FORM: Readonly<Record<LossTest['form'], (fact: PairedFact) => readonly PairedItem[]>> = {
  benchmark: ({ benchmark }) => [benchmark],
  twin: ({ twins }) => twins,
  both: ({ benchmark, twins }) => [benchmark, ...twins],
};

/** Facts whose benchmark form nobody can have learned: a loss of both forms is one loss. */
export function factsOfBoth(facts: readonly PairedFact[]): PairedFact[] {
  return facts.filter(({ benchmark, twins }) => benchmark.suite === BUILTIN && !twins.includes(benchmark));
}

/** Each form over the pool, then each capability of it and each suite, if there are several. */
export function lossScopes(facts: Readonly<Record<JudgedForm, readonly PairedFact[]>>, pool: SuitePool): LossScope[] {
  const pooled = { benchmark: splitFacts(facts.benchmark, pool)[0], twin: splitFacts(facts.twin, pool)[0] };
  return [
    { capability: null, suite: null, form: 'both', facts: factsOfBoth(pooled.twin) } as const,
    ...JUDGED_FORMS.map((form) => ({ capability: null, suite: null, form, facts: pooled[form] })),
    ...JUDGED_FORMS.flatMap((form) => [
      ...partsOf(pooled[form], form, 'capability').map(([capability, own]) => {
        return { capability, suite: null, form, facts: own };
      }),
      ...partsOf(facts[form], form, 'suite').map(([suite, own]) => ({ capability: null, suite, form, facts: own })),
    ]),
  ].filter((scope) => scope.facts.length > 0);
}

/** One part alone is everything. */
function partsOf(facts: readonly PairedFact[], form: JudgedForm, key: 'capability' | 'suite') {
  const parts = [...groupBy(facts, (fact) => ITEMS_OF_FORM[form](fact)[0]?.[key] ?? '')];
  return parts.length > 1 ? parts : [];
}

export function isOfEverything({ capability, suite }: Pick<LossTest, 'capability' | 'suite'>): boolean {
  return capability === null && suite === null;
}

/**
 * Exact sign-flip tests for a loss of accuracy with facts, or passages, as units. No family is left out, so nobody's
 * luck chooses the facts, and a candidate that fell to chance cannot hide behind guesses. Guesses of the baseline
 * cannot be lost significantly.
 */
export function testLosses(scopes: readonly LossScope[], policy: ProbePolicy): LossTest[] {
  const tests = scopes.map(({ facts, ...scope }): LossTest => {
    const itemsOf = ITEMS_OF_FORM[scope.form];
    const items = facts.flatMap(itemsOf);
    return {
      ...scope,
      candidate: accuracy(items, 'candidate'),
      baseline: accuracy(items, 'baseline'),
      change: sumOfChanges(items) / items.length,
      items: items.length,
      ...countChanges(items),
      ...unitsIn(items),
      p: gridSignFlip(sumsByUnit(sampleOfFacts(facts, itemsOf))),
      alpha: alphaOfLosses(policy, isOfEverything(scope) ? scope.form : null),
    };
  });
  const parts = tests.filter((test) => !isOfEverything(test));
  const adjusted = holm(parts.map(({ p }) => p));
  return [...tests.filter(isOfEverything), ...parts.map((part, i) => ({ ...part, p: at(adjusted, i) }))];
}

/** @param items of the test: the baseline's accuracy on them counts for a relative limit. One suite is everything. */
export function dropLimitOf(
  { capability, suite }: Pick<LossTest, 'capability' | 'suite'>,
  items: readonly PairedItem[],
  policy: ProbePolicy,
): number {
  const { drop, 'capability-drop': ofPart } = policy['twin-accuracy'];
  if (capability !== null) return ofPart;
  const [first, ...others] = new Set(items.map((item) => item.suite));
  const own = first === undefined || others.length > 0 ? null : suiteLimit(first, accuracy(items, 'baseline'), policy);
  return own ?? (suite === null ? drop : ofPart);
}
