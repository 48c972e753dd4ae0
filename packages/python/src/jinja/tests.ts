import { isDict, isInt, isList, PythonFloat, PythonTuple } from '../value.ts';
import type { Environment, Test } from './environment.ts';
import { Loop } from './loop.ts';
import { calculate, compares } from './operators.ts';
import { jinjaText } from './print.ts';
import { isLower, isUpper } from './text.ts';
import {
  bind,
  Callable,
  type JinjaValue,
  jinjaEquals,
  Markup,
  NotRead,
  PythonIterator,
  TemplateError,
  Undefined,
  View,
} from './value.ts';

const plain =
  (check: (value: JinjaValue, environment: Environment) => boolean): Test =>
  (value, args, environment) => {
    if (args.positional.length > 0 || args.named.size > 0) throw new TemplateError('a test has too many arguments');
    return check(value, environment);
  };

const withOther =
  (check: (value: JinjaValue, other: JinjaValue) => boolean): Test =>
  (value, args) => {
    const [name = 'other'] = args.named.keys();
    return check(value, bind('a test', [name], args, { required: 1 }).get(name) ?? null);
  };

const comparing = (operator: string) => withOther((value, other) => compares(operator, value, other));

const remains = (value: JinjaValue, divisor: JinjaValue, rest: number): boolean =>
  jinjaEquals(calculate('%', value, divisor), rest);

/** `a is b`, if every Python agrees. */
function isSame(value: JinjaValue, other: JinjaValue): boolean {
  const singletons = [null, true, false];
  if (singletons.includes(value as null) || singletons.includes(other as null)) return value === other;
  if (typeof value === 'object' && value !== null && !(value instanceof Undefined)) return value === other;
  throw new NotRead('the test sameas of texts and numbers is not read');
}

/** @throws TemplateError if missing values are strict */
function isEmpty(value: JinjaValue): boolean {
  if (value instanceof Undefined) value.failIfStrict();
  return value instanceof Undefined;
}

/** Does Python have `len` and an index of it? */
function isSequence(value: JinjaValue): boolean {
  if (value instanceof View) return value.type === 'range';
  return typeof value === 'string' || isDict(value) || Array.isArray(value) || value instanceof PythonTuple;
}

const isIterable = (value: JinjaValue): boolean =>
  isEmpty(value) ||
  isSequence(value) ||
  value instanceof View ||
  value instanceof PythonIterator ||
  value instanceof Loop;

const known = (names: (environment: Environment) => ReadonlyMap<JinjaValue, unknown>) =>
  plain((value, environment) => {
    if (isList(value) || isDict(value) || value instanceof View) throw new TemplateError('a list or dict is no name');
    return !isEmpty(value) && names(environment).has(value);
  });

const TESTS_BY_NAME: Readonly<Record<string, Test>> = {
  boolean: plain((value) => typeof value === 'boolean'),
  callable: plain((value) => value instanceof Callable || value instanceof Undefined || value instanceof Loop),
  defined: plain((value) => !(value instanceof Undefined)),
  divisibleby: withOther((value, divisor) => remains(value, divisor, 0)),
  even: plain((value) => remains(value, 2, 0)),
  escaped: plain(() => false),
  false: plain((value) => value === false),
  filter: known(({ filters }) => filters),
  float: plain((value) => value instanceof PythonFloat),
  in: withOther((value, container) => compares('in', value, container)),
  integer: plain((value) => typeof value === 'number' || typeof value === 'bigint'),
  iterable: plain(isIterable),
  lower: plain((value) => isLower(jinjaText(value))),
  mapping: plain(isDict),
  none: plain((value) => value === null),
  number: plain((value) => isInt(value) || value instanceof PythonFloat),
  odd: plain((value) => remains(value, 2, 1)),
  sameas: withOther(isSame),
  sequence: plain((value) => isSequence(value) || (value instanceof Undefined && !value.strict)),
  string: plain((value) => typeof value === 'string' || value instanceof Markup),
  test: known(({ tests }) => tests),
  true: plain((value) => value === true),
  undefined: plain((value) => value instanceof Undefined),
  upper: plain((value) => isUpper(jinjaText(value))),
  ...Object.fromEntries(['eq', 'equalto', '=='].map((name) => [name, comparing('==')])),
  ...Object.fromEntries(['ne', '!='].map((name) => [name, comparing('!=')])),
  ...Object.fromEntries(['lt', 'lessthan', '<'].map((name) => [name, comparing('<')])),
  ...Object.fromEntries(['le', '<='].map((name) => [name, comparing('<=')])),
  ...Object.fromEntries(['gt', 'greaterthan', '>'].map((name) => [name, comparing('>')])),
  ...Object.fromEntries(['ge', '>='].map((name) => [name, comparing('>=')])),
};

export const TESTS: Environment['tests'] = new Map(Object.entries(TESTS_BY_NAME));

/** @throws TemplateError if there is no such test */
export function testNamed(name: string, { tests }: Environment): Test {
  const test = tests.get(name);
  if (test === undefined) throw new TemplateError(`there is no test ${name}`);
  return test;
}
