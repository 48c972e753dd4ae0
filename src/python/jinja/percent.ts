import { isDict, isInt, isList, PythonFloat, PythonTuple } from '../value.ts';
import { repr, toText } from './print.ts';
import { lookUp, NotRead, TemplateError, type Value } from './value.ts';

/** `'%s of %d' % values`: conversions without a width or a precision. @throws NotRead for those that have one */
export function formatPercent(template: string, values: Value): string {
  const items = values instanceof PythonTuple ? values.items : [values];
  let used = 0;
  let named = false;
  const text = template.replace(/%(?:\(([^)]*)\))?([\s\S]?)/g, (_, name: string | undefined, conversion: string) => {
    if (conversion === '%' && name === undefined) return '%';
    if (name !== undefined) {
      named = true;
      if (!isDict(values)) throw new TemplateError('a format with names has no dict');
      const value = lookUp(values, name);
      if (value === undefined) throw new TemplateError(`a format has no value ${name}`);
      return convert(value, conversion);
    }
    const value = items[used];
    used += 1;
    if (value === undefined) throw new TemplateError('a format has not enough values');
    return convert(value, conversion);
  });
  const needsAll = values instanceof PythonTuple || !(isDict(values) || isList(values));
  if (!named && needsAll && used < items.length) throw new TemplateError('a format does not use all values');
  return text;
}

function convert(value: Value, conversion: string): string {
  switch (conversion) {
    case 's':
      return toText(value);
    case 'r':
      return repr(value);
    case 'd':
    case 'i':
      if (isInt(value)) return String(typeof value === 'boolean' ? Number(value) : value);
      if (value instanceof PythonFloat) return String(BigInt(Math.trunc(value.value)));
      throw new TemplateError('a format wants a number');
    default:
      throw new NotRead(`the format %${conversion} is not read`);
  }
}
