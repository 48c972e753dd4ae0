/** A float: 1.0 is not printed as 1. */
export class PythonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A tuple: it is not printed as a list. */
export class PythonTuple<T = PythonValue> {
  readonly items: readonly T[];

  constructor(items: readonly T[]) {
    this.items = items;
  }
}

export type PythonDict = ReadonlyMap<PythonValue, PythonValue>;

/** A value of Python: a number is an int, null is None. */
export type PythonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PythonFloat
  | PythonTuple
  | readonly PythonValue[]
  | PythonDict;

export class PythonError extends Error {}

export const isDict = <V>(value: V): value is Extract<V, ReadonlyMap<unknown, unknown>> => value instanceof Map;
export const isList = <V>(value: V): value is Extract<V, readonly unknown[]> => Array.isArray(value);
/** `isinstance(value, int)`: a bool is one. */
export const isInt = <V>(value: V): value is Extract<V, number | boolean | bigint> =>
  typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';

/** An int as a number where JavaScript does not round it. */
export const narrow = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

export function typeName(value: PythonValue): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' || typeof value === 'bigint') return 'int';
  if (typeof value === 'string') return 'str';
  if (value instanceof PythonFloat) return 'float';
  if (value instanceof PythonTuple) return 'tuple';
  return isList(value) ? 'list' : 'dict';
}

/** The number of an int, bool or float; null for other values and for large ints. */
export function pythonNumber(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value instanceof PythonFloat ? value.value : null;
}

/** Elements of a list or tuple, characters of a text, keys of a dict; null for other values. */
export function pythonElements(value: PythonValue): readonly PythonValue[] | null {
  if (typeof value === 'string') return [...value];
  if (value instanceof PythonTuple) return value.items;
  if (value === null || typeof value !== 'object' || value instanceof PythonFloat) return null;
  return isList(value) ? value : [...value.keys()];
}

export function isTrue(value: PythonValue): boolean {
  if (typeof value === 'bigint') return true;
  const number = pythonNumber(value);
  if (number !== null) return number !== 0;
  return (pythonElements(value)?.length ?? 0) > 0;
}

export function equals(a: PythonValue, b: PythonValue): boolean {
  const [x, y] = [pythonNumber(a), pythonNumber(b)];
  if (x !== null || y !== null) return x === y;
  if (isDict(a) || isDict(b)) {
    if (!isDict(a) || !isDict(b) || a.size !== b.size) return false;
    return [...a].every(([key, value]) => b.has(key) && equals(value, b.get(key) ?? null));
  }
  if (a === b) return true;
  if (typeName(a) !== typeName(b) || typeof a === 'string' || typeof a === 'bigint') return false;
  const [left, right] = [pythonElements(a) ?? [], pythonElements(b) ?? []];
  return left.length === right.length && left.every((value, i) => equals(value, right[i] ?? null));
}
