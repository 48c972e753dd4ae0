import { isDict, isList, PythonFloat, type PythonValue } from '@shadow-gate/python';

/** Python's name for the type of a value. `huge`: an int beyond 2^53, which is rounded here. */
export type ConfigKind = 'null' | 'bool' | 'int' | 'huge' | 'float' | 'str' | 'list' | 'dict';

/** The kinds of the numbers in each object and list of a config.json: JavaScript does not tell them apart. */
const KINDS = new WeakMap<object, ReadonlyMap<string, ConfigKind>>();

/** A parsed config as values of JavaScript, with the types of its numbers kept for `configKindIn`. */
export function withNumberKinds(value: PythonValue): unknown {
  if (value instanceof PythonFloat) return value.value;
  if (typeof value === 'bigint') return Number(value);
  if (isDict(value)) {
    // `__proto__` becomes a key like any other.
    const entries = [...value].map(([key, item]): [string, PythonValue] => [String(key), item]);
    return remember(Object.fromEntries(entries.map(([key, item]) => [key, withNumberKinds(item)])), entries);
  }
  if (!isList(value)) return value;
  return remember(
    value.map(withNumberKinds),
    value.map((item, i) => [String(i), item]),
  );
}

function remember<T extends object>(made: T, entries: readonly (readonly [string, PythonValue])[]): T {
  const numbers = entries.flatMap(([key, item]): [string, ConfigKind][] => {
    if (item instanceof PythonFloat) return [[key, 'float']];
    return typeof item === 'bigint' ? [[key, 'huge']] : [];
  });
  KINDS.set(made, new Map(numbers));
  return made;
}

/** The kind of a value in a config; null for a whole number outside of a config.json: it may be an int or a float. */
export function configKindIn(
  container: Readonly<Record<string, unknown>> | readonly unknown[],
  key: string,
): ConfigKind | null {
  const value = (container as Readonly<Record<string, unknown>>)[key];
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'str';
  // transformers 5 writes Infinity as an object.
  if (typeof value !== 'number') return Object.hasOwn(value as object, '__float__') ? 'float' : 'dict';
  if (!Number.isInteger(value)) return 'float';
  const kinds = KINDS.get(container);
  return kinds === undefined ? null : (kinds.get(key) ?? 'int');
}
