import { type Expression, ExpressionError, expressionNames, expressionType } from '../arithmetic/expression.ts';
import { describeUnusable, instantiate } from './draw.ts';
import type { Assignment, Template, TemplateAnswer, Text } from './template.ts';

interface Mistake {
  /** Keys within the template. */
  readonly path: PropertyKey[];
  readonly what: string;
}

interface Placed {
  readonly path: PropertyKey[];
  readonly formula: Expression;
  readonly role: 'condition' | 'number' | 'in-text';
}

/** The first mistake that no single key shows, such as an unknown name or a text in a formula. */
export function mistakeIn(template: Template, original: Assignment | null): Mistake | null {
  const shown = new Set(formulasOf(template.question).flatMap((formula) => [...expressionNames(formula)]));
  for (const placed of allFormulas(template)) {
    const what = mistakeInFormula(placed, template.values, shown);
    if (what !== null) return { path: placed.path, what };
  }
  const unused = [...template.values.keys()].find((name) => !shown.has(name));
  if (unused !== undefined) return { path: ['values', unused], what: 'the question does not show it' };
  return original && mistakeInOriginal(template, original);
}

function allFormulas({ question, conditions, answer, wrong }: Template): Placed[] {
  const ofAnswer = (given: TemplateAnswer, path: PropertyKey[]): Placed[] =>
    given.kind === 'number'
      ? [{ path, formula: given.formula, role: 'number' }]
      : formulasOf(given.text).map((formula) => ({ path, formula, role: 'in-text' }));
  return [
    ...formulasOf(question).map((formula): Placed => ({ path: ['question'], formula, role: 'in-text' })),
    ...conditions.map((formula, i): Placed => ({ path: ['conditions', i], formula, role: 'condition' })),
    ...ofAnswer(answer, ['answer']),
    ...wrong.flatMap((given, i) => ofAnswer(given, ['wrong', i])),
  ];
}

function mistakeInFormula(
  { formula, role }: Placed,
  values: Template['values'],
  shown: ReadonlySet<string>,
): string | null {
  const names = [...expressionNames(formula)];
  const unknown = names.find((name) => !values.has(name));
  if (unknown !== undefined) return `uses ${JSON.stringify(unknown)}, which is not among the values`;
  const isAlone = role === 'in-text' && formula.kind === 'name';
  const text = isAlone ? undefined : names.find((name) => values.get(name)?.kind === 'texts');
  if (text !== undefined) return `calculates with ${JSON.stringify(text)}, which is a text`;
  const type = typeMistake(formula, role === 'condition' ? 'condition' : 'number');
  if (type !== null) return type;
  const hidden = role === 'condition' ? undefined : names.find((name) => !shown.has(name));
  return hidden === undefined ? null : `uses ${JSON.stringify(hidden)}, which the question does not show`;
}

function typeMistake(formula: Expression, expected: 'number' | 'condition'): string | null {
  try {
    if (expressionType(formula) === expected) return null;
    return expected === 'number' ? 'is a comparison, not a number' : 'is a number, not a comparison';
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
}

function formulasOf(text: Text): readonly Expression[] {
  return text.flatMap((part) => (typeof part === 'string' ? [] : [part]));
}

function mistakeInOriginal(template: Template, original: Assignment): Mistake | null {
  const { values } = template;
  const missing = [...values.keys()].find((name) => !original.has(name));
  if (missing !== undefined) return { path: ['original'], what: `lacks ${JSON.stringify(missing)}` };
  for (const [name, value] of original) {
    const range = values.get(name);
    const path = ['original', name];
    if (!range) return { path, what: 'is not among the values' };
    if ((range.kind === 'texts') !== (typeof value === 'string')) {
      return { path, what: range.kind === 'texts' ? 'must be a text, as in values' : 'must be a number, as in values' };
    }
  }
  const published = instantiate(template, original);
  return 'cause' in published ? { path: ['original'], what: `cannot be asked: ${describeUnusable(published)}` } : null;
}
