import { UserError } from '@shadow-gate/platform';
import { isObject, parseJson, withoutNonFinite } from '@shadow-gate/platform/json';
import type { ProbeRecord } from '../fields/records.ts';
import { expectFewRecords, type Line } from './lines.ts';

const HINT = 'give one JSON object per line';

/** @throws UserError with a line that is not a JSON object */
export function readJsonl(lines: Iterable<Line>, file: string): ProbeRecord[] {
  const records: ProbeRecord[] = [];
  for (const { number, text } of lines) {
    if (text.trim() === '') continue;
    const where = `${file}:${number}`;
    expectFewRecords(records.length + 1, file);
    records.push({ line: number, where, fields: parseObject(text, where) });
  }
  return records;
}

function parseObject(text: string, where: string): Readonly<Record<string, unknown>> {
  // lm-evaluation-harness 0.4.2 wrote samples this way.
  if (text.trim() === '[') {
    throw new UserError(`${where}: a JSON list over many lines, not JSONL`, 'rename the file so that it ends in .json');
  }
  // The message quotes the line, perhaps with control characters.
  const notJson = ({ message }: Error) => `: not JSON: ${message.replace(/\p{Cc}+/gu, ' ')}`;
  const json = parseJson(withoutNonFinite(text), { name: where, hint: HINT, notJson });
  if (!isObject(json)) throw new UserError(`${where}: not a JSON object`, HINT);
  return json;
}
