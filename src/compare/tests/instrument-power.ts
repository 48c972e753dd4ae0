import { at } from '@shadow-gate/platform';
import { choiceProbability, type ScoredChoices } from '@shadow-gate/probes/outcome';
import { Random } from '@shadow-gate/probes/random';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { bisect, normalQuantile } from '../../statistics/index.ts';
import { bytesOf } from '../estimates/likelihood-changes.ts';
import type { PairedFact, PairedItem } from '../pairing/paired-item.ts';
import { gradedItems } from './graded-losses.ts';
import { PLANNED_DISCORDANCE } from './twin-tests.ts';

export interface InstrumentPower {
  readonly instrument: 'right-or-wrong' | 'expected-accuracy' | 'answer-likelihood';
  /** Standard deviation of the change of a fact: a share, or nats per byte for the likelihood. */
  readonly deviation: number;
  /** The change to rule out, in the same unit. */
  readonly limit: number;
}

/** The probability to see a change of that size, or to rule it out. */
const POWER = 0.8;

/** Changes that are simulated for each answer. */
const DRAWS = 16;

/** Scores of choices that change by more than this, in nats, are another model. */
const MOST_NOISE = 10;

/**
 * Power if independent noise on the log-likelihoods of choices changes the planned share of answers. Empty without
 * choices. @param facts of the model, as pairs with itself
 */
export function instrumentPower(facts: readonly PairedFact[], policy: ProbePolicy): InstrumentPower[] {
  const members = facts.map((fact) => gradedItems(fact).flatMap((item) => choicesOf(item) ?? []));
  const items = members.flat();
  if (items.length === 0) return [];
  const noise = bisect(0, MOST_NOISE, (size) => meanOf(items, (item) => flips(item, size)) < PLANNED_DISCORDANCE);
  const perFact = bytesOf(facts.flatMap(gradedItems)) / facts.length;
  const having = members.filter(({ length }) => length > 0);
  const deviationOf = (numberOf: (own: readonly KnownChoices[]) => number) => Math.sqrt(meanOf(having, numberOf));
  const { margin } = policy['twin-accuracy'];
  // Answers of a fact change independently: the variance of their mean is the mean variance divided by their number.
  const ofMean = (variance: (item: KnownChoices) => number) => (own: readonly KnownChoices[]) =>
    meanOf(own, variance) / own.length;
  const ofAccuracy = deviationOf(ofMean((item) => squares(item, noise).accuracy));
  const ofExpected = deviationOf(ofMean((item) => squares(item, noise).expected));
  const ofLikelihood = deviationOf((own) => (own.length * noise ** 2) / perFact ** 2);
  return [
    { instrument: 'right-or-wrong', deviation: ofAccuracy, limit: margin },
    { instrument: 'expected-accuracy', deviation: ofExpected, limit: margin },
    { instrument: 'answer-likelihood', deviation: ofLikelihood, limit: policy['answer-likelihood'].limit },
  ];
}

/** The change that this many facts show, or rule out. */
export function detectable({ deviation }: { readonly deviation: number }, facts: number, policy: ProbePolicy): number {
  const { alpha } = policy['twin-accuracy'];
  return ((normalQuantile(1 - alpha) + normalQuantile(POWER)) * deviation) / Math.sqrt(facts);
}

/** The facts that rule out the limit. */
export function factsNeeded(power: InstrumentPower, policy: ProbePolicy): number {
  return Math.ceil((detectable(power, 1, policy) / power.limit) ** 2);
}

interface KnownChoices extends ScoredChoices {
  readonly right: number;
  /** Standard normal, for each draw and choice: the same for any size. */
  readonly noise: readonly number[];
}

function choicesOf({ id, baseline: { logprobs, likelihood, ...answer } }: PairedItem): KnownChoices | null {
  const lengths = answer.lengths ?? null;
  const right = logprobs?.indexOf(likelihood?.logprob ?? Number.NaN) ?? -1;
  if (logprobs === null || right < 0) return null;
  const random = new Random(1, `noise ${id}`);
  const noise = Array.from({ length: DRAWS * logprobs.length }, () => gaussian(random));
  return { logprobs, lengths, right, noise };
}

function moved({ logprobs, noise }: KnownChoices, size: number): number[][] {
  return Array.from({ length: DRAWS }, (_, draw) =>
    logprobs.map((value, i) => value + size * at(noise, draw * logprobs.length + i)),
  );
}

function picked({ lengths }: KnownChoices, logprobs: readonly number[]): number {
  const scores = logprobs.map((value, i) => value / (lengths === null ? 1 : at(lengths, i)));
  return scores.indexOf(Math.max(...scores));
}

function flips(item: KnownChoices, size: number): number {
  const before = picked(item, item.logprobs);
  return moved(item, size).filter((own) => picked(item, own) !== before).length / DRAWS;
}

/** Mean squared changes of right or wrong, and of the probability of the right choice. */
function squares(item: KnownChoices, size: number): { readonly accuracy: number; readonly expected: number } {
  const { logprobs, lengths, right } = item;
  const wasRight = Number(picked(item, logprobs) === right);
  const before = choiceProbability({ logprobs, lengths }, right);
  const all = moved(item, size);
  return {
    accuracy: meanOf(all, (own) => (Number(picked(item, own) === right) - wasRight) ** 2),
    expected: meanOf(all, (own) => (choiceProbability({ logprobs: own, lengths }, right) - before) ** 2),
  };
}

function gaussian(random: Random): number {
  const steps = 2 ** 30;
  return normalQuantile((random.int(0, steps - 1) + 0.5) / steps);
}

function meanOf<T>(members: readonly T[], numberOf: (member: T) => number): number {
  return members.reduce((sum, member) => sum + numberOf(member), 0) / Math.max(1, members.length);
}
