import { toText } from '../../platform/python/print.ts';
import {
  elementsOf,
  isDict,
  isTrue,
  numberOf,
  type PythonDict,
  PythonError,
  PythonFloat,
  PythonTuple,
  type PythonValue,
} from '../../platform/python/value.ts';
import { applyFilter } from './filters.ts';
import { callMethod, hasMethod } from './methods.ts';
import type { Argument, CallExpression, Expression, FilterName, Slice, Statement, Template } from './nodes.ts';
import { operate, sliceOf } from './operators.ts';
import { type Arguments, asIndex, defined, Method, Undefined, type Value } from './value.ts';

type Scope = Map<string, PythonValue>;

const CONSTANTS: Readonly<Record<string, PythonValue>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
};
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>=', 'in', 'not in'];
const LONGEST_RANGE = 10_000;

/**
 * A template with the fields of a document as its variables, as Jinja (3.1) renders it in lm-evaluation-harness.
 * @throws PythonError for an undefined name, and for everything that is not read
 */
export function renderTemplate(template: Template, document: PythonDict): string {
  const scope: Scope = new Map([...document].map(([key, value]) => [toText(key), value]));
  return renderAll(template.body, scope);
}

function renderAll(statements: readonly Statement[], scope: Scope): string {
  return statements.map((statement) => render(statement, scope)).join('');
}

function render(statement: Statement, scope: Scope): string {
  switch (statement.type) {
    case 'Comment':
      return '';
    case 'If':
      return renderAll(isTrue(evaluate(statement.test, scope)) ? statement.body : statement.alternate, scope);
    case 'Set':
      set(statement, scope);
      return '';
    case 'For':
      return renderFor(statement, scope);
    default: {
      const value = look(statement, scope);
      return value instanceof Undefined && value.isPrinted ? '' : toText(defined(value));
    }
  }
}

function set({ assignee, value, body }: Statement & { readonly type: 'Set' }, scope: Scope): void {
  if (assignee.type !== 'Identifier') throw new PythonError('{% set %} is read with one name only');
  scope.set(assignee.value, value === null ? renderAll(body, new Map(scope)) : evaluate(value, scope));
}

/** What is set within a loop stays there. */
function renderFor(statement: Statement & { readonly type: 'For' }, scope: Scope): string {
  const { loopvar, iterable, body, defaultBlock } = statement;
  if (iterable.type === 'SelectExpression') throw new PythonError('a loop with a condition is not read');
  const items = elementsOf(evaluate(iterable, scope));
  if (items === null) throw new PythonError('a loop is not over a list');
  if (items.length === 0) return renderAll(defaultBlock, scope);
  return items
    .map((item, i) => {
      const inner: Scope = new Map(scope);
      inner.set('loop', loopOf(items, i));
      bindLoop(loopvar, item, inner);
      return renderAll(body, inner);
    })
    .join('');
}

function bindLoop(target: Expression, item: PythonValue, scope: Scope): void {
  if (target.type === 'Identifier') {
    scope.set(target.value, item);
    return;
  }
  const items = target.type === 'TupleLiteral' ? elementsOf(item) : null;
  if (target.type !== 'TupleLiteral' || items?.length !== target.value.length) {
    throw new PythonError('a loop has another number of names than its items have values');
  }
  for (const [i, name] of target.value.entries()) bindLoop(name, items[i] ?? null, scope);
}

function loopOf(items: readonly PythonValue[], i: number): PythonDict {
  const n = items.length;
  return new Map<PythonValue, PythonValue>([
    ['index', i + 1],
    ['index0', i],
    ['revindex', n - i],
    ['revindex0', n - i - 1],
    ['first', i === 0],
    ['last', i === n - 1],
    ['length', n],
  ]);
}

const evaluate = (expression: Expression, scope: Scope): PythonValue => defined(look(expression, scope));

/** The value of an expression, which may be undefined. */
function look(expression: Expression, scope: Scope): Value {
  switch (expression.type) {
    case 'StringLiteral':
      return expression.value;
    case 'IntegerLiteral':
      return expression.value;
    case 'FloatLiteral':
      return new PythonFloat(expression.value);
    case 'Identifier':
      return lookUp(expression.value, scope);
    case 'ArrayLiteral':
      return expression.value.map((item) => evaluate(item, scope));
    case 'TupleLiteral':
      return new PythonTuple(expression.value.map((item) => evaluate(item, scope)));
    case 'ObjectLiteral':
      return new Map([...expression.value].map(([key, value]) => [evaluate(key, scope), evaluate(value, scope)]));
    case 'BinaryExpression':
      return binary(expression, scope);
    case 'UnaryExpression':
      return unary(expression.operator.value, evaluate(expression.argument, scope));
    case 'MemberExpression':
      return member(expression, scope);
    case 'CallExpression':
      return call(expression, scope);
    case 'FilterExpression':
      return filter(expression.operand, expression.filter, scope);
    case 'TestExpression':
      return test(look(expression.operand, scope), expression.test.value) !== expression.negate;
    case 'SelectExpression':
      return isTrue(evaluate(expression.test, scope))
        ? look(expression.lhs, scope)
        : new Undefined('the else of a condition', { isPrinted: true });
    case 'Ternary':
      return look(isTrue(evaluate(expression.condition, scope)) ? expression.trueExpr : expression.falseExpr, scope);
    default:
      throw new PythonError(`${(expression as { type: string }).type} is not read`);
  }
}

