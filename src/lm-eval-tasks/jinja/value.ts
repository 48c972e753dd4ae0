import { PythonError, type PythonValue } from '../../platform/python/value.ts';

/** A name or an element that is not there. Anything but `is defined` fails with it (`StrictUndefined`). */
export class Undefined {
  readonly what: string;
  /** Whether it is printed as nothing: so Jinja does it with the missing else of a condition, however strict it is. */
  readonly isPrinted: boolean;

  constructor(what: string, { isPrinted = false }: { readonly isPrinted?: boolean } = {}) {
    this.what = what;
    this.isPrinted = isPrinted;
  }
}

/** A method of a value, until it is called. */
export class Method {
  readonly name: string;
  readonly owner: PythonValue;

  constructor(owner: PythonValue, name: string) {
    this.owner = owner;
    this.name = name;
  }
}

export type Value = PythonValue | Undefined | Method;

/** @throws PythonError for what is not there, and for a method that is not called */
export function defined(value: Value): PythonValue {
  if (value instanceof Undefined) throw new PythonError(`${value.what} is undefined`);
  if (value instanceof Method) throw new PythonError(`the method ${value.name} is not called`);
  return value;
}

/** The arguments of a call. */
export interface Arguments {
  readonly positional: readonly PythonValue[];
  readonly named: ReadonlyMap<string, PythonValue>;
}

/**
 * Arguments by their names, as Python binds them.
 * @throws PythonError for one too many, or one that has no such name
 */
export function bind(
  what: string,
  names: readonly string[],
  { positional, named }: Arguments,
): Map<string, PythonValue> {
  if (positional.length > names.length) throw new PythonError(`${what} takes at most ${names.length} arguments here`);
  const bound = new Map(positional.map((value, i) => [names[i] ?? '', value]));
  for (const [name, value] of named) {
    if (!names.includes(name) || bound.has(name))
      throw new PythonError(`${what} is not read with the argument ${name}`);
    bound.set(name, value);
  }
  return bound;
}

/** @throws PythonError unless it is text */
export function asText(value: PythonValue | undefined, what: string): string {
  if (typeof value !== 'string') throw new PythonError(`${what} is not text`);
  return value;
}

/** @throws PythonError unless it is a whole number that JavaScript does not round */
export function asIndex(value: PythonValue | undefined, what: string): number {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'number') throw new PythonError(`${what} is not a whole number`);
  return value;
}
