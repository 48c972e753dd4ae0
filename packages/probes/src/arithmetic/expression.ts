import { at } from '@shadow-gate/platform';
import jsep from 'jsep';
import {
  addRationals,
  compareRationals,
  divideRationals,
  isWhole,
  multiplyRationals,
  negateRational,
  parseDecimal,
  type Rational,
  rational,
  subtractRationals,
} from './rational.ts';

const ARITHMETIC = ['+', '-', '*', '/', '%'] as const;
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='] as const;
const LOGIC = ['&&', '||'] as const;
const FUNCTIONS = ['min', 'max', 'abs', 'round'] as const;

export type Expression =
  | { readonly kind: 'number'; readonly value: Rational }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'negative'; readonly operand: Expression }
  | { readonly kind: 'not'; readonly operand: Expression }
  | Calculation<'arithmetic', (typeof ARITHMETIC)[number]>
  | Calculation<'comparison', (typeof COMPARISONS)[number]>
  | Calculation<'logic', (typeof LOGIC)[number]>
  | { readonly kind: 'call'; readonly name: (typeof FUNCTIONS)[number]; readonly operands: readonly Expression[] };

export interface Calculation<Kind, Operator> {
  readonly kind: Kind;
  readonly operator: Operator;
  readonly left: Expression;
  readonly right: Expression;
}

export type ExpressionNumber = Extract<Expression, { readonly kind: 'number' }>;

/** A text is not a formula, or has no value. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

/** Null for an ExpressionError. */
export function attempt<T>(evaluate: () => T): T | null {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof ExpressionError) return null;
    throw error;
  }
}

/** Long enough for every readable formula; the parser recurses for each parenthesis. */
const LONGEST = 500;

/** Parse `(a + 2) * b`, `a > b && a % 2 == 0`, `max(a, b)`. @throws ExpressionError */
export function parseExpression(text: string): Expression {
  if (text.length > LONGEST) throw new ExpressionError(`has more than ${LONGEST} characters`);
  return convert(parseTree(text));
}

