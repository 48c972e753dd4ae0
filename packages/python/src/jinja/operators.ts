import { isDict, isInt, isList, narrow, PythonFloat, PythonTuple, pythonNumber } from '../value.ts';
import { percentFormat } from './percent.ts';
import { jinjaText } from './print.ts';
import {
  asIndex,
  asText,
  getDictItem,
  iterate,
  type JinjaValue,
  jinjaEquals,
  jinjaTypeName,
  Markup,
  NotRead,
  sequenceItems,
  TemplateError,
  Undefined,
  View,
} from './value.ts';

export function calculate(operator: string, left: JinjaValue, right: JinjaValue): JinjaValue {
  for (const value of [left, right]) if (value instanceof Undefined) value.fail();
  if (operator === '+')
    return left instanceof Markup || right instanceof Markup ? addMarkup(left, right) : add(left, right);
  if (operator === '*') return multiply(left, right);
  if (operator === '%' && typeof left === 'string') return percentFormat(left, right);
  return arithmetic(operator, left, right);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};

/** Text added to the result of the filter `safe` is escaped. */
function addMarkup(left: JinjaValue, right: JinjaValue): Markup {
  const texts = [left, right].map((value) => {
    if (value instanceof Markup) return value.text;
    return asText(value, 'what is added to a text').replace(/[&<>'"]/g, (character) => ESCAPES[character] ?? '');
  });
  return new Markup(texts.join(''));
}

function add(left: JinjaValue, right: JinjaValue): JinjaValue {
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  if (left instanceof PythonTuple && right instanceof PythonTuple)
    return new PythonTuple<JinjaValue>([...left.items, ...right.items]);
  if (isList(left) && isList(right)) return [...left, ...right];
  return arithmetic('+', left, right);
}

/** Longer texts and lists would only fill the memory. */
const LONGEST = 10_000_000;

function multiply(left: JinjaValue, right: JinjaValue): JinjaValue {
  if (!isSequence(left) && isSequence(right)) return multiply(right, left);
  if (!isSequence(left) || (typeof right !== 'number' && typeof right !== 'boolean'))
    return arithmetic('*', left, right);
  const times = Math.max(0, Number(right));
  const length = typeof left === 'string' ? left.length : (sequenceItems(left)?.length ?? 0);
  if (times * length > LONGEST) throw new TemplateError('a text or list becomes too long');
  if (typeof left === 'string') return left.repeat(times);
  const items = Array.from({ length: times }, () => sequenceItems(left) ?? []).flat();
  return left instanceof PythonTuple ? new PythonTuple<JinjaValue>(items) : items;
}

const isSequence = (value: JinjaValue): boolean =>
  typeof value === 'string' || isList(value) || value instanceof PythonTuple;

function arithmetic(operator: string, left: JinjaValue, right: JinjaValue): JinjaValue {
  if (isInt(left) && isInt(right)) {
    if (operator !== '/') return ofIntegers(operator, left, right);
  } else if (pythonNumber(left) === null || pythonNumber(right) === null) {
    if (typeof left === 'bigint' || typeof right === 'bigint') throw new NotRead('a large number meets a float');
    throw new TemplateError(`${jinjaTypeName(left)} ${operator} ${jinjaTypeName(right)} is not possible`);
  }
  return new PythonFloat(ofFloats(operator, Number(pythonNumber(left)), Number(pythonNumber(right))));
}

function ofIntegers(operator: string, left: number | bigint | boolean, right: number | bigint | boolean): JinjaValue {
  const [a, b] = [BigInt(left), BigInt(right)];
  if (operator === '+') return narrow(a + b);
  if (operator === '-') return narrow(a - b);
  if (operator === '*') return narrow(a * b);
  if (operator === '**') {
    if (b < 0n) return new PythonFloat(ofFloats('**', Number(a), Number(b)));
    if (b > 1000n) throw new NotRead('the power is too large');
    return narrow(a ** b);
  }
  if (b === 0n) throw new TemplateError('a division by zero');
  const remainder = ((a % b) + b) % b;
  return narrow(operator === '%' ? remainder : (a - remainder) / b);
}

function ofFloats(operator: string, a: number, b: number): number {
  if (['/', '//', '%'].includes(operator) && b === 0) throw new TemplateError('a division by zero');
  if (operator === '+') return a + b;
  if (operator === '-') return a - b;
  if (operator === '*') return a * b;
  if (operator === '/') return a / b;
  if (operator === '**') {
    if ((a === 0 && b < 0) || (a < 0 && !Number.isInteger(b))) throw new NotRead('the power has no real value');
    return a ** b;
  }
  let remainder = a % b;
  if (remainder !== 0 && remainder < 0 !== b < 0) remainder += b;
  return operator === '%' ? remainder : Math.round((a - remainder) / b);
}

export function signed(value: JinjaValue, negative: boolean): JinjaValue {
  if (value instanceof Undefined) value.fail();
  if (value instanceof PythonFloat) return new PythonFloat(negative ? -value.value : value.value);
  if (!isInt(value)) throw new TemplateError(`a value of type ${jinjaTypeName(value)} has no sign`);
  return narrow(negative ? -BigInt(value) : BigInt(value));
}

/** Comparisons and `in`. */
export function compares(operator: string, left: JinjaValue, right: JinjaValue): boolean {
  if (operator === '==') return jinjaEquals(left, right);
  if (operator === '!=') return !jinjaEquals(left, right);
  if (operator === 'in') return contains(right, left);
  if (operator === 'not in') return !contains(right, left);
  const order = compareJinjaValues(left, right);
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

function contains(container: JinjaValue, value: JinjaValue): boolean {
  if (typeof container === 'string') {
    if (typeof value !== 'string') throw new TemplateError('only text can be in text');
    return container.includes(value);
  }
  if (isDict(container)) return getDictItem(container, value) !== undefined;
  // By hand, since `for … of` would close a generator that finds the value.
  const items = iterate(container);
  for (let next = items.next(); !next.done; next = items.next()) if (jinjaEquals(next.value, value)) return true;
  return false;
}

/** Below, equal to or above 0. @throws TemplateError for values without an order */
export function compareJinjaValues(left: JinjaValue, right: JinjaValue): number {
  for (const value of [left, right]) if (value instanceof Undefined) value.fail();
  const [a, b] = [pythonNumber(left), pythonNumber(right)];
  if (a !== null && b !== null) return a - b;
  if (isInt(left) && isInt(right)) return BigInt(left) < BigInt(right) ? -1 : Number(left !== right);
  if (typeof left === 'string' && typeof right === 'string') return compareTexts(left, right);
  const [first, second] = [sequenceItems(left), sequenceItems(right)];
  if (first === null || second === null || jinjaTypeName(left) !== jinjaTypeName(right) || left instanceof View) {
    throw new TemplateError(`${jinjaTypeName(left)} and ${jinjaTypeName(right)} have no order`);
  }
  const different = first.findIndex((item, i) => i >= second.length || !jinjaEquals(item, second[i] ?? null));
  if (different === -1) return first.length - second.length;
  if (different >= second.length) return 1;
  return compareJinjaValues(first[different] ?? null, second[different] ?? null);
}

/** By code points, as in Python. */
function compareTexts(left: string, right: string): number {
  const [a, b] = [[...left], [...right]];
  for (const [i, character] of a.entries()) {
    const difference = (character.codePointAt(0) ?? 0) - (b[i]?.codePointAt(0) ?? -1);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** `sequence[start:stop:step]`. @throws TemplateError for other values */
export function slice(value: JinjaValue, start: JinjaValue, stop: JinjaValue, step: JinjaValue): JinjaValue {
  if (value instanceof View && value.type === 'range') throw new NotRead('a slice of a range is not read');
  const isText = typeof value === 'string';
  const items = isText ? [...value] : value instanceof View ? null : sequenceItems(value);
  if (items === null) throw new TemplateError(`a value of type ${jinjaTypeName(value)} has no slice`);
  const indices = [start, stop, step].map((bound) => (bound === null ? null : asIndex(bound, 'a bound of a slice')));
  const [from = null, to = null, by = null] = indices;
  const taken = sliceOf<JinjaValue>(items, from, to, by);
  if (isText) return taken.map(jinjaText).join('');
  return value instanceof PythonTuple ? new PythonTuple<JinjaValue>(taken) : taken;
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

export const concatenate = (values: readonly JinjaValue[]): string => values.map(jinjaText).join('');
