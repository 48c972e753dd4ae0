import { basename, extname } from 'node:path';
import { UserError } from '../../platform/user-error.ts';
import type { ChoiceScoring, ProbeItem } from '../item.ts';
import { readCsv } from './csv.ts';
import { readJsonl } from './jsonl.ts';
import { type Line, readBytes, readLines } from './lines.ts';
import { checkPairs, type PlacedItem, readPairedRecord } from './pairs.ts';
import { type ProbeRecord, quote, readChoiceRecord, readExactRecord, repeatsChoice } from './records.ts';
import { deriveChoiceItems, deriveExactItems } from './twins.ts';

/** A team's own benchmark. */
export interface FileSuite {
  /** Each benchmark form is followed by its twins where they are derived, else in the order of the file. */
  readonly items: readonly ProbeItem[];
  /** Whether another seed derives other twins. */
  readonly seeded: boolean;
  /** What is odd about the file but can be used, a line each: `FILE:12: …`. */
  readonly warnings: readonly string[];
}

export interface FileOptions {
  /** Of the derived twins. */
  readonly seed: number;
  /**
   * How choices are scored that are text: in place of `per-character` for derived cloze twins, and of `raw` for paired
   * items that do not say. Labels (`A`, `(ii)`) are always scored raw: their length means nothing.
   */
  readonly scoring?: ChoiceScoring;
}

const READERS: Readonly<Record<string, (lines: Iterable<Line>, file: string) => ProbeRecord[]>> = {
  '.jsonl': readJsonl,
  '.ndjson': readJsonl,
  '.json-lines': readJsonl,
  '.csv': readCsv,
};

/**
 * Read a file of probes, and derive the twins of a benchmark that has none.
 *
 * JSONL, or CSV with a header, in one of three formats, which its keys tell apart:
 * - `{id?, question, choices, answer}`, multiple choice as in MMLU;
 * - `{id?, question, answer}`, with a final answer after `####` as in GSM8K, or a short one;
 * - `{id, capability, form, twin_of, prompt, choices and answer, or target}`, forms that are paired already.
 *
 * A record without an id is named after its line, `NAME:12`, so that its twins change when lines move.
 * @throws UserError with the line, the field and what to do
 */
export async function readProbeFile(path: string, options: FileOptions): Promise<FileSuite> {
  const read = READERS[extname(path).toLowerCase()];
  if (!read) {
    const endings = Object.keys(READERS).join(', ');
    throw new UserError(`${path} does not end like a probe file`, `give one that ends with ${endings}`);
  }
  const bytes = await readBytes(path);
  return readItems(read(readLines(bytes, path), path), path, options);
}

function readItems(records: readonly ProbeRecord[], path: string, { seed, scoring }: FileOptions): FileSuite {
  const format = recogniseFormat(records, path);
  const defaultId = ({ line }: ProbeRecord) => `${basename(path, extname(path))}:${line}`;
  if (format === 'paired') {
    const placed = records.map((record) => ({ where: record.where, item: readPairedRecord(record, scoring ?? 'raw') }));
    const items = uniqueItems(placed);
    checkPairs(placed);
    return { items, seeded: false, warnings: [] };
  }
  if (format === 'exact') {
    const questions = records.map((record) => readExactRecord(record, defaultId(record)));
    return { items: uniqueItems(deriveExactItems(questions, seed)), seeded: true, warnings: [] };
  }
  const questions = records.map((record) => readChoiceRecord(record, defaultId(record)));
  const warnings = questions
    .filter(repeatsChoice)
    .map(({ where }) => `${where}: choices: one is there twice; its twins keep them in their order`);
  return { items: uniqueItems(deriveChoiceItems(questions, seed, scoring ?? 'per-character')), seeded: true, warnings };
}

function uniqueItems(placed: readonly PlacedItem[]): ProbeItem[] {
  const places = new Map<string, string>();
  for (const { item, where } of placed) {
    const first = places.get(item.id);
    if (first !== undefined) {
      throw new UserError(`${where}: id: ${first} has the id ${quote(item.id)} already`, 'give each its own');
    }
    places.set(item.id, where);
  }
  return placed.map(({ item }) => item);
}

const FORMATS = {
  choice: 'a question with choices',
  exact: 'a question without choices',
  paired: 'a prompt in one of its forms',
} as const;

export type Format = keyof typeof FORMATS;

const MEND =
  'give {"question", "choices", "answer"}, {"question", "answer"} or {"id", "capability", "form", "twin_of", "prompt", …}';

/**
 * The format of a file, known by the keys of its records: all of one format, or their items could not be compared.
 * @throws UserError with the first line that is of none, or of another than the first
 */
export function recogniseFormat(records: readonly ProbeRecord[], file: string): Format {
  const [first] = records;
  if (!first) throw new UserError(`${file} holds no records`, MEND);
  const format = formatOf(first);
  for (const record of records) {
    const other = formatOf(record);
    if (other === format) continue;
    throw new UserError(
      `${record.where}: ${FORMATS[other]}, but ${first.where} has ${FORMATS[format]}`,
      'mend the keys of that line, or give each format a file of its own',
    );
  }
  return format;
}

function formatOf({ fields, where }: ProbeRecord): Format {
  if ('prompt' in fields && !('question' in fields)) return 'paired';
  if ('form' in fields) return 'paired';
  if ('question' in fields) return 'choices' in fields ? 'choice' : 'exact';
  throw new UserError(`${where}: neither "question" nor "prompt"`, MEND);
}
