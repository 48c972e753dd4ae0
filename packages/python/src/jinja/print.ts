import { reprWith } from '../print.ts';
import type { PythonValue } from '../value.ts';
import { type JinjaValue, jinjaTypeName, Markup, Namespace, NotRead, Special, Undefined, View } from './value.ts';

/** `str(value)`, as `{{ value }}` shows it. @throws NotRead for values that Python shows with an address */
export function jinjaText(value: JinjaValue): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) {
    value.failIfStrict();
    return '';
  }
  if (value instanceof Markup) return value.text;
  return jinjaRepr(value);
}

export function jinjaRepr(value: JinjaValue): string {
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof View) return value.shown ?? `${value.type}([${value.items.map(jinjaRepr).join(', ')}])`;
  if (value instanceof Namespace) return `<Namespace ${jinjaRepr(value.values)}>`;
  if (value instanceof Special) throw new NotRead(`a value of type ${jinjaTypeName(value)} is not printed here`);
  return reprWith(value as PythonValue, jinjaRepr);
}
