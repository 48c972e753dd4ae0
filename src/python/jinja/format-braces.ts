import { repr, toText } from './print.ts';
import { type Arguments, NotRead, TemplateError, type Value } from './value.ts';

/** `'{} and {name}'.format(…)`, without attributes, elements and format specifications. @throws NotRead for these */
export function formatBraces(template: string, { positional, named }: Arguments): string {
  let automatic = 0;
  return template.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (whole, field?: string) => {
    if (whole === '{{' || whole === '}}') return whole.charAt(0);
    if (field === undefined) throw new TemplateError('a format has a single brace');
    const [, name = '', conversion] = /^([^!:.[]*)(?:!([rs]))?$/.exec(field) ?? fail(field);
    const key = name === '' ? String(automatic++) : name;
    const value: Value | undefined = /^\d+$/.test(key) ? positional[Number(key)] : named.get(key);
    if (value === undefined) throw new TemplateError(`a format has no value ${key}`);
    return conversion === 'r' ? repr(value) : toText(value);
  });
}

function fail(field: string): never {
  throw new NotRead(`the format {${field}} is not read`);
}
