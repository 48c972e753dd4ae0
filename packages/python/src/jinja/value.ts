import {
  isDict,
  isList,
  PythonError,
  type PythonFloat,
  PythonTuple,
  type PythonValue,
  pythonNumber,
  typeName,
} from '../value.ts';

/** A value in a template: of Python, or made by Jinja. */
export type JinjaValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PythonFloat
  | PythonTuple<JinjaValue>
  | readonly JinjaValue[]
  | JinjaDict
  | Undefined
  | Special;

export type JinjaDict = ReadonlyMap<JinjaValue, JinjaValue>;

/** Python or Jinja raises an exception. */
export class TemplateError extends PythonError {}

/** Jinja can do it, and this implementation cannot: it never gives a text that is only nearly the same. */
export class NotRead extends TemplateError {}

/** A missing name, attribute or element. */
export class Undefined {
  readonly problem: string;
  /** Like `StrictUndefined`, it cannot even be printed or compared. */
  readonly strict: boolean;

  constructor(problem: string, { strict = false }: { readonly strict?: boolean } = {}) {
    this.problem = problem;
    this.strict = strict;
  }

  fail(): never {
    throw new TemplateError(this.problem);
  }

  failIfStrict(): void {
    if (this.strict) this.fail();
  }
}

/** Any other value; `type` is Python's name for its type. */
export abstract class Special {
  abstract readonly type: string;
}

export interface Arguments {
  readonly positional: readonly JinjaValue[];
  readonly named: ReadonlyMap<string, JinjaValue>;
}

export class Callable extends Special {
  readonly type = 'function';
  readonly name: string;
  readonly call: (args: Arguments) => JinjaValue;

  constructor(name: string, call: (args: Arguments) => JinjaValue) {
    super();
    this.name = name;
    this.call = call;
  }
}

/** `namespace()`, the only value that a template can change. */
export class Namespace extends Special {
  readonly type = 'Namespace';
  readonly values = new Map<string, JinjaValue>();
}

/** The result of filters such as `map`: its values can be taken once. */
export class PythonIterator extends Special {
  readonly type = 'generator';
  readonly values: IterableIterator<JinjaValue>;

  constructor(values: IterableIterator<JinjaValue>) {
    super();
    this.values = values;
  }
}

/** `range(…)`, and `items()`, `keys()` and `values()` of a dict. */
export class View extends Special {
  readonly type: 'range' | 'dict_items' | 'dict_keys' | 'dict_values';
  readonly items: readonly JinjaValue[];
  /** As Python prints it, unless it prints the items. */
  readonly shown: string | null;

  constructor(type: View['type'], items: readonly JinjaValue[], shown: string | null = null) {
    super();
    this.type = type;
    this.items = items;
    this.shown = shown;
  }
}

/** The result of the filter `safe`, which escapes text added to it. Here it can only be printed or added to. */
export class Markup extends Special {
  readonly type = 'Markup';
  readonly text: string;

  constructor(text: string) {
    super();
    this.text = text;
  }
}

/** An entry of `groupby`: its parts have names. */
export class GroupTuple extends PythonTuple<JinjaValue> {}

export function jinjaTypeName(value: JinjaValue): string {
  if (value instanceof Undefined) return 'Undefined';
  return value instanceof Special ? value.type : typeName(value as PythonValue);
}

/** `len(value)`. @throws TemplateError without a length */
export function jinjaLength(value: JinjaValue): number {
  if (typeof value === 'string') return [...value].length;
  if (isDict(value)) return value.size;
  if (value instanceof Undefined) {
    value.failIfStrict();
    return 0;
  }
  const items = sequenceItems(value);
  if (items === null) throw new TemplateError(`a value of type ${jinjaTypeName(value)} has no length`);
  return items.length;
}

/** The items of a list, a tuple or a view; null for other values. */
export function sequenceItems(value: JinjaValue): readonly JinjaValue[] | null {
  if (value instanceof PythonTuple) return value.items;
  if (value instanceof View) return value.items;
  return isList(value) ? value : null;
}

/** `iter(value)`. @throws TemplateError for a value that is not iterable */
export function iterate(value: JinjaValue): IterableIterator<JinjaValue> {
  if (value instanceof PythonIterator) return value.values;
  if (typeof value === 'string') return value[Symbol.iterator]();
  if (isDict(value)) return value.keys();
  if (value instanceof Undefined) {
    value.failIfStrict();
    return [].values();
  }
  const items = sequenceItems(value);
  if (items === null) throw new TemplateError(`a value of type ${jinjaTypeName(value)} is not iterable`);
  return items.values();
}

