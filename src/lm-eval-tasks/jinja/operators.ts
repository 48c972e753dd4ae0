import { toText } from '../../platform/python/print.ts';
import {
  elementsOf,
  equals,
  isDict,
  isList,
  numberOf,
  PythonError,
  PythonFloat,
  PythonTuple,
  type PythonValue,
  typeName,
} from '../../platform/python/value.ts';

/** The result of an operator on two values, `and` and `or` left out. */
export function operate(operator: string, left: PythonValue, right: PythonValue): PythonValue {
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
    case '>=':
      return compare(left, right) >= 0;
    case '~':
      return toText(left) + toText(right);
    case '+':
      return add(left, right);
    case '*':
      return multiply(left, right);
    default:
      return calculate(operator, left, right);
  }
}

function add(left: PythonValue, right: PythonValue): PythonValue {
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  if (left instanceof PythonTuple && right instanceof PythonTuple)
    return new PythonTuple([...left.items, ...right.items]);
  if (left !== null && right !== null && isArray(left) && isArray(right)) return [...left, ...right];
  return calculate('+', left, right);
}

const isArray = (value: PythonValue): value is readonly PythonValue[] => isList(value);

function multiply(left: PythonValue, right: PythonValue): PythonValue {
  if (typeof right === 'string' || isArray(right)) return multiply(right, left);
  if (typeof left === 'string' && typeof right === 'number') return left.repeat(Math.max(0, right));
  if (isArray(left) && typeof right === 'number') {
    return Array.from({ length: Math.max(0, right) }, () => left).flat();
  }
  return calculate('*', left, right);
}

function calculate(operator: string, left: PythonValue, right: PythonValue): PythonValue {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a === null || b === null)
    throw new PythonError(`${typeName(left)} ${operator} ${typeName(right)} is not possible`);
  const isFloat = left instanceof PythonFloat || right instanceof PythonFloat || operator === '/';
  if (['/', '//', '%'].includes(operator) && b === 0) throw new PythonError('a division by zero');
  const result = toNumber(operator, a, b);
  if (isFloat) return new PythonFloat(result);
  if (!Number.isSafeInteger(result)) throw new PythonError('a whole number is too large');
  // There is no -0 among ints.
  return result + 0;
}

function toNumber(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '//':
      return Math.floor(a / b);
    case '%':
      return a - b * Math.floor(a / b);
    default:
      throw new PythonError(`the operator ${operator} is not read`);
  }
}

function contains(container: PythonValue, value: PythonValue): boolean {
  if (typeof container === 'string') {
    if (typeof value !== 'string') throw new PythonError('only text can be in text');
    return container.includes(value);
  }
  if (isDict(container)) return [...container.keys()].some((key) => equals(key, value));
  const elements = elementsOf(container);
  if (elements === null) throw new PythonError(`nothing is in ${typeName(container)}`);
  return elements.some((element) => equals(element, value));
}

/** Below, equal to or above 0. */
function compare(left: PythonValue, right: PythonValue): number {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== null && b !== null) return a - b;
  if (typeof left !== 'string' || typeof right !== 'string') {
    throw new PythonError(`${typeName(left)} and ${typeName(right)} are not compared`);
  }
  const [first, second] = [[...left], [...right]];
  for (const [i, character] of first.entries()) {
    const difference = (character.codePointAt(0) ?? 0) - (second[i]?.codePointAt(0) ?? -1);
    if (difference !== 0) return difference;
  }
  return first.length - second.length;
}

/** Bounds of `sequence[start:stop:step]` as indices. */
export function sliceOf<T>(all: readonly T[], start: number | null, stop: number | null, step: number | null): T[] {
  const by = step ?? 1;
  if (by === 0) throw new PythonError('a slice has the step 0');
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
