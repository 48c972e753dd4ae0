import { isList, PythonFloat, PythonTuple, type PythonValue, toText } from '@shadow-gate/python';

/** The value for `JSON.stringify`: a float is a number, keys are text, and a tuple is a list. */
export function pythonToJson(value: PythonValue): unknown {
  if (value instanceof PythonFloat) return value.value;
  if (value instanceof PythonTuple) return value.items.map(pythonToJson);
  if (typeof value === 'bigint') return String(value);
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) return value.map(pythonToJson);
  return Object.fromEntries([...value].map(([key, item]) => [toText(key), pythonToJson(item)]));
}
