import { isDict, isInt, isList, numberOf, PythonFloat, PythonTuple } from '../value.ts';
import { formatPercent } from './percent.ts';
import { toText } from './print.ts';
import {
  asIndex,
  asText,
  equals,
  itemsOf,
  iterate,
  lookUp,
  Markup,
  NotRead,
  TemplateError,
  typeName,
  Undefined,
  type Value,
  View,
} from './value.ts';

/** `left operator right`. */
export function calculate(operator: string, left: Value, right: Value): Value {
  for (const value of [left, right]) if (value instanceof Undefined) value.fail();
  if (operator === '+')
    return left instanceof Markup || right instanceof Markup ? addMarkup(left, right) : add(left, right);
  if (operator === '*') return multiply(left, right);
  if (operator === '%' && typeof left === 'string') return formatPercent(left, right);
  return arithmetic(operator, left, right);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};

/** What is added to the result of the filter `safe` is escaped. */
function addMarkup(left: Value, right: Value): Markup {
  const texts = [left, right].map((value) => {
    if (value instanceof Markup) return value.text;
    return asText(value, 'what is added to a text').replace(/[&<>'"]/g, (character) => ESCAPES[character] ?? '');
  });
  return new Markup(texts.join(''));
}

function add(left: Value, right: Value): Value {
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  if (left instanceof PythonTuple && right instanceof PythonTuple)
    return new PythonTuple<Value>([...left.items, ...right.items]);
  if (isList(left) && isList(right)) return [...left, ...right];
  return arithmetic('+', left, right);
}

/** Longer ones would only fill the memory. */
const LONGEST = 10_000_000;

function multiply(left: Value, right: Value): Value {
  if (!isSequence(left) && isSequence(right)) return multiply(right, left);
  if (!isSequence(left) || (typeof right !== 'number' && typeof right !== 'boolean'))
    return arithmetic('*', left, right);
  const times = Math.max(0, Number(right));
  const length = typeof left === 'string' ? left.length : (itemsOf(left)?.length ?? 0);
  if (times * length > LONGEST) throw new TemplateError('a text or list becomes too long');
  if (typeof left === 'string') return left.repeat(times);
  const items = Array.from({ length: times }, () => itemsOf(left) ?? []).flat();
  return left instanceof PythonTuple ? new PythonTuple<Value>(items) : items;
}

const isSequence = (value: Value): boolean =>
  typeof value === 'string' || isList(value) || value instanceof PythonTuple;

function arithmetic(operator: string, left: Value, right: Value): Value {
  if (isInt(left) && isInt(right)) {
    if (operator !== '/') return ofIntegers(operator, left, right);
  } else if (numberOf(left) === null || numberOf(right) === null) {
    if (typeof left === 'bigint' || typeof right === 'bigint') throw new NotRead('a large number meets a float');
    throw new TemplateError(`${typeName(left)} ${operator} ${typeName(right)} is not possible`);
  }
  return new PythonFloat(ofFloats(operator, Number(numberOf(left)), Number(numberOf(right))));
}

function ofIntegers(operator: string, left: number | bigint | boolean, right: number | bigint | boolean): Value {
  const [a, b] = [BigInt(left), BigInt(right)];
  switch (operator) {
    case '+':
      return narrow(a + b);
    case '-':
      return narrow(a - b);
    case '*':
      return narrow(a * b);
    case '**':
      if (b < 0n) return new PythonFloat(ofFloats('**', Number(a), Number(b)));
      if (b > 1000n) throw new NotRead('the power is too large');
      return narrow(a ** b);
  }
  if (b === 0n) throw new TemplateError('a division by zero');
  const remainder = ((a % b) + b) % b;
  return narrow(operator === '%' ? remainder : (a - remainder) / b);
}

const narrow = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

function ofFloats(operator: string, a: number, b: number): number {
  if (['/', '//', '%'].includes(operator) && b === 0) throw new TemplateError('a division by zero');
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '**':
      if ((a === 0 && b < 0) || (a < 0 && !Number.isInteger(b))) throw new NotRead('the power has no real value');
      return a ** b;
  }
  let remainder = a % b;
  if (remainder !== 0 && remainder < 0 !== b < 0) remainder += b;
  if (operator === '%') return remainder;
  return Math.round((a - remainder) / b);
}

/** `-value` and `+value`. */
export function signed(value: Value, negative: boolean): Value {
  if (value instanceof Undefined) value.fail();
  if (value instanceof PythonFloat) return new PythonFloat(negative ? -value.value : value.value);
  if (!isInt(value)) throw new TemplateError(`a value of type ${typeName(value)} has no sign`);
  return narrow(negative ? -BigInt(value) : BigInt(value));
}

/** `left operator right` for comparisons and `in`. */
export function compares(operator: string, left: Value, right: Value): boolean {
  switch (operator) {
    case '==':
      return equals(left, right);
    case '!=':
      return !equals(left, right);
    case 'in':
      return contains(right, left);
    case 'not in':
      return !contains(right, left);
    case '<':
      return compare(left, right) < 0;
    case '<=':
      return compare(left, right) <= 0;
    case '>':
      return compare(left, right) > 0;
    default:
      return compare(left, right) >= 0;
  }
}

function contains(container: Value, value: Value): boolean {
  if (typeof container === 'string') {
    if (typeof value !== 'string') throw new TemplateError('only text can be in text');
    return container.includes(value);
  }
  if (isDict(container)) return lookUp(container, value) !== undefined;
  const items = iterate(container);
  for (let next = items.next(); !next.done; next = items.next()) if (equals(next.value, value)) return true;
  return false;
}

/** Below, equal to or above 0. @throws TemplateError for values without an order */
export function compare(left: Value, right: Value): number {
  for (const value of [left, right]) if (value instanceof Undefined) value.fail();
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== null && b !== null) return a - b;
  if (isInt(left) && isInt(right)) return BigInt(left) < BigInt(right) ? -1 : Number(left !== right);
  if (typeof left === 'string' && typeof right === 'string') return compareTexts(left, right);
  const [first, second] = [itemsOf(left), itemsOf(right)];
  if (first === null || second === null || typeName(left) !== typeName(right) || left instanceof View) {
    throw new TemplateError(`${typeName(left)} and ${typeName(right)} have no order`);
  }
  const different = first.findIndex((item, i) => i >= second.length || !equals(item, second[i] ?? null));
  if (different === -1) return first.length - second.length;
  if (different >= second.length) return 1;
  return compare(first[different] ?? null, second[different] ?? null);
}

