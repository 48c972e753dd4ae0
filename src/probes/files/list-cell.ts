import { parseJson } from '../../platform/parse-json.ts';
import { UserError } from '../../platform/user-error.ts';
import { quote } from './records.ts';

/** @throws UserError for a cell that is no JSON list; an empty one has no choices */
export function parseListCell(cell: string, place: string): unknown[] {
  if (cell === '') return [];
  const list = parseCell(cell);
  if (Array.isArray(list)) return list;
  throw new UserError(
    `${place}: ${quote(cell)} is not a JSON list`,
    'give ["one", "another"], quoted for CSV: "[""one"", ""another""]"',
  );
}

function parseCell(text: string): unknown {
  try {
    return parseJson(text, { name: 'a cell', hint: 'shorten it' });
  } catch {
    return undefined;
  }
}
