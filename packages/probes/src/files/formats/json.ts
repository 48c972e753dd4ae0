import { UserError } from '@shadow-gate/platform';
import { endOfString, isObject, parseJson, withoutNonFinite } from '@shadow-gate/platform/json';
import type { ProbeRecord } from '../fields/records.ts';
import { decodeProbeText, expectFewRecords, MAX_LINE_BYTES } from './lines.ts';

const HINT =
  'give one list of objects, [{…}, {…}], or {"examples": [{…}, {…}]}; a file with one object per line is named .jsonl';

/** The key of BIG-Bench Hard, next to the name and the canary of a task. */
const EXAMPLES = 'examples';

/** A list, or an object's `examples`; `line` counts records. @throws UserError with the record and its line */
export function readJsonRecords(bytes: Buffer, file: string): ProbeRecord[] {
  const text = withoutNonFinite(decodeProbeText(bytes, file));
  if (text.trim() === '') return [];
  const whole = parseJson(text, { name: file, hint: HINT });
  const isInObject = isObject(whole) && Array.isArray(whole[EXAMPLES]);
  const list = isInObject ? whole[EXAMPLES] : whole;
  if (!Array.isArray(list)) throw new UserError(`${file} is not a list of records`, HINT);
  expectFewRecords(list.length, file);
  const places = placesOf(text, isInObject ? startOfExamples(text) : 0);
  return list.map((fields: unknown, index) => {
    const { line = 1, length = 0 } = places[index] ?? {};
    const where = `${file}: record ${index + 1} (line ${line})`;
    if (length > MAX_LINE_BYTES) {
      throw new UserError(`${where}: more than ${MAX_LINE_BYTES} characters`, 'shorten it');
    }
    if (!isObject(fields)) throw new UserError(`${where}: not a JSON object`, HINT);
    return { line: index + 1, where, fields };
  });
}

interface Place {
  /** First line of the element, from 1. */
  readonly line: number;
  /** In UTF-16 units, with the white space around it. */
  readonly length: number;
}

/** Offset of the list of examples in the valid JSON text of its object. */
function startOfExamples(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '[' || char === '{') depth++;
    else if (char === ']' || char === '}') depth--;
    if (char !== '"') continue;
    const end = endOfString(text, i);
    const [before] = /^\s*:\s*(?=\[)/.exec(text.slice(end + 1, end + 100)) ?? [];
    if (depth === 1 && before !== undefined && text.slice(i + 1, end) === EXAMPLES) return end + 1 + before.length;
    i = end;
  }
  return 0;
}

/** Places of the elements of a list that begins at `start` of a valid JSON text. */
function placesOf(text: string, start: number): Place[] {
  const places: Place[] = [];
  let [depth, line, begin, beginLine] = [0, text.slice(0, start).split('\n').length, -1, 1];
  const end = (i: number) => {
    if (begin !== -1) places.push({ line: beginLine, length: i - begin });
    begin = -1;
  };
  for (let i = start; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '\n') line++;
    if (depth === 1 && (char === ',' || char === ']')) end(i);
    else if (depth === 1 && begin === -1 && !/\s/.test(char)) [begin, beginLine] = [i, line];
    if (char === '"') i = endOfString(text, i);
    else if (char === '[' || char === '{') depth++;
    else if (char === ']' || char === '}') depth--;
    if (depth === 0 && char === ']') break;
  }
  return places;
}
