import {
  attempt,
  type Expression,
  ExpressionError,
  type ExpressionNumber,
  evaluateNumber,
  expressionNumbers,
  parseExpression,
  productFactors,
} from '../arithmetic/expression.ts';
import { isEqual, parseDecimal, type Rational } from '../arithmetic/rational.ts';

/** One marked calculation of a solution in GSM8K's format: `<<16-3-4=9>>`. */
export interface CalculationStep {
  /** The left side, as the parser read it: without `$` and without commas between thousands. */
  readonly text: string;
  readonly expression: Expression;
  readonly result: Rational;
}

const MARKED = /<<([^<>]*)>>/g;
const THOUSANDS = /(?<=\d),(?=\d{3}(?!\d))/g;
/** Only these: `%` and `x` are read differently by different authors. */
const ARITHMETIC = /^[\d.+\-*/() ]+$/;

/** The marked calculations of a solution; null unless all are right arithmetic, and the last gives the final answer. */
export function parseSteps(solution: string, target: string): readonly CalculationStep[] | null {
  const steps = [...solution.matchAll(MARKED)].map(([, marked = '']) => parseStep(marked));
  if (!steps.every((step) => step !== null)) return null;
  const final = parseDecimal(target);
  const last = steps.at(-1);
  return last && final && isEqual(last.result, final) ? steps : null;
}

function parseStep(marked: string): CalculationStep | null {
  const [left = '', right = '', ...more] = marked.replace(/\$/g, '').replace(THOUSANDS, '').split('=');
  const result = parseDecimal(right.trim());
  if (more.length > 0 || result === null || !ARITHMETIC.test(left)) return null;
  const text = left.trim();
  return attempt(() => {
    const expression = parseExpression(text);
    const value = evaluateNumber(expression, { ofName: () => result });
    return isEqual(value, result) ? { text, expression, result } : null;
  });
}

/** In the order of the step's text. */
export function stepLiterals({ expression }: CalculationStep): readonly Rational[] {
  return expressionNumbers(expression).map(({ value }) => value);
}

/** Whether each of these numbers multiplies or divides something, as the 7 days of a week do. */
export function areFactors({ expression }: CalculationStep): readonly boolean[] {
  const factors = productFactors(expression);
  return expressionNumbers(expression).map((number) => factors.has(number));
}

/** The value of a step with other numbers; null for a division by zero. */
export function recompute({ expression }: CalculationStep, literals: readonly Rational[]): Rational | null {
  const replaced = new Map(expressionNumbers(expression).map((number, i) => [number, literals[i] ?? number.value]));
  const ofName = () => {
    throw new ExpressionError('has a name');
  };
  const ofNumber = (number: ExpressionNumber) => replaced.get(number) ?? number.value;
  return attempt(() => evaluateNumber(expression, { ofName, ofNumber }));
}

/** The numbers that a solution mentions outside its marked calculations, the final answer included. */
export function mentionedNumbers(solution: string): readonly Rational[] {
  const prose = solution.replace(MARKED, ' ').replace(THOUSANDS, '');
  return (prose.match(/\d+(?:\.\d+)?|\.\d+/g) ?? []).flatMap((text) => parseDecimal(text) ?? []);
}
