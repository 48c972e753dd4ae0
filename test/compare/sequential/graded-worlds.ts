import { at } from '@shadow-gate/platform';
import type { ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { choiceProbability } from '@shadow-gate/probes/outcome';
import { Random } from '@shadow-gate/probes/random';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { normalQuantile } from '../../../src/statistics/index.ts';
import { baselineOf, measured, type Outcome, type Pair, POLICIES, replay, verdictOf } from './worlds.ts';

/**
 * Answers with log-likelihoods: what a model prefers, and how likely the right answer is, follow from the same numbers.
 */
export interface GradedScenario {
  /** Standard deviation of the change of every choice's log-likelihood, in nats. */
  readonly noise: number;
  /** Change of that of the right choice, on top. */
  readonly right?: number;
  /** Change of that of every choice: as likely among each other, and less likely as texts. */
  readonly all?: number;
  readonly capability?: string;
  readonly family?: string;
}

export const GRADED_SCENARIOS: Readonly<Record<string, GradedScenario>> = {
  'equal, noise 0.05': { noise: 0.05 },
  'equal, noise 0.15': { noise: 0.15 },
  'equal, noise 0.4': { noise: 0.4 },
  'right −0.1': { noise: 0.15, right: -0.1 },
  'right −0.2': { noise: 0.15, right: -0.2 },
  'right −0.4': { noise: 0.15, right: -0.4 },
  'right −1': { noise: 0.15, right: -1 },
  'texts −0.15': { noise: 0.15, all: -0.15 },
  'texts −0.3': { noise: 0.15, all: -0.3 },
  'one capability, right −0.6': { noise: 0.15, right: -0.6, capability: 'recall' },
  'one family, right −1.2': { noise: 0.15, right: -1.2, family: 'records' },
};

const BYTES = 6;
const RIGHT = 0;

function normals(seed: number, name: string): () => number {
  const random = new Random(seed, name);
  const steps = 2 ** 30;
  return () => normalQuantile((random.int(0, steps - 1) + 0.5) / steps);
}

/** What a measurement says of an item with these log-likelihoods, of which the first is that of the right choice. */
export function answered(item: ProbeItemMeasurement, exact: readonly number[]): ProbeItemMeasurement {
  const logprobs = exact.map((value) => Math.round(Math.min(-1e-3, value) * 1e4) / 1e4);
  const right = at(logprobs, RIGHT);
  const margin = right - Math.max(...logprobs.slice(1));
  return {
    ...item,
    correct: margin > 0,
    given: margin > 0 ? 'right' : 'wrong',
    margin,
    probability: choiceProbability({ logprobs, lengths: null }, RIGHT),
    logprobs,
    likelihood: { logprob: right, bytes: BYTES },
  };
}

/** About two of three answers are right, as sure as the small models that were looked at. */
export function gradedBaseline(seed: number): Measurement {
  const normal = normals(seed, 'graded baseline');
  const baseline = baselineOf('built-in', seed);
  const theirs = measured(baseline);
  const items = theirs.items.map((item) =>
    answered(item, [-2.2 + 0.9 * normal(), ...[1, 2, 3].map(() => -4.6 + 1.9 * normal())]),
  );
  return { ...baseline, probes: { ...theirs, items } };
}

export function withItems(baseline: Measurement, items: readonly ProbeItemMeasurement[]): Measurement {
  const digest = 'sha256:candidate';
  return {
    ...baseline,
    checkpoint: { ...baseline.checkpoint, digest },
    probes: { ...measured(baseline), items: [...items] },
  };
}

export function gradedCandidate(baseline: Measurement, scenario: GradedScenario, seed: number): Measurement {
  const normal = normals(seed, 'graded candidate');
  const { noise, right = 0, all = 0, capability, family } = scenario;
  const items = measured(baseline).items.map((item) => {
    const isThere = (capability ?? item.capability) === item.capability && (family ?? item.family) === item.family;
    const shift = (i: number) => (isThere ? all + (i === RIGHT ? right : 0) : 0);
    return answered(
      item,
      (item.logprobs ?? []).map((value, i) => value + noise * normal() + shift(i)),
    );
  });
  return withItems(baseline, items);
}

export function gradedOutcome(scenario: GradedScenario, seed: number): Outcome {
  const baseline = gradedBaseline(seed);
  const pair = { baseline, candidate: gradedCandidate(baseline, scenario, seed), policy: POLICIES['built-in'] };
  return replay(pair, { full: verdictOf(pair), orderSeed: seed });
}

/** How an answer is spoiled, with as little as that takes. */
const SPOILED: Readonly<Record<string, (logprobs: readonly number[]) => number[]>> = {
  /** The best wrong choice comes out a hair ahead: hardly any probability moves. */
  'near ties fall': ([right = 0, ...others]) => {
    const best = Math.max(...others);
    return best >= right
      ? [right, ...others]
      : [right, ...others.map((value) => (value === best ? right + 0.01 : value))];
  },
  'right answers become unlikely': ([right = 0, ...others]) => [right - 2.5, ...others],
  'texts become unlikely': (logprobs) => logprobs.map((value) => value - 1.5),
};

type Choose = (items: readonly ProbeItemMeasurement[], random: Random) => ProbeItemMeasurement[];

const CHOSEN: Readonly<Record<string, Choose>> = {
  'the nearest ties': (items) => [...items].sort((a, b) => Math.abs(a.margin) - Math.abs(b.margin)),
  anywhere: (items, random) => random.shuffle(items),
  'one capability': (items, random) => random.shuffle(items.filter((item) => item.capability === 'recall')),
  'one family': (items, random) => random.shuffle(items.filter((item) => item.family === 'records')),
  'twins alone': (items, random) => random.shuffle(items.filter((item) => item.form === 'twin')),
};

/** Candidates that spoil the fewest answers with which a check of all answers fails. */
export function gradedAttacks(seed: number): { readonly name: string; readonly pair: Pair }[] {
  const baseline = gradedBaseline(seed);
  const { items } = measured(baseline);
  return Object.entries(SPOILED).flatMap(([how, spoil]) =>
    Object.entries(CHOSEN).flatMap(([where, choose]) => {
      const list = choose(items, new Random(seed, 'attack')).filter(({ correct }) => correct);
      const pairOf = (count: number): Pair => {
        const chosen = new Set(list.slice(0, count).map(({ id }) => id));
        const spoiled = items.map((item) => (chosen.has(item.id) ? answered(item, spoil(item.logprobs ?? [])) : item));
        return { candidate: withItems(baseline, spoiled), baseline, policy: POLICIES['built-in'] };
      };
      const fails = (count: number) => verdictOf(pairOf(count)) === 'fail';
      if (!fails(list.length)) return [];
      let [low, high] = [0, list.length];
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (fails(middle)) high = middle;
        else low = middle;
      }
      return [{ name: `${how}, ${where}, ${high} answers`, pair: pairOf(high) }];
    }),
  );
}
