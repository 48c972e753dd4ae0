import { UserError } from '@shadow-gate/platform';
import { parseJson } from '@shadow-gate/platform/json';
import { parsePrintedLiteral } from '@shadow-gate/python';
import { isLabeled } from './labels.ts';
import { quote } from './records.ts';

/** A list, or texts with labels as in ARC, as JSON or as Python prints it. @throws UserError for other cells */
export function parseChoicesCell(cell: string, place: string): unknown {
  if (cell === '') return [];
  const value = parseCell(cell);
  if (Array.isArray(value) || isLabeled(value)) return value;
  throw new UserError(
    `${place}: ${quote(cell)} is not a JSON list`,
    `give ["one", "another"], quoted for CSV: "[""one"", ""another""]"; Python's ['one', 'another'] is read too`,
  );
}

/** The value of a cell with JSON or a printed Python literal; undefined for other text. */
export function parseCell(text: string): unknown {
  try {
    return parseJson(text, { name: 'a cell', hint: 'shorten it' });
  } catch {
    return parsePrintedLiteral(text);
  }
}

/**
 * The value of a field, or of one inside it: `choices.text`. A name that has dots itself comes first. In a list, a
 * number takes one element, and a name takes that field of each: `answers.0`, `choices.text`.
 * @param cells whether values are cells, in which nested values are JSON or printed Python literals
 */
export function valueAt(
  fields: Readonly<Record<string, unknown>>,
  path: string,
  { cells }: { readonly cells: boolean },
): unknown {
  return inside(fields, path.split('.'), cells);
}

function inside(value: unknown, path: readonly string[], cells: boolean): unknown {
  if (path.length === 0) return value;
  if (typeof value === 'string' && cells) return inside(parseCell(value), path, false);
  if (Array.isArray(value)) return ofList(value, path);
  if (typeof value !== 'object' || value === null) return undefined;
  for (let count = path.length; count > 0; count--) {
    const name = path.slice(0, count).join('.');
    if (!Object.hasOwn(value, name)) continue;
    return inside((value as Record<string, unknown>)[name], path.slice(count), cells);
  }
  return undefined;
}

function ofList(list: readonly unknown[], path: readonly string[]): unknown {
  const [first = '', ...rest] = path;
  if (/^\d{1,3}$/.test(first)) return inside(list[Number(first)], rest, false);
  const values = list.map((element) => inside(element, path, false));
  return values.length > 0 && values.every((value) => value === undefined) ? undefined : values;
}