function lookUp(name: string, scope: Scope): Value {
  const value = scope.get(name);
  if (value !== undefined) return value;
  return Object.hasOwn(CONSTANTS, name) ? (CONSTANTS[name] ?? null) : new Undefined(name);
}

/** Operators that the parser puts on one level, and Jinja does not. */
function binary(expression: Expression & { readonly type: 'BinaryExpression' }, scope: Scope): PythonValue {
  const { operator, left, right } = expression;
  const name = operator.value;
  if (name === 'and' || name === 'or') {
    const first = evaluate(left, scope);
    return isTrue(first) === (name === 'and') ? evaluate(right, scope) : first;
  }
  const inner = left.type === 'BinaryExpression' ? left.operator.value : '';
  if (COMPARISONS.includes(name) && COMPARISONS.includes(inner))
    throw new PythonError('a chain of comparisons is not read');
  if (name === '~' && ['+', '-'].includes(inner)) throw new PythonError(`${inner} before ~ is not read`);
  return operate(name, evaluate(left, scope), evaluate(right, scope));
}

function unary(operator: string, value: PythonValue): PythonValue {
  if (operator === 'not') return !isTrue(value);
  const number = numberOf(value);
  if (number === null) throw new PythonError(`${operator} stands before something that is no number`);
  const signed = operator === '-' ? -number : number;
  return value instanceof PythonFloat ? new PythonFloat(signed) : signed + 0;
}

function member(expression: Expression & { readonly type: 'MemberExpression' }, scope: Scope): Value {
  const { property, computed } = expression;
  const owner = evaluate(expression.object, scope);
  if (property.type === 'SliceExpression') return slice(owner, property, scope);
  const key = computed || property.type !== 'Identifier' ? evaluate(property, scope) : property.value;
  const isAttribute = !computed && typeof key === 'string';
  // `a.b` is the attribute, else the element; `a['b']` the other way around.
  if (isAttribute && hasMethod(owner, key)) return new Method(owner, key);
  const element = elementAt(owner, key);
  if (element !== undefined) return element;
  return typeof key === 'string' && hasMethod(owner, key)
    ? new Method(owner, key)
    : new Undefined(`the element ${toText(key)}`);
}

function elementAt(owner: PythonValue, key: PythonValue): PythonValue | undefined {
  if (isDict(owner)) return owner.get(key);
  const index = typeof key === 'boolean' ? Number(key) : key;
  return typeof index === 'number' ? elementsOf(owner)?.at(index) : undefined;
}

function slice(owner: PythonValue, { start, stop, step }: Slice, scope: Scope): PythonValue {
  const bound = (expression: Expression | undefined) => {
    const value = expression === undefined ? null : evaluate(expression, scope);
    return value === null ? null : asIndex(value, 'a bound of a slice');
  };
  const elements = isDict(owner) ? null : elementsOf(owner);
  if (elements === null) throw new PythonError('a slice is not of a list');
  const taken = sliceOf(elements, bound(start), bound(stop), bound(step));
  if (typeof owner === 'string') return taken.join('');
  return owner instanceof PythonTuple ? new PythonTuple(taken) : taken;
}

function call({ callee, args }: CallExpression, scope: Scope): PythonValue {
  if (callee.type === 'Identifier' && callee.value === 'range' && !scope.has('range')) {
    return range(argumentsOf(args, scope).positional.map((value) => asIndex(value, 'an argument of range')));
  }
  const method = callee.type === 'MemberExpression' ? look(callee, scope) : null;
  if (method instanceof Method) return callMethod(method.owner, method.name, argumentsOf(args, scope));
  const name =
    callee.type === 'Identifier'
      ? callee.value
      : callee.type === 'MemberExpression' && callee.property.type === 'Identifier'
        ? callee.property.value
        : 'something';
  throw new PythonError(`the call of ${name} is not read`);
}

function range(bounds: readonly number[]): PythonValue {
  const [first = 0, second, step = 1] = bounds;
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (bounds.length > 3 || !(length <= LONGEST_RANGE)) throw new PythonError('the call of range is not read');
  return Array.from({ length }, (_, i) => start + i * step);
}

function filter(operand: Expression, name: FilterName, scope: Scope): Value {
  const callee = name.type === 'CallExpression' ? name.callee : name;
  if (callee.type !== 'Identifier') throw new PythonError('a filter without a name is not read');
  const args = argumentsOf(name.type === 'CallExpression' ? name.args : [], scope);
  const value = look(operand, scope);
  if (value instanceof Undefined && callee.value === 'default')
    return args.positional[0] ?? args.named.get('default_value') ?? '';
  return applyFilter(callee.value, defined(value), args);
}

function argumentsOf(args: readonly Argument[], scope: Scope): Arguments {
  const positional: PythonValue[] = [];
  const named = new Map<string, PythonValue>();
  for (const argument of args) {
    if (argument.type === 'KeywordArgumentExpression') named.set(argument.key.value, evaluate(argument.value, scope));
    else positional.push(evaluate(argument, scope));
  }
  return { positional, named };
}

function test(value: Value, name: string): boolean {
  if (name === 'defined') return !(value instanceof Undefined);
  if (name === 'undefined') return value instanceof Undefined;
  // The test compares by identity, which an undefined value allows.
  if (name === 'none') return value === null;
  const known = defined(value);
  switch (name) {
    case 'string':
      return typeof known === 'string';
    case 'number':
      return typeof known === 'bigint' || numberOf(known) !== null;
    case 'mapping':
      return isDict(known);
    case 'true':
      return known === true;
    case 'false':
      return known === false;
    default:
      throw new PythonError(`the test ${name} is not read`);
  }
}