/** By code points, as Python does it. */
function compareTexts(left: string, right: string): number {
  const [a, b] = [[...left], [...right]];
  for (const [i, character] of a.entries()) {
    const difference = (character.codePointAt(0) ?? 0) - (b[i]?.codePointAt(0) ?? -1);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** `sequence[start:stop:step]`. @throws TemplateError for what is no sequence */
export function slice(value: Value, start: Value, stop: Value, step: Value): Value {
  if (value instanceof View && value.type === 'range') throw new NotRead('a slice of a range is not read');
  const isText = typeof value === 'string';
  const items = isText ? [...value] : value instanceof View ? null : itemsOf(value);
  if (items === null) throw new TemplateError(`a value of type ${typeName(value)} has no slice`);
  const bounds = [start, stop, step].map((bound) => (bound === null ? null : asIndex(bound, 'a bound of a slice')));
  const taken = sliceOf<Value>(items, bounds[0] ?? null, bounds[1] ?? null, bounds[2] ?? null);
  if (isText) return taken.map(toText).join('');
  return value instanceof PythonTuple ? new PythonTuple<Value>(taken) : taken;
}

function sliceOf<T>(all: readonly T[], start: number | null, stop: number | null, step: number | null): T[] {
  const by = step ?? 1;
  if (by === 0) throw new TemplateError('a slice has the step 0');
  const n = all.length;
  const clamp = (index: number) => {
    const place = index < 0 ? index + n : index;
    return by > 0 ? Math.min(Math.max(place, 0), n) : Math.min(Math.max(place, -1), n - 1);
  };
  const from = start === null ? (by > 0 ? 0 : n - 1) : clamp(start);
  const to = stop === null ? (by > 0 ? n : -1) : clamp(stop);
  const taken: T[] = [];
  for (let i = from; by > 0 ? i < to : i > to; i += by) taken.push(all[i] as T);
  return taken;
}

/** `a ~ b`. */
export const concatenate = (values: readonly Value[]): string => values.map(toText).join('');
