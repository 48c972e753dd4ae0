import { UserError } from '@shadow-gate/platform';
import { parseJson } from '@shadow-gate/platform/json';
import { parsePrintedLiteral } from '@shadow-gate/python';
import { isLabeled } from './labels.ts';
import { quote } from './records.ts';

/**
 * A list in a cell, or texts with labels as in ARC, in JSON or as Python prints it.
 * @throws UserError for another cell; an empty one has no choices
 */
export function parseChoicesCell(cell: string, place: string): unknown {
  if (cell === '') return [];
  const value = parseCell(cell);
  if (Array.isArray(value) || isLabeled(value)) return value;
  throw new UserError(
    `${place}: ${quote(cell)} is not a JSON list`,
    `give ["one", "another"], quoted for CSV: "[""one"", ""another""]"; Python's ['one', 'another'] is read too`,
  );
}

/** The value of a cell that holds JSON, or what Python prints; undefined for other text. */
export function parseCell(text: string): unknown {
  try {
    return parseJson(text, { name: 'a cell', hint: 'shorten it' });
  } catch {
    return parsePrintedLiteral(text);
  }
}