function parseTree(text: string): jsep.Expression {
  try {
    return jsep(text);
  } catch (error) {
    throw new ExpressionError(`is not a formula: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function convert(tree: jsep.Expression): Expression {
  const node = tree as jsep.CoreExpression;
  switch (node.type) {
    case 'Literal': {
      const value = parseDecimal(node.raw);
      if (value === null) throw new ExpressionError(`has ${node.raw}, which is not a number like 12 or 0.5`);
      return { kind: 'number', value };
    }
    case 'Identifier':
      return { kind: 'name', name: node.name };
    case 'UnaryExpression': {
      const operand = convert(node.argument);
      if (node.operator === '-') return { kind: 'negative', operand };
      if (node.operator === '+') return operand;
      if (node.operator === '!') return { kind: 'not', operand };
      throw new ExpressionError(`has the operator ${node.operator}, which is not known here`);
    }
    case 'BinaryExpression':
      return operation(node.operator, convert(node.left), convert(node.right));
    case 'CallExpression': {
      const { callee } = node as { readonly callee: jsep.Expression & { readonly name?: unknown } };
      const name = FUNCTIONS.find((known) => callee.type === 'Identifier' && callee.name === known);
      if (name === undefined) throw new ExpressionError(`calls a function other than ${FUNCTIONS.join(', ')}`);
      const operands = node.arguments.map(convert);
      const isUnary = name === 'abs' || name === 'round';
      if (isUnary ? operands.length !== 1 : operands.length < 2) {
        throw new ExpressionError(`calls ${name} with ${operands.length} values`);
      }
      return { kind: 'call', name, operands };
    }
    case 'Compound':
      throw new ExpressionError(node.body.length === 0 ? 'is empty' : 'has two formulas without an operator between');
    default:
      throw new ExpressionError('has something other than numbers, names, operators and parentheses');
  }
}

function operation(operator: string, left: Expression, right: Expression): Expression {
  const arithmetic = ARITHMETIC.find((known) => known === operator);
  if (arithmetic) return { kind: 'arithmetic', operator: arithmetic, left, right };
  const comparison = COMPARISONS.find((known) => known === operator);
  if (comparison) return { kind: 'comparison', operator: comparison, left, right };
  const logic = LOGIC.find((known) => known === operator);
  if (logic) return { kind: 'logic', operator: logic, left, right };
  throw new ExpressionError(`has the operator ${operator}, which is not known here`);
}

/** Whether a formula is a number or a condition. @throws ExpressionError if a part of it is the wrong one */
export function expressionType(expression: Expression): 'number' | 'condition' {
  const expected = expression.kind === 'logic' || expression.kind === 'not' ? 'condition' : 'number';
  for (const part of partsOf(expression)) {
    if (expressionType(part) === expected) continue;
    throw new ExpressionError(
      expected === 'number' ? 'calculates with a comparison' : 'combines a number as if it were a comparison',
    );
  }
  return expected === 'condition' || expression.kind === 'comparison' ? 'condition' : 'number';
}

/** Values of names and, if given, in place of numbers. */
export interface Values {
  readonly ofName: (name: string) => Rational;
  readonly ofNumber?: (number: ExpressionNumber) => Rational;
}

/** The value of a formula. @throws ExpressionError for a comparison, and for a division by zero */
export function evaluateNumber(expression: Expression, values: Values): Rational {
  const value = evaluate(expression, values);
  if (typeof value === 'boolean') throw new ExpressionError('is a comparison, not a number');
  return value;
}

/** Whether a condition is true. @throws ExpressionError for a number, and for a division by zero */
export function evaluateCondition(expression: Expression, values: Values): boolean {
  const value = evaluate(expression, values);
  if (typeof value !== 'boolean') throw new ExpressionError('is a number, not a comparison');
  return value;
}

function evaluate(expression: Expression, values: Values): Rational | boolean {
  switch (expression.kind) {
    case 'number':
      return values.ofNumber?.(expression) ?? expression.value;
    case 'name':
      return values.ofName(expression.name);
    case 'negative':
      return negateRational(evaluateNumber(expression.operand, values));
    case 'not':
      return !evaluateCondition(expression.operand, values);
    case 'logic': {
      const left = evaluateCondition(expression.left, values);
      const isDecided = expression.operator === '&&' ? !left : left;
      return isDecided ? left : evaluateCondition(expression.right, values);
    }
    case 'comparison': {
      const order = compareRationals(evaluateNumber(expression.left, values), evaluateNumber(expression.right, values));
      return HOLDS[expression.operator](order);
    }
    case 'arithmetic': {
      const [left, right] = [evaluateNumber(expression.left, values), evaluateNumber(expression.right, values)];
      return CALCULATE[expression.operator](left, right);
    }
    case 'call':
      return CALL[expression.name](expression.operands.map((operand) => evaluateNumber(operand, values)));
  }
}

/** Whether a comparison holds for a difference of this sign. */
const HOLDS: Readonly<Record<(typeof COMPARISONS)[number], (order: number) => boolean>> = {
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

const CALCULATE: Readonly<Record<(typeof ARITHMETIC)[number], (left: Rational, right: Rational) => Rational>> = {
  '+': addRationals,
  '-': subtractRationals,
  '*': multiplyRationals,
  '/': quotient,
  '%': (left, right) => subtractRationals(left, multiplyRationals(right, wholePart(quotient(left, right)))),
};

function quotient(left: Rational, right: Rational): Rational {
  if (right.numerator === 0n) throw new ExpressionError('divides by zero');
  return divideRationals(left, right);
}

const CALL: Readonly<Record<(typeof FUNCTIONS)[number], (operands: readonly Rational[]) => Rational>> = {
  min: (operands) => operands.reduce((least, value) => (compareRationals(value, least) < 0 ? value : least)),
  max: (operands) => operands.reduce((most, value) => (compareRationals(value, most) > 0 ? value : most)),
  abs: (operands) => (at(operands, 0).numerator < 0n ? negateRational(at(operands, 0)) : at(operands, 0)),
  round: (operands) => wholePart(addRationals(at(operands, 0), rational(1n, 2n))),
};

/** The largest whole number that is not above. */
function wholePart(value: Rational): Rational {
  const { numerator, denominator } = value;
  if (isWhole(value)) return value;
  const quotient = numerator / denominator;
  return rational(numerator < 0n ? quotient - 1n : quotient);
}

/** From left to right. */
export function expressionNumbers(expression: Expression): ExpressionNumber[] {
  return expression.kind === 'number' ? [expression] : partsOf(expression).flatMap(expressionNumbers);
}

/** The numbers of a formula that multiply or divide something. */
export function productFactors(expression: Expression): ReadonlySet<Expression> {
  const parts = partsOf(expression);
  const isProduct = expression.kind === 'arithmetic' && (expression.operator === '*' || expression.operator === '/');
  const own = isProduct ? parts.filter(({ kind }) => kind === 'number') : [];
  return new Set([...own, ...parts.flatMap((part) => [...productFactors(part)])]);
}

export function expressionNames(expression: Expression): ReadonlySet<string> {
  return new Set(
    expression.kind === 'name' ? [expression.name] : partsOf(expression).flatMap((part) => [...expressionNames(part)]),
  );
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'number':
    case 'name':
      return [];
    case 'negative':
    case 'not':
      return [expression.operand];
    case 'call':
      return expression.operands;
    default:
      return [expression.left, expression.right];
  }
}
