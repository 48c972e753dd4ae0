import { UserError } from '@shadow-gate/platform';
import {
  type Expression,
  ExpressionError,
  evaluateCondition,
  evaluateNumber,
  type Values,
} from '../arithmetic/expression.ts';
import { decimalPlaces, formatRational, type Rational } from '../arithmetic/rational.ts';
import type { Random } from '../random.ts';
import { drawNumber } from './range.ts';
import type { Assignment, Template, TemplateAnswer, Text } from './template.ts';

/** A template with values. */
export interface TemplateInstance {
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
 * @param where of the template, for errors
 * @param others earlier draws; the answer differs from that of the last one, if possible
 * @throws UserError if no draw can be used, with the causes
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

/** The question and the answers with these values, or why there is none. */
export function instantiate(template: Template, assignment: Assignment): TemplateInstance | Unusable {
  if (!meetsConditions(template.conditions, assignment)) return { cause: 'conditions' };
  const question = writeText(template.question, assignment);
  if (typeof question !== 'string') return question;
  const answers: string[] = [];
  for (const given of [template.answer, ...template.wrong]) {
    const answer = writeAnswer(given, assignment);
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

function writeAnswer(answer: TemplateAnswer, assignment: Assignment): string | Unusable {
  if (answer.kind === 'text') return writeText(answer.text, assignment);
  return writeNumber(answer.formula, assignment);
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

/** Not a third: nobody would write its decimals. */
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

/** Null where a formula has no value. */
function attempt<T>(evaluate: () => T): T | null {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof ExpressionError) return null;
    throw error;
  }
}

/** Why values that were drawn make no question. */
export interface Unusable {
  readonly cause: keyof typeof CAUSES;
  /** Such as `1/3`. */
  readonly example?: string;
}

/** How an error names each cause, and what to do if it is the most frequent one. */
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

/** The cause in words, with an example where there is one. */
export function describeUnusable({ cause, example }: Unusable): string {
  const [what] = CAUSES[cause];
  return example === undefined ? what : `${what}, as ${example}`;
}

/** All causes of draws that failed, with their numbers, the most frequent one first; and what to do about that one. */
function summarizeUnusable(draws: readonly Unusable[]): { readonly causes: string; readonly hint: string } {
  const counts = new Map<Unusable['cause'], { readonly first: Unusable; count: number }>();
  for (const draw of draws) {
    const known = counts.get(draw.cause);
    if (known) known.count += 1;
    else counts.set(draw.cause, { first: draw, count: 1 });
  }
  const ranked = [...counts.values()].sort((a, b) => b.count - a.count);
  const total = draws.length.toLocaleString('en-US');
  const causes = ranked.map(({ first, count }, i) => {
    const share = i === 0 ? `${count.toLocaleString('en-US')} of ${total} draws` : count.toLocaleString('en-US');
    return `${describeUnusable(first)}, in ${share}`;
  });
  const [most] = ranked;
  return { causes: causes.join('; '), hint: most ? CAUSES[most.first.cause][1] : '' };
}
