import { isDict, isInt, isList, PythonFloat, PythonTuple } from '../value.ts';
import { jinjaRepr, jinjaText } from './print.ts';
import { getDictItem, type JinjaValue, NotRead, TemplateError } from './value.ts';

/** `'%s of %d' % values`: conversions without a width or a precision. @throws NotRead for those that have one */
export function percentFormat(template: string, values: JinjaValue): string {
  const items = values instanceof PythonTuple ? values.items : [values];
  let used = 0;
  let named = false;
  const text = template.replace(/%(?:\(([^)]*)\))?([\s\S]?)/g, (_, name: string | undefined, conversion: string) => {
    if (conversion === '%' && name === undefined) return '%';
    if (name !== undefined) {
      named = true;
      if (!isDict(values)) throw new TemplateError('a format with names has no dict');
      const value = getDictItem(values, name);
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

function convert(value: JinjaValue, conversion: string): string {
  if (conversion === 's') return jinjaText(value);
  if (conversion === 'r') return jinjaRepr(value);
  if (conversion !== 'd' && conversion !== 'i') throw new NotRead(`the format %${conversion} is not read`);
  if (isInt(value)) return String(typeof value === 'boolean' ? Number(value) : value);
  if (value instanceof PythonFloat) return String(BigInt(Math.trunc(value.value)));
  throw new TemplateError('a format wants a number');
}
