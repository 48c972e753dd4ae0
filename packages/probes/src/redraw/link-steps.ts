import { at } from '@shadow-gate/platform';
import {
  addRationals,
  divideRationals,
  isEqual,
  isWhole,
  type Rational,
  wholeRational,
} from '../arithmetic/rational.ts';
import { findNumbers, type QuestionNumber, questionConstants, questionNumerals } from './question-numbers.ts';
import { areFactors, type CalculationStep, mentionedNumbers, stepLiterals } from './steps.ts';

/** `strict` redraws solutions whose numbers have one meaning each; `loose` redraws more, with more errors. */
export const STEP_MODES = ['strict', 'loose'] as const;
export type StepMode = (typeof STEP_MODES)[number];

type OperandSource =
  | { readonly kind: 'question'; readonly index: number }
  | { readonly kind: 'result'; readonly step: number }
  | { readonly kind: 'constant' };

export interface LinkedSteps {
  readonly numbers: readonly QuestionNumber[];
  readonly steps: readonly CalculationStep[];
  readonly sources: ReadonlyArray<readonly OperandSource[]>;
  /** Indices of the numbers of the question that may be redrawn. */
  readonly free: readonly number[];
}

interface Literal {
  readonly value: Rational;
  readonly step: number;
  readonly isFactor: boolean;
}

/** Possible meanings of a number in a step. */
interface Meanings {
  /** Indices of numbers of the question that may be redrawn. */
  readonly own: readonly number[];
  /** Earlier steps with this result. */
  readonly results: readonly number[];
  /** Another number of the question, or a word that stands for one. */
  readonly isNumeral: boolean;
  /** A fact about the world. */
  readonly isWorld: boolean;
}

const has = (values: readonly Rational[], value: Rational) => values.some((other) => isEqual(other, value));

/** Kinds of numbers to redraw. A word is often more than a number: "the two of them", "three kinds: a, b, c". */
const FREE: Readonly<Record<StepMode, ReadonlySet<QuestionNumber['kind']>>> = {
  strict: new Set(['plain']),
  loose: new Set(['plain', 'word', 'decimal']),
};

/**
 * Find the source of each number of each step. If it can have two meanings (it is twice in the question, or also a
 * result), the numbers behind both stay as they are. Null if a number cannot be explained, or has no use.
 */
export function linkSteps(
  { question, solution }: { readonly question: string; readonly solution: string },
  steps: readonly CalculationStep[],
  mode: StepMode,
): LinkedSteps | null {
  const numbers = findNumbers(question);
  const literals = steps.map((step, i) => {
    const factors = areFactors(step);
    return stepLiterals(step).map((value, j): Literal => ({ value, step: i, isFactor: at(factors, j) }));
  });
  const isFree = ({ kind }: QuestionNumber) => FREE[mode].has(kind);
  const numerals = [
    ...questionNumerals(question),
    ...numbers.flatMap((number) => (isFree(number) ? [] : number.values)),
  ];
  const world = questionConstants(question);
  const meanings = literals.map((ofStep) =>
    ofStep.map(
      ({ value, step, isFactor }): Meanings => ({
        own: numbers.flatMap((number, i) => (isFree(number) && has(number.values, value) ? [i] : [])),
        results: steps.flatMap(({ result }, i) => (i < step && isEqual(result, value) ? [i] : [])),
        isNumeral: has(numerals, value),
        isWorld: isFactor && has(world, value),
      }),
    ),
  );
  const known = { numbers, steps, literals, meanings, numerals, world };
  if (!explainsSteps(known, mode) || (mode === 'strict' && !explainsText(solution, known))) return null;
  const bound = boundTogether(question, numbers);
  const candidates = numbers.flatMap((number, i) => (isFree(number) && !bound.has(i) ? [i] : []));
  const free = fixAmbiguous(known, new Set(candidates));
  const sources = meanings.map((ofStep) =>
    ofStep.map(({ own, results }): OperandSource => {
      const [index] = own;
      const step = results.at(-1);
      if (step !== undefined && index === undefined) return { kind: 'result', step };
      return index !== undefined && free.has(index) ? { kind: 'question', index } : { kind: 'constant' };
    }),
  );
  const isUsed = new Set(sources.flat().flatMap((source) => (source.kind === 'question' ? [source.index] : [])));
  return { numbers, steps, sources, free: [...free].filter((index) => isUsed.has(index)) };
}

