import { toText } from './print.ts';
import { isList, PythonFloat, PythonTuple, type PythonValue } from './value.ts';

/** Texts, which may contain numbers, and numbers. */
const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/gs;
/** Numbers whose type JavaScript loses travel as texts that begin so: no text of a file has this character before them. */
const MARK = '\u0000\u0001number:';

/** `json.loads(text)`, for a text that is JSON: 1 is an int and 1.0 a float. */
export function toPythonValues(text: string): PythonValue {
  const marked = text.replace(TEXT_OR_NUMBER, (token) => {
    if (token.startsWith('"')) return token;
    const isFloat = /[.eE]/.test(token);
    return isFloat || !Number.isSafeInteger(Number(token)) ? JSON.stringify(MARK + token) : token;
  });
  return fromJson(JSON.parse(marked));
}

/** A value of `JSON.parse`, whose whole numbers are ints. */
export function fromJson(value: unknown): PythonValue {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? value : new PythonFloat(value);
  if (typeof value === 'string') {
    if (!value.startsWith(MARK)) return value;
    const token = value.slice(MARK.length);
    return /[.eE]/.test(token) ? new PythonFloat(Number(token)) : BigInt(token);
  }
  if (Array.isArray(value)) return value.map(fromJson);
  return new Map(Object.entries(value as object).map(([key, item]) => [key, fromJson(item)]));
}

/** The value for `JSON.stringify`: a float is a number, keys are text, and a tuple is a list. */
export function toJson(value: PythonValue): unknown {
  if (value instanceof PythonFloat) return value.value;
  if (value instanceof PythonTuple) return value.items.map(toJson);
  if (typeof value === 'bigint') return String(value);
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) return value.map(toJson);
  return Object.fromEntries([...value].map(([key, item]) => [toText(key), toJson(item)]));
}
