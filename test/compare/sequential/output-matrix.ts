import { LOGIT_FACTORS } from '@shadow-gate/language-model/engine';
import { at } from '@shadow-gate/platform';
import type { ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { choiceProbability } from '@shadow-gate/probes/outcome';
import { Random } from '@shadow-gate/probes/random';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { normalQuantile } from '../../../src/statistics/index.ts';
import { withItems } from './graded-worlds.ts';
import { baselineOf, measured } from './worlds.ts';

/** Tokens that are right somewhere, and tokens that are never right. */
const RIGHT_SOMEWHERE = 60;
const NEVER_RIGHT = 240;
const CHOICES = 4;
const BYTES = 8;

/** Logits of one place: first the right choice and the others, then what else is right somewhere, then the rest. */
type Logits = readonly number[];

/** A model as the logits of every item. */
export type ToyModel = readonly Logits[];

const items = measured(baselineOf('built-in', 1)).items;

function normals(seed: number, name: string): () => number {
  const random = new Random(seed, name);
  const steps = 2 ** 30;
  return () => normalQuantile((random.int(0, steps - 1) + 0.5) / steps);
}

/** About two of three answers are right, and most probability is on tokens that are never right. */
export function toyModel(seed: number): ToyModel {
  const normal = normals(seed, 'toy model');
  return items.map(() => [
    1.6 + 1.2 * normal(),
    ...Array.from({ length: CHOICES - 1 }, () => -0.6 + 1.9 * normal()),
    ...Array.from({ length: RIGHT_SOMEWHERE - CHOICES }, () => -3 + 1.2 * normal()),
    ...Array.from({ length: NEVER_RIGHT }, () => -3.4 + 1.6 * normal()),
  ]);
}

/** Noise on every logit, and the right answer sinks: what noise on the weights does. */
export function damaged(model: ToyModel, { noise, sink }: { noise: number; sink: number }, seed: number): ToyModel {
  const normal = normals(seed, 'damage');
  return model.map((logits) =>
    logits.map((value, i) => value + noise * normal() - (i === 0 ? sink : i < CHOICES ? sink / 2 : 0)),
  );
}

const isNeverRight = (i: number): boolean => i >= RIGHT_SOMEWHERE;

/** Changes of the output matrix after which the choices are in the same order: nobody needs to know an answer. */
export const OUTPUT_EDITS: Readonly<Record<string, (logits: Logits, before: Logits) => Logits>> = {
  'what is never right, a little down': (logits) => logits.map((value, i) => (isNeverRight(i) ? value - 0.3 : value)),
  'what is never right, down': (logits) => logits.map((value, i) => (isNeverRight(i) ? value - 1 : value)),
  'what is never right, out of reach': (logits) => logits.map((value, i) => (isNeverRight(i) ? value - 8 : value)),
  'half of what is never right, down': (logits) =>
    logits.map((value, i) => (isNeverRight(i) && i % 2 === 0 ? value - 8 : value)),
  'all but what the baseline expects, down': (logits, before) => {
    const least = [...before].sort((a, b) => b - a)[32] ?? 0;
    return logits.map((value, i) => (isNeverRight(i) && at(before, i) < least ? value - 8 : value));
  },
  'what the baseline expects and is never right, down': (logits, before) => {
    const least = [...before].sort((a, b) => b - a)[32] ?? 0;
    return logits.map((value, i) => (isNeverRight(i) && at(before, i) >= least ? value - 8 : value));
  },
  sharper: (logits) => logits.map((value) => 1.5 * value),
  'sharper, and what is never right down': (logits) =>
    logits.map((value, i) => 1.5 * (isNeverRight(i) ? value - 1 : value)),
  flatter: (logits) => logits.map((value) => 0.75 * value),
};

/**
 * The same, where a token is pushed down in items in which it is no choice, and is right in others: a matrix has to
 * tell their contexts apart for that. Likelihood can be bought so, and no loss by right and wrong is milder for it.
 */
export const EDITS_BY_CONTEXT: typeof OUTPUT_EDITS = {
  'what is right elsewhere, down': (logits) =>
    logits.map((value, i) => (i >= CHOICES && i < RIGHT_SOMEWHERE ? value - 8 : value)),
  'all but the choices, down': (logits) => logits.map((value, i) => (i >= CHOICES ? value - 2 : value)),
};

const round = (value: number): number => Math.min(0, Math.round(value * 1e4) / 1e4);

function logSum(values: readonly number[]): number {
  const most = Math.max(...values);
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
}

function scores(own: number, others: Logits) {
  const at = (factor: number) => round(factor * own - logSum(others.map((value) => factor * value)));
  return { logprob: at(1), scaled: LOGIT_FACTORS.map(at) };
}

/** The measurement of a toy model. */
export function asMeasurement(model: ToyModel): Measurement {
  return withItems(
    baselineOf('built-in', 1),
    items.map((item, i): ProbeItemMeasurement => {
      const logits = at(model, i);
      const [right = 0] = logits;
      const logprobs = logits.slice(0, CHOICES).map((value) => round(value - logSum(logits)));
      const margin = right - Math.max(...logits.slice(1, CHOICES));
      return {
        ...item,
        correct: margin > 0,
        given: margin > 0 ? 'right' : 'wrong',
        margin,
        probability: choiceProbability({ logprobs, lengths: null }, 0),
        logprobs,
        likelihood: {
          ...{ ...scores(right, logits), bytes: BYTES },
          among: scores(right, logits.slice(0, RIGHT_SOMEWHERE)),
        },
      };
    }),
  );
}
