import { repr as pythonRepr } from '../print.ts';
import { isDict, isList, PythonTuple } from '../value.ts';
import { type Dict, Markup, Namespace, NotRead, Special, typeName, Undefined, type Value, View } from './value.ts';

/** `str(value)`, as `{{ value }}` shows it. @throws NotRead for a function and the like, which Python shows with an address */
export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) {
    value.failIfStrict();
    return '';
  }
  if (value instanceof Markup) return value.text;
  return repr(value);
}

/** `repr(value)`. */
export function repr(value: Value): string {
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof PythonTuple) {
    return value.items.length === 1 ? `(${value.items.map(repr)},)` : `(${value.items.map(repr).join(', ')})`;
  }
  if (isList(value)) return `[${value.map(repr).join(', ')}]`;
  if (isDict(value)) return reprDict(value);
  if (value instanceof View) return value.shown ?? `${value.type}([${value.items.map(repr).join(', ')}])`;
  if (value instanceof Namespace) return `<Namespace ${reprDict(value.values)}>`;
  if (value instanceof Special) throw new NotRead(`a value of type ${typeName(value)} is not printed here`);
  return pythonRepr(value);
}

const reprDict = (dict: Dict): string =>
  `{${[...dict].map(([key, item]) => `${repr(key)}: ${repr(item)}`).join(', ')}}`;
