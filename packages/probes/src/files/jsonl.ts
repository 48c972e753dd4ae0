import { UserError } from '@shadow-gate/platform';
import { isObject, parseJson, withoutNonFinite } from '@shadow-gate/platform/json';
import type { ProbeItem } from '../item.ts';
import { askedRecord } from './asked-fields.ts';
import { expectFewRecords, type Line } from './lines.ts';
import type { ProbeRecord } from './records.ts';

const HINT = 'give one JSON object per line';

/**
 * The records of a JSONL file, without its empty lines.
 * @throws UserError with the line, for one that is not a JSON object
 */
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
  // As lm-evaluation-harness 0.4.2 wrote its samples.
  if (text.trim() === '[') {
    throw new UserError(`${where}: a JSON list over many lines, not JSONL`, 'rename the file so that it ends in .json');
  }
  // The message quotes the line, perhaps with control characters.
  const notJson = ({ message }: Error) => `: not JSON: ${message.replace(/\p{Cc}+/gu, ' ')}`;
  const json = parseJson(withoutNonFinite(text), { name: where, hint: HINT, notJson });
  if (!isObject(json)) throw new UserError(`${where}: not a JSON object`, HINT);
  return json;
}

/**
 * Items as a JSONL file from which `readProbeFile` reads the same items, provided that they are in pairs, and the
 * policy calls their cluster `passage` where they have one.
 */
export function toJsonl(items: readonly ProbeItem[]): string {
  return items.map((item) => `${JSON.stringify(toRecord(item))}\n`).join('');
}

function toRecord(item: ProbeItem): object {
  const { id, capability, form, kind, fact, family, cluster, passage, oldLabel, oldLabels, level, prompt, question } =
    asWritten(item);
  const record = {
    id,
    capability,
    form,
    ...(kind === undefined ? {} : { kind }),
    twin_of: form === 'benchmark' ? null : fact,
    family,
    cluster,
    ...(passage === undefined ? {} : { passage }),
    ...(oldLabel === undefined ? {} : { old_label: oldLabel }),
    ...(oldLabels === undefined ? {} : { old_labels: oldLabels }),
    ...(level === undefined ? {} : { level }),
    prompt,
    ...askedRecord(item),
  };
  if (question.kind === 'exact') return { ...record, target: question.target };
  const { choices, answer, scoring } = question;
  return { ...record, choices, answer, scoring };
}

/** The items of a group are benchmark forms in their file: the policy makes them twins. */
function asWritten({ kind, ...item }: ProbeItem): ProbeItem {
  if (kind !== 'group') return kind === undefined ? item : { ...item, kind };
  return { ...item, form: item.id === item.fact ? 'benchmark' : 'benchmark-text' };
}
