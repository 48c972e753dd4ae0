import { UserError } from '../../platform/user-error.ts';
import {
  type Expression,
  ExpressionError,
  evaluateCondition,
  evaluateNumber,
  type Values,
} from '../arithmetic/expression.ts';
import { decimalsOf, formatRational, type Rational } from '../arithmetic/rational.ts';
import type { Random } from '../random.ts';
import { drawNumber } from './range.ts';
import type { Answer, Assignment, Template, Text } from './template.ts';

/** A template with values. */
export interface Instance {
  readonly question: string;
  readonly answer: string;
  /** Whether the answer is a number. */
  readonly numeric: boolean;
  /** All different, and none is the answer. */
  readonly wrong: readonly string[];
}

/** Draws until the conditions are met: if one in a hundred meets them, all of these fail once in 10^21 times. */
const ATTEMPTS = 5000;

/**
 * Draw a question that is not among others.
 * @param where of the template, for the error
 * @param others what was drawn before; the answer differs from that of the last of them, if there is such a draw
 * @throws UserError if the conditions leave none
 */
export function drawInstance(
  template: Template,
  random: Random,
  { where, others }: { readonly where: string; readonly others: readonly Instance[] },
): Instance {
  const asked = new Set(others.map(({ question }) => question));
  const avoided = others.at(-1)?.answer;
  let sameAnswer: Instance | null = null;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const instance = instantiate(template, drawValues(template.values, random));
    if (instance === null || asked.has(instance.question)) continue;
    if (instance.answer !== avoided) return instance;
    sameAnswer ??= instance;
  }
  // Among a few choices of text the same one may have to be right again; a written number may not.
  if (sameAnswer && !sameAnswer.numeric) return sameAnswer;
  const drawn = others.length === 0 ? 'no values' : `no question beside ${others.length} others`;
  throw new UserError(
    `${where}: the conditions leave ${drawn}, in ${ATTEMPTS.toLocaleString('en-US')} draws`,
    'widen the ranges, relax the conditions, or lower draws',
  );
}

/** Lists of the same texts give different ones, so that two people have two names. */
function drawValues(values: Template['values'], random: Random): Assignment {
  const drawn = new Map<string, Rational | string>();
  const taken = new Map<string, string[]>();
  for (const [name, range] of values) {
    if (range.kind !== 'texts') {
      drawn.set(name, drawNumber(range, random));
      continue;
    }
    const key = JSON.stringify(range.texts);
    const used = taken.get(key) ?? [];
    const left = range.texts.filter((text) => !used.includes(text));
    const text = random.pick(left.length > 0 ? left : range.texts);
    taken.set(key, [...used, text]);
    drawn.set(name, text);
  }
  return drawn;
}

/**
 * The question and the answers with these values; null where the conditions are not met, an answer is not a decimal number, or
 * two answers are the same.
 */
export function instantiate(template: Template, assignment: Assignment): Instance | null {
  if (!meetsConditions(template.conditions, assignment)) return null;
  const answers = [template.answer, ...template.wrong].map((answer) => writeAnswer(answer, assignment));
  if (!answers.every((answer) => answer !== null) || new Set(answers).size < answers.length) return null;
  const [answer, ...wrong] = answers;
  const question = writeText(template.question, assignment);
  if (question === null || answer === undefined) return null;
  return { question, answer, wrong, numeric: template.answer.kind === 'number' };
}

/** A division by zero meets no condition. */
export function meetsConditions(conditions: readonly Expression[], assignment: Assignment): boolean {
  return conditions.every((condition) => attempt(() => evaluateCondition(condition, valuesOf(assignment))) === true);
}

function writeAnswer(answer: Answer, assignment: Assignment): string | null {
  if (answer.kind === 'text') return writeText(answer.text, assignment);
  const value = attempt(() => evaluateNumber(answer.formula, valuesOf(assignment)));
  return value === null ? null : writeNumber(value);
}

function writeText(text: Text, assignment: Assignment): string | null {
  const parts = text.map((part) => {
    if (typeof part === 'string') return part;
    const value = part.kind === 'name' ? assignment.get(part.name) : undefined;
    if (typeof value === 'string') return value;
    const number = attempt(() => evaluateNumber(part, valuesOf(assignment)));
    return number === null ? null : writeNumber(number);
  });
  return parts.every((part) => part !== null) ? parts.join('') : null;
}

/** Null for a third: nobody would write its decimals. */
function writeNumber(value: Rational): string | null {
  return decimalsOf(value) === null ? null : formatRational(value);
}

function valuesOf(assignment: Assignment): Values {
  return {
    ofName: (name) => {
      const value = assignment.get(name);
      if (value === undefined || typeof value === 'string') throw new ExpressionError(`has no number ${name}`);
      return value;
    },
  };
}

/** Null where a formula has no value. */
function attempt<T>(evaluate: () => T): T | null {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof ExpressionError) return null;
    throw error;
  }
}