interface Known {
  readonly numbers: readonly QuestionNumber[];
  readonly steps: readonly CalculationStep[];
  readonly literals: ReadonlyArray<readonly Literal[]>;
  readonly meanings: ReadonlyArray<readonly Meanings[]>;
  readonly numerals: readonly Rational[];
  readonly world: readonly Rational[];
}

/** Whether steps explain all their numbers, and use each number of the question and each result: none is hidden. */
function explainsSteps({ numbers, steps, literals, meanings }: Known, mode: StepMode): boolean {
  const all = literals.flat();
  const isExplained = ({ own, results, isNumeral, isWorld }: Meanings, { value, isFactor }: Literal) =>
    own.length + results.length > 0 ||
    isNumeral ||
    isWorld ||
    (mode === 'loose' && isFactor && isWhole(value) && COMMON.has(value.numerator));
  const isNeeded = (number: QuestionNumber) =>
    number.kind === 'word' || all.some(({ value }) => has(number.values, value));
  const isResultUsed = ({ result }: CalculationStep, i: number) =>
    i === steps.length - 1 || all.some(({ value, step }) => step > i && isEqual(value, result));
  return (
    all.every((literal, i) => isExplained(at(meanings.flat(), i), literal)) &&
    numbers.every(isNeeded) &&
    steps.every(isResultUsed)
  );
}

/** Factors that need no word in the question. */
const COMMON: ReadonlySet<bigint> = new Set([1n, 2n, 3n, 4n, 7n, 12n, 24n, 52n, 60n, 100n, 365n, 1000n]);

/** Whether the steps and the question explain all numbers of the solution's text. */
function explainsText(solution: string, { numbers, steps, numerals, world }: Known): boolean {
  const results = steps.map(({ result }) => result);
  const explained = [...numbers.flatMap(({ values }) => values), ...results, ...numerals, ...world];
  return mentionedNumbers(solution).every((value) => has(explained, value));
}

/** Words of a question that divides a number into its other numbers: "of 5 friends, 2 …, and the other 3 …". */
const PARTS = /\b(others?|rest|remaining|remainder|each|of (them|which|whom|the)|total)\b/i;

/** Indices of numbers that follow from two others, or from a week: another number would contradict them. */
function boundTogether(question: string, numbers: readonly QuestionNumber[]): ReadonlySet<number> {
  const bound = new Set<number>();
  const values = numbers.map((number) => number.values[0]);
  for (const [i, { end }] of numbers.entries()) {
    const value = values[i];
    if (value === undefined) continue;
    const isWeeks = /^[ -]?days?\b/i.test(question.slice(end)) && isWhole(divideRationals(value, wholeRational(7)));
    if (isWeeks && /\bweeks?\b/i.test(question)) bound.add(i);
    if (!PARTS.test(question)) continue;
    for (const [j, part] of values.entries()) {
      for (const [k, other] of values.slice(0, j).entries()) {
        const isSum =
          part !== undefined && other !== undefined && i !== j && i !== k && isEqual(addRationals(part, other), value);
        if (isSum) for (const index of [i, j, k]) bound.add(index);
      }
    }
  }
  return bound;
}

/** The numbers of the question that have one meaning in every step. */
function fixAmbiguous({ literals, meanings }: Known, candidates: ReadonlySet<number>): ReadonlySet<number> {
  const free = new Set(candidates);
  const behind: Array<ReadonlySet<number>> = [];
  for (const ofStep of meanings) {
    behind.push(
      new Set(ofStep.flatMap(({ own, results }) => [...own, ...results.flatMap((step) => [...at(behind, step)])])),
    );
  }
  const all = literals.flat();
  for (const [i, ofStep] of literals.entries()) {
    for (const [j, { value }] of ofStep.entries()) {
      const { own, results, isNumeral, isWorld } = at(at(meanings, i), j);
      const uses = all.filter((other) => isEqual(other.value, value)).length;
      // A fact about the world counts only if the steps have the number more often than the question.
      const isConstant = isNumeral || (isWorld && uses > own.length);
      if (own.length + results.length + (isConstant ? 1 : 0) < 2) continue;
      for (const index of [...own, ...results.flatMap((step) => [...at(behind, step)])]) free.delete(index);
    }
  }
  return free;
}
