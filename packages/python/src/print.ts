import { isList, PythonFloat, PythonTuple, type PythonValue } from './value.ts';

/** `str(value)`. */
export const toText = (value: PythonValue): string => (typeof value === 'string' ? value : repr(value));

export const repr = (value: PythonValue): string => reprWith(value, repr);

/** @param inner prints the values inside it */
export function reprWith(value: PythonValue, inner: (value: PythonValue) => string): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return reprText(value);
  if (value instanceof PythonFloat) return reprFloat(value.value);
  if (value instanceof PythonTuple)
    return `(${value.items.map(inner).join(', ')}${value.items.length === 1 ? ',' : ''})`;
  if (isList(value)) return `[${value.map(inner).join(', ')}]`;
  return `{${[...value].map(([key, item]) => `${inner(key)}: ${inner(item)}`).join(', ')}}`;
}

/** `repr` of a float. Both languages give the shortest digits of the number, but use an exponent at other sizes. */
export function reprFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  if (value === 0) return '0.0';
  const [digits = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 16) {
    const plain =
      exponent < 0 ? value.toFixed(Math.min(100, (digits.split('.')[1] ?? '').length - exponent)) : String(value);
    return plain.includes('.') ? plain : `${plain}.0`;
  }
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
/** Characters that `str.isprintable` rejects, and those with an escape of their own. */
const ESCAPED = /[\\\n\r\t]|(?! )[\p{C}\p{Z}]/gu;

function reprText(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(ESCAPED, (character) => ESCAPES[character] ?? escapeCode(character.codePointAt(0) ?? 0));
  return `${mark}${mark === "'" ? escaped.replaceAll("'", "\\'") : escaped}${mark}`;
}

function escapeCode(code: number): string {
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xff_ff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