export const listJinjaValues = (value: JinjaValue): JinjaValue[] => [...iterate(value)];

/** `bool(value)`. */
export function jinjaTruth(value: JinjaValue): boolean {
  if (value instanceof Undefined) {
    value.failIfStrict();
    return false;
  }
  if (value === null || typeof value === 'bigint') return value !== null;
  if (value instanceof Markup) return value.text !== '';
  if (typeof value === 'string') return value !== '';
  const number = pythonNumber(value);
  if (number !== null) return number !== 0;
  if (isDict(value)) return value.size > 0;
  const items = sequenceItems(value);
  return items === null || items.length > 0;
}

/** `a == b`. */
export function jinjaEquals(a: JinjaValue, b: JinjaValue): boolean {
  if (a instanceof Undefined || b instanceof Undefined) {
    for (const value of [a, b]) if (value instanceof Undefined) value.failIfStrict();
    return a instanceof Undefined && b instanceof Undefined;
  }
  const [x, y] = [pythonNumber(a), pythonNumber(b)];
  if (x !== null || y !== null) return x === y;
  if (isDict(a) && isDict(b)) {
    if (a.size !== b.size) return false;
    return [...a].every(([key, value]) => {
      const other = getDictItem(b, key);
      return other !== undefined && jinjaEquals(value, other);
    });
  }
  if (a === b || typeof a === 'string' || typeof a === 'bigint') return a === b;
  const [left, right] = [sequenceItems(a), sequenceItems(b)];
  if (left === null || right === null || jinjaTypeName(a) !== jinjaTypeName(b)) return false;
  if (a instanceof View && a.type !== 'range') throw new NotRead('views of a dict are not compared here');
  return left.length === right.length && left.every((value, i) => jinjaEquals(value, right[i] ?? null));
}

/** `dict.get(key)`. @returns undefined without such a key @throws TemplateError for a key without a hash */
export function getDictItem(dict: JinjaDict, key: JinjaValue): JinjaValue | undefined {
  if (typeof key === 'string') return dict.get(key);
  expectHash(key);
  const found = dict.get(key);
  if (found !== undefined || typeof key === 'bigint') return found;
  for (const [name, value] of dict) if (typeof name !== 'string' && jinjaEquals(name, key)) return value;
  return undefined;
}

/** @throws TemplateError if it cannot be the key of a dict */
export function expectHash(key: JinjaValue): void {
  if (key instanceof Undefined) key.failIfStrict();
  const isOpen = key instanceof View && (key.type === 'dict_items' || key.type === 'dict_keys');
  if (isList(key) || isDict(key) || isOpen)
    throw new TemplateError(`a value of type ${jinjaTypeName(key)} has no hash`);
  if (key instanceof PythonTuple) key.items.forEach(expectHash);
}

/** An int or bool as an index. @throws TemplateError for anything else */
export function asIndex(value: JinjaValue, what: string): number {
  if (value instanceof Undefined) value.fail();
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'number') throw new TemplateError(`${what} is not a whole number`);
  return value;
}

/** @throws TemplateError unless it is text */
export function asText(value: JinjaValue | undefined, what: string): string {
  if (typeof value !== 'string') throw new TemplateError(`${what} is not text`);
  return value;
}

/** Arguments by name, as Python binds them. @throws TemplateError for one too many, missing, or of unknown name */
export function bind(
  what: string,
  names: readonly string[],
  { positional, named }: Arguments,
  { required = 0 }: { readonly required?: number } = {},
) {
  if (positional.length > names.length) throw new TemplateError(`${what} takes at most ${names.length} arguments`);
  const bound = new Map(positional.map((value, i) => [names[i] ?? '', value]));
  for (const [name, value] of named) {
    if (!names.includes(name) || bound.has(name)) throw new TemplateError(`${what} got an unexpected argument ${name}`);
    bound.set(name, value);
  }
  for (const name of names.slice(0, required)) {
    if (!bound.has(name)) throw new TemplateError(`${what} is called without ${name}`);
  }
  return {
    /** None is a value, and does not give the fallback. */
    get<T extends JinjaValue | undefined = undefined>(name: string, fallback?: T): JinjaValue | T {
      const value = bound.get(name);
      return value === undefined ? (fallback as T) : value;
    },
  };
}
