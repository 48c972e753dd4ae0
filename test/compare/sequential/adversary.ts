import { groupBy } from '@shadow-gate/platform';
import { factKey, type ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { Random } from '@shadow-gate/probes/random';
import { askingOrder } from '../../../src/compare/pairing/order.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { baselineOf, measured, type Pair, POLICIES, replay, type Shape, verdictOf } from './worlds.ts';

/**
 * Somebody who knows the baseline, the policy, the code and every order that was ever drawn, and not the one that will
 * be: which answers to spoil so that the check fails with all answers, and is settled as a pass before it gets there.
 */
interface Attack {
  readonly name: string;
  readonly pair: Pair;
}

/** What may be spoiled first: the answers of these items, until a check of all answers fails. */
type Preference = (items: readonly ProbeItemMeasurement[], random: Random) => ProbeItemMeasurement[];

const isTwin = ({ form }: ProbeItemMeasurement): boolean => form === 'twin';
const isExam = ({ form }: ProbeItemMeasurement): boolean => form === 'benchmark';

/** Families with the fewest facts first: each is drawn from seldom. */
function smallestFirst(items: readonly ProbeItemMeasurement[], random: Random): ProbeItemMeasurement[] {
  const groups = [...groupBy(random.shuffle(items), ({ family, cluster }) => `${family} ${cluster}`).values()];
  return groups.sort((a, b) => a.length - b.length).flat();
}

/** One fact of each template in turn: no stratum has many. */
function spread(items: readonly ProbeItemMeasurement[], random: Random): ProbeItemMeasurement[] {
  const groups = [...groupBy(random.shuffle(items), ({ family, cluster }) => `${family} ${cluster}`).values()];
  return groups
    .flatMap((own) => own.map((item, i) => ({ item, place: i })))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

const PREFERENCES: Readonly<Record<string, Preference>> = {
  'twins anywhere': (items, random) => random.shuffle(items.filter(isTwin)),
  'twins of one template each in turn': (items, random) => spread(items.filter(isTwin), random),
  'twins of the smallest templates': (items, random) => smallestFirst(items.filter(isTwin), random),
  'twins of one capability': (items, random) =>
    random.shuffle(items.filter((item) => isTwin(item) && item.capability === 'reasoning')),
  'exams anywhere': (items, random) => random.shuffle(items.filter(isExam)),
  'certain exams': (items, random) =>
    random.shuffle(items.filter((item) => isExam(item) && (item.probability ?? 0) >= 0.9)),
  'both forms of whole facts': (items, random) => {
    const facts = [...groupBy(items, factKey).values()];
    return random.shuffle(facts).flat();
  },
};

const spoil = (item: ProbeItemMeasurement): ProbeItemMeasurement => ({
  ...item,
  correct: false,
  given: 'wrong',
  margin: -1,
  probability: 0.1,
});

/** The candidate with some answers of its baseline spoiled. */
function spoiled(baseline: Measurement, chosen: readonly ProbeItemMeasurement[]): Measurement {
  const theirs = measured(baseline);
  const ids = new Set(chosen.map(({ id }) => id));
  const items = theirs.items.map((item) => (ids.has(item.id) ? spoil(item) : item));
  return {
    ...baseline,
    checkpoint: { ...baseline.checkpoint, digest: 'sha256:candidate' },
    probes: { ...theirs, items },
  };
}

/**
 * The fewest answers of a list, in its order, without which a check of all answers fails: as little as there is to
 * find.
 */
function fewest(shape: Shape, baseline: Measurement, list: readonly ProbeItemMeasurement[]): Pair | null {
  const right = list.filter(({ correct }) => correct);
  const pairOf = (count: number): Pair => ({
    candidate: spoiled(baseline, right.slice(0, count)),
    baseline,
    policy: POLICIES[shape],
  });
  const fails = (count: number) => verdictOf(pairOf(count)) === 'fail';
  let [low, high] = [0, right.length];
  if (!fails(high)) return null;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fails(middle)) high = middle;
    else low = middle;
  }
  return pairOf(high);
}

/** Attacks that spoil the fewest answers, and one that keeps whatever an order that was seen before asks first. */
export function attacksOn(shape: Shape, seed: number): Attack[] {
  const baseline = baselineOf(shape, seed);
  const { items } = measured(baseline);
  const random = new Random(seed, 'attack');
  const attacks = Object.entries(PREFERENCES).flatMap(([name, preference]): Attack[] => {
    const pair = fewest(shape, baseline, preference(items, random));
    return pair === null ? [] : [{ name, pair }];
  });
  return [
    ...attacks,
    { name: 'all but the first four fifths of a known order', pair: afterKnown(shape, baseline, seed) },
  ];
}

/**
 * The attack on an order that is known: nothing is spoiled before four fifths of its facts were asked, and everything
 * after that.
 */
export function afterKnown(shape: Shape, baseline: Measurement, orderSeed: number): Pair {
  const order = askingOrder(measured(baseline), orderSeed).flat();
  const later = new Set(order.slice(Math.ceil(0.8 * order.length)));
  const chosen = measured(baseline).items.filter((item) => later.has(factKey(item)));
  return { candidate: spoiled(baseline, chosen), baseline, policy: POLICIES[shape] };
}

/** How often a candidate that fails with all answers is settled as a pass, over orders that were drawn. */
export function wrongPasses(pair: Pair, orderSeeds: readonly number[]): number {
  const full = verdictOf(pair);
  return orderSeeds.filter((orderSeed) => replay(pair, { full, orderSeed }).sequential === 'pass').length;
}
