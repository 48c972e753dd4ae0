import type { ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { Random } from '@shadow-gate/probes/random';
import { selectInstruments } from '../../../src/compare/pairing/instruments.ts';
import { groupItems } from '../../../src/compare/pairing/paired-facts.ts';
import type {
  PairedAnswers,
  PairedFact,
  PairedItem,
  ProbeAnswer,
  Side,
} from '../../../src/compare/pairing/paired-item.ts';

const LETTERS = ['A', 'B', 'C', 'D'] as const;

/** One question with four options, as a model sees it in one of its forms. */
interface Asked {
  /** Index of the question. */
  readonly fact: number;
  readonly form: 'exam' | 'text' | 'permuted' | 'open';
  /** The letter that was right in the exam. */
  readonly old: string;
  /** The letter that is right here. */
  readonly right: string;
  /** The letters of the exam, by the letters here. */
  readonly before: Readonly<Record<string, string>>;
}

/** A model: the letter it gives, or for the forms without letters, that of the option whose text it gives. */
export type Model = (asked: Asked, random: Random) => string;

/** Always the same letter; of the answers themselves, it knows a share. */
export const constant =
  (letter: string, knows = 0.37): Model =>
  (asked, random) =>
    asked.form === 'exam' || asked.form === 'permuted' ? letter : byText(asked, random, knows);

/** It follows the options, knows a share of the answers, and guesses the rest. */
export const binding =
  (knows: number): Model =>
  (asked, random) =>
    byText(asked, random, knows);

/** It learned the letters of the first so many questions; else it is another model. */
export const memorizing =
  (first: number, other: Model): Model =>
  (asked, random) =>
    asked.fact < first && (asked.form === 'exam' || asked.form === 'permuted') ? asked.old : other(asked, random);

/** Knows a question or does not, in every form; a guess prefers one letter. */
function byText({ fact, right, before, old }: Asked, random: Random, knows: number): string {
  // Spread evenly over the questions.
  const knowsIt = (fact * 6007) % 10_000 < 10_000 * knows;
  if (knowsIt) return right;
  const guess = random.pick(LETTERS);
  return guess in before || guess === old ? guess : right;
}

/** The answers of one side, as a measurement has them. */
export function measured(answers: PairedAnswers, side: Side): ProbeItemMeasurement[] {
  return allFacts(answers)
    .flatMap(({ exam, text, permuted, twins, robustness }) => [
      ...new Set([exam, ...(text ? [text] : []), ...permuted, ...twins, ...robustness]),
    ])
    .map((item) => {
      const { suite, id, fact, capability, family, cluster, form, kind, answers: kindOfAnswer, prompt, right } = item;
      const { oldLabel, oldLabels, chance } = item;
      const { correct, given, margin, probability } = item[side];
      return {
        ...{ suite, id, fact, capability, family, cluster, form, prompt, right, chance, answers: kindOfAnswer },
        ...{ correct, given, margin, probability, logprobs: null },
        ...(kind === null ? {} : { kind }),
        ...(oldLabel === null ? {} : { oldLabel }),
        ...(oldLabels === null ? {} : { oldLabels }),
      };
    });
}

/**
 * A suite of an exam form, its text form, a permuted twin and an open one for each question, answered by two models.
 */
export function lettered(
  models: Readonly<Record<Side, Model>>,
  { facts, seed, key = [1, 1, 1, 1], text = true }: LetteredOptions,
): PairedAnswers {
  const random = new Random(seed, 'lettered');
  const weighted = LETTERS.flatMap((letter, i) => Array<string>(key[i] ?? 0).fill(letter));
  const items = Array.from({ length: facts }, (_, fact) => {
    const old = random.pick(weighted);
    const others = LETTERS.filter((letter) => letter !== old);
    const right = random.pick(others);
    // The right option moves, the others take the free places in random order.
    const shuffled = random.shuffle(others);
    const free = LETTERS.filter((letter) => letter !== right);
    const before = Object.fromEntries([[right, old], ...free.map((letter, i) => [letter, shuffled[i] ?? ''])]);
    const same = Object.fromEntries(LETTERS.map((letter) => [letter, letter]));
    return [
      item({ fact, form: 'exam', old, right: old, before: same }, models, random),
      ...(text ? [item({ fact, form: 'text', old, right: old, before: same }, models, random)] : []),
      item({ fact, form: 'permuted', old, right, before }, models, random),
      item({ fact, form: 'open', old, right: old, before: same }, models, random),
    ];
  });
  return selectInstruments(groupItems(items.flat(), [{ name: 'suite' }]));
}

export interface LetteredOptions {
  readonly facts: number;
  readonly seed: number;
  /** How often A, B, C and D are right in the exam. */
  readonly key?: readonly number[];
  /** Whether there is a text form. */
  readonly text?: boolean;
}

function item(asked: Asked, models: Readonly<Record<Side, Model>>, random: Random): PairedItem {
  const { fact, form, old, right, before } = asked;
  const isLabel = form === 'exam' || form === 'permuted';
  const answer = (side: Side): ProbeAnswer => {
    const given = models[side](asked, random);
    const correct = given === right;
    // Letters are given with certainty; of the texts, some are guessed.
    const probability = correct ? (isLabel ? 0.97 : 0.6) : 0.01;
    return { correct, given, margin: correct ? 1 : -1, probability, logprobs: null };
  };
  return {
    id: `${fact}.${form}`,
    suite: 'suite',
    fact: `${fact}`,
    capability: 'knowledge',
    family: 'knowledge',
    cluster: form,
    form: form === 'exam' ? 'benchmark' : form === 'text' ? 'benchmark-text' : 'twin',
    kind: form === 'permuted' ? 'format' : form === 'open' ? 'open' : null,
    answers: isLabel ? 'label' : 'text',
    oldLabel: form === 'permuted' ? old : null,
    oldLabels: form === 'permuted' ? before : null,
    level: null,
    chance: 0.25,
    prompt: `${fact}.${form}`,
    right,
    baseline: answer('baseline'),
    candidate: answer('candidate'),
  };
}

/** Every fact, judged or not. */
export function allFacts({ facts, unjudged }: PairedAnswers): PairedFact[] {
  return [...facts, ...unjudged];
}
