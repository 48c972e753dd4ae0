import { at, groupBy, UserError } from '@shadow-gate/platform';
import {
  attempt,
  type Expression,
  ExpressionError,
  evaluateCondition,
  evaluateNumber,
  type Values,
} from '../arithmetic/expression.ts';
import { decimalPlaces, formatRational, type Rational } from '../arithmetic/rational.ts';
import type { Random } from '../random.ts';
import { drawNumber } from './range.ts';
import type { Assignment, Template, Text } from './template.ts';

export interface TemplateInstance {
  readonly question: string;
  readonly answer: string;
  readonly numeric: boolean;
  /** All different, without the answer. */
  readonly wrong: readonly string[];
}

/** If one draw in a hundred meets the conditions, all of these fail once in 10^21 times. */
const ATTEMPTS = 5000;

/**
 * Draw another question than the others, if possible with another answer than the last. `where` is for errors.
 * @throws UserError with the causes if no draw can be used
 */
export function drawInstance(
  template: Template,
  random: Random,
  { where, others }: { readonly where: string; readonly others: readonly TemplateInstance[] },
): TemplateInstance {
  const asked = new Set(others.map(({ question }) => question));
  const avoided = others.at(-1)?.answer;
  const unusable: Unusable[] = [];
  let sameAnswer: TemplateInstance | null = null;
  while (unusable.length < ATTEMPTS) {
    const drawn = instantiate(template, drawValues(template.values, random));
    if ('cause' in drawn) unusable.push(drawn);
    else if (asked.has(drawn.question)) unusable.push({ cause: 'asked-before' });
    else if (drawn.answer !== avoided) return drawn;
    else {
      sameAnswer ??= drawn;
      unusable.push({ cause: 'same-answer' });
    }
  }
  // Among a few choices of text the same one may have to be right again; a written number may not.
  if (sameAnswer && !sameAnswer.numeric) return sameAnswer;
  const { causes, hint } = summarizeUnusable(unusable);
  const beside = others.length === 0 ? '' : ` in addition to ${others.length} others`;
  throw new UserError(`${where}: no question can be drawn${beside}: ${causes}`, hint);
}

/** Equal lists of texts give different texts, so that two people have two names. */
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

/** The question and the answers with these values, or the cause why there is none. */
export function instantiate(template: Template, assignment: Assignment): TemplateInstance | Unusable {
  if (!meetsConditions(template.conditions, assignment)) return { cause: 'conditions' };
  const question = writeText(template.question, assignment);
  if (typeof question !== 'string') return question;
  const answers: string[] = [];
  for (const given of [template.answer, ...template.wrong]) {
    const answer = given.kind === 'text' ? writeText(given.text, assignment) : writeNumber(given.formula, assignment);
    if (typeof answer !== 'string') return answer;
    if (answers.includes(answer)) return { cause: 'equal-answers', example: JSON.stringify(answer) };
    answers.push(answer);
  }
  const [answer = '', ...wrong] = answers;
  return { question, answer, wrong, numeric: template.answer.kind === 'number' };
}

/** A division by zero meets no condition. */
function meetsConditions(conditions: readonly Expression[], assignment: Assignment): boolean {
  return conditions.every((condition) => attempt(() => evaluateCondition(condition, valuesOf(assignment))) === true);
}

function writeText(text: Text, assignment: Assignment): string | Unusable {
  let written = '';
  for (const part of text) {
    const piece = typeof part === 'string' ? part : writePlace(part, assignment);
    if (typeof piece !== 'string') return piece;
    written += piece;
  }
  return written;
}

function writePlace(formula: Expression, assignment: Assignment): string | Unusable {
  const value = formula.kind === 'name' ? assignment.get(formula.name) : undefined;
  return typeof value === 'string' ? value : writeNumber(formula, assignment);
}

/** Refuses a third: nobody would write its decimals. */
function writeNumber(formula: Expression, assignment: Assignment): string | Unusable {
  const value = attempt(() => evaluateNumber(formula, valuesOf(assignment)));
  if (value === null) return { cause: 'no-value' };
  const written = formatRational(value);
  return decimalPlaces(value) === null ? { cause: 'no-decimal', example: written } : written;
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

export interface Unusable {
  readonly cause: keyof typeof CAUSES;
  readonly example?: string;
}

/** Each cause in an error, and the hint if it is the most frequent one. */
const CAUSES = {
  conditions: ['conditions are not met', 'relax the conditions, or widen the ranges'],
  'no-value': ['a formula divides by zero', 'change the formula, or leave 0 out of what it divides by'],
  'no-decimal': [
    'a number has no finite decimal form',
    'add a condition that the division leaves no rest, or use round',
  ],
  'equal-answers': ['two answers are equal', 'change the wrong answers, or add a condition under which they differ'],
  'asked-before': ['the question was drawn before', 'widen the ranges, relax the conditions, or lower draws'],
  'same-answer': ['the answer is that of the benchmark form', 'widen the ranges, relax the conditions, or lower draws'],
} as const;

export function describeUnusable({ cause, example }: Unusable): string {
  const [what] = CAUSES[cause];
  return example === undefined ? what : `${what}, as ${example}`;
}

/** All causes of failed draws with their numbers, the most frequent one first, and the hint for that one. */
function summarizeUnusable(draws: readonly Unusable[]): { readonly causes: string; readonly hint: string } {
  const ranked = [...groupBy(draws, ({ cause }) => cause).values()].sort((a, b) => b.length - a.length);
  const total = draws.length.toLocaleString('en-US');
  const causes = ranked.map((failed, i) => {
    const count = failed.length.toLocaleString('en-US');
    return `${describeUnusable(at(failed, 0))}, in ${i === 0 ? `${count} of ${total} draws` : count}`;
  });
  const most = ranked[0]?.[0];
  return { causes: causes.join('; '), hint: most ? CAUSES[most.cause][1] : '' };
}
