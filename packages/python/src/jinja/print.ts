import { repr } from '../print.ts';
import { isDict, isList, PythonTuple } from '../value.ts';
import {
  type JinjaDict,
  type JinjaValue,
  jinjaTypeName,
  Markup,
  Namespace,
  NotRead,
  Special,
  Undefined,
  View,
} from './value.ts';

/**
 * `str(value)`, as `{{ value }}` shows it.
 * @throws NotRead for a function and the like, which Python shows with an address
 */
export function jinjaText(value: JinjaValue): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) {
    value.failIfStrict();
    return '';
  }
  if (value instanceof Markup) return value.text;
  return jinjaRepr(value);
}

/** `jinjaRepr(value)`. */
export function jinjaRepr(value: JinjaValue): string {
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof PythonTuple) {
    return value.items.length === 1 ? `(${value.items.map(jinjaRepr)},)` : `(${value.items.map(jinjaRepr).join(', ')})`;
  }
  if (isList(value)) return `[${value.map(jinjaRepr).join(', ')}]`;
  if (isDict(value)) return reprDict(value);
  if (value instanceof View) return value.shown ?? `${value.type}([${value.items.map(jinjaRepr).join(', ')}])`;
  if (value instanceof Namespace) return `<Namespace ${reprDict(value.values)}>`;
  if (value instanceof Special) throw new NotRead(`a value of type ${jinjaTypeName(value)} is not printed here`);
  return repr(value);
}

const reprDict = (dict: JinjaDict): string =>
  `{${[...dict].map(([key, item]) => `${jinjaRepr(key)}: ${jinjaRepr(item)}`).join(', ')}}`;
