import { basename, extname } from 'node:path';
import { quotingUnlessLinked } from '../../platform/leading-outside.ts';
import { UserError } from '../../platform/user-error.ts';
import type { ChoiceScoring, ProbeItem } from '../item.ts';
import { templateItems } from '../templates/items.ts';
import { readTemplates } from '../templates/read.ts';
import type { AskedTask } from './asked-document.ts';
import { askedItems } from './asked-items.ts';
import { conversionOf } from './conversions.ts';
import { readCsv } from './csv.ts';
import { indexOrText, typeAnswers, typeQuotedAnswers } from './csv-answers.ts';
import type { FieldNames } from './field-names.ts';
import { describeRedrawn } from './fresh-twins.ts';
import { groupChoiceItems, groupExactItems, groupPairedItems } from './group-twins.ts';
import { readJson } from './json.ts';
import { readJsonl } from './jsonl.ts';
import { readBytes, readLines } from './lines.ts';
import type { StepMode } from './link-steps.ts';
import { areSamples } from './lm-eval/sample.ts';
import { readSamples } from './lm-eval/samples.ts';
import type { LocatedItem } from './located-item.ts';
import { nameFields } from './name-fields.ts';
import { checkPairs, readPairedRecord, withKinds } from './pairs.ts';
import { readParquetRecords } from './parquet.ts';
import { type ProbeRecord, quote, readChoiceRecord, readExactRecord, repeatsChoice } from './records.ts';
import { type DerivedKind, deriveChoiceItems, deriveExactItems } from './twins.ts';

/** A team's own benchmark. */
export interface FileSuite {
  /** Derived twins follow their benchmark form; paired items come in the order of the file. */
  readonly items: readonly ProbeItem[];
  /** Whether another seed derives other twins. */
  readonly seeded: boolean;
  /** Unusual records that can be used, one line each: `FILE:12: …`. */
  readonly warnings: readonly string[];
  /** Whether its prompts are messages of a chat; as the policy says if missing. */
  readonly chatTemplate?: boolean;
}

export interface FileOptions {
  /** Seed of the derived twins. */
  readonly seed: number;
  /** Kinds of the derived twins; all if missing. */
  readonly kinds?: readonly DerivedKind[];
  /** Whether the whole file is a twin of another one: then it gets no twins of its own. */
  readonly isGroup?: boolean;
  /**
   * How choices that are text are scored: instead of `per-character` for derived forms, and instead of `raw` for
   * paired items without a scoring of their own. Labels (`A`, `(ii)`) are always scored raw, since their length means
   * nothing.
   */
  readonly scoring?: ChoiceScoring;
  /** Which word problems are redrawn; `strict` if missing. */
  readonly steps?: StepMode;
  /** What the file calls its fields, if not by names that are known. */
  readonly fields?: FieldNames;
  /** Of samples of lm-evaluation-harness: the filter by which generated answers are read. */
  readonly filter?: string;
}

const ALL_KINDS: readonly DerivedKind[] = ['open', 'format', 'fresh'];

interface Reader {
  readonly read: (
    bytes: Buffer,
    file: string,
    fields: FieldNames | undefined,
  ) => readonly ProbeRecord[] | Promise<readonly ProbeRecord[]>;
  /** Whether values are cells, which have no type. */
  readonly cells: boolean;
}

const JSONL: Reader = { read: (bytes, file) => readJsonl(readLines(bytes, file), file), cells: false };

function table(delimiter: ',' | '\t'): Reader {
  return { read: (bytes, file, fields) => readCsv(readLines(bytes, file), file, { delimiter, fields }), cells: true };
}

const READERS: Readonly<Record<string, Reader>> = {
  '.jsonl': JSONL,
  '.ndjson': JSONL,
  '.json-lines': JSONL,
  '.json': { read: readJson, cells: false },
  '.csv': table(','),
  '.tsv': table('\t'),
  '.parquet': { read: readParquetRecords, cells: false },
};

/** Files of templates, instead of records. */
const TEMPLATES: readonly string[] = ['.yaml', '.yml'];

/**
 * Read a file of probes, and derive twins for a benchmark that has none.
 *
 * The file is JSONL, a JSON list, parquet, or CSV or TSV with a header, in one of three formats, recognized by its keys:
 * - `{id?, question, choices, answer}`: multiple choice as in MMLU;
 * - `{id?, question, answer}`: a final answer after `####` as in GSM8K, or a short one;
 * - `{id, capability, form, twin_of, prompt, choices and answer, or target}`: benchmark forms with their twins.
 *
 * Names of fields that `fields` maps, and those of some public benchmarks, are read as the first two. A CSV file without a
 * header is one of MMLU. Or the file is YAML with templates, from which benchmark forms and fresh twins are drawn.
 *
 * A record without an id is named after its line, `NAME:12`, so its twins change when lines move.
 * @throws UserError with the line, the field and what to do
 */
export function readProbeFile(path: string, options: FileOptions): Promise<FileSuite> {
  return quotingUnlessLinked(path, () => readFileSuite(path, options));
}

async function readFileSuite(path: string, options: FileOptions): Promise<FileSuite> {
  const extension = extname(path).toLowerCase();
  if (TEMPLATES.includes(extension)) return drawSuite(path, options);
  const reader = READERS[extension];
  if (!reader) {
    const command = conversionOf(path);
    throw new UserError(
      `${path} does not have the file extension of a probe file`,
      command === null ? `use one of ${[...Object.keys(READERS), ...TEMPLATES].join(', ')}` : `convert it: ${command}`,
    );
  }
  const { fields, scoring, filter } = options;
  const read = await reader.read(await readBytes(path), path, fields);
  if (areSamples(read)) return readAskedTask(await readSamples(read, path, { scoring, filter }), path, options);
  if (filter !== undefined) {
    throw new UserError(`${path}: filter: it has no samples of lm-evaluation-harness`, 'leave filter out');
  }
  const { records, warnings } = nameFields(read, { file: path, cells: reader.cells, fields });
  const suite = readItems(records, path, { ...options, cells: reader.cells });
  return { ...suite, warnings: [...warnings, ...suite.warnings] };
}

/** Questions in the words of a harness. */
function readAskedTask(task: AskedTask, path: string, options: FileOptions): FileSuite {
  const { seed, kinds = ALL_KINDS, isGroup = false, scoring = 'per-character', steps = 'strict', fields } = options;
  const { located, warnings } = askedItems(task, {
    path,
    seed,
    kinds,
    isGroup,
    scoring,
    steps,
    nameFields: (records) => nameFields(records, { file: path, cells: false, fields }),
    isMapped: fields !== undefined,
  });
  return {
    items: uniqueItems(located),
    seeded: !isGroup,
    warnings: [...task.warnings, ...warnings],
    ...(task.chatTemplate === null ? {} : { chatTemplate: task.chatTemplate }),
  };
}

/** Questions that are drawn from templates. */
async function drawSuite(
  path: string,
  { seed, scoring, isGroup = false, steps, fields }: FileOptions,
): Promise<FileSuite> {
  if (steps !== undefined) throw notSteps(path);
  if (fields !== undefined) throw new UserError(`${path}: fields: templates have no records`, 'leave fields out');
  const templates = await readTemplates(path);
  const options = { file: path, seed, scoring: scoring ?? 'per-character', isGroup };
  const located = templateItems(templates, options).map((item) => ({ where: path, item }));
  return { items: uniqueItems(located), seeded: true, warnings: [] };
}

function readItems(
  records: readonly ProbeRecord[],
  path: string,
  options: FileOptions & { readonly cells: boolean },
): FileSuite {
  const { seed, scoring, kinds = ALL_KINDS, isGroup = false, steps, fields, cells } = options;
  const defaultId = ({ line }: ProbeRecord) => `${basename(path, extname(path))}:${line}`;
  const seeded = !isGroup;
  const format = recognizeFormat(records, path);
  if (steps !== undefined && (isGroup || format !== 'exact')) throw notSteps(path);
  switch (format) {
    case 'paired': {
      // In this format an answer is always an index, and a cell has no type.
      const located = (cells ? records.map(indexOrText) : records).map((record) => ({
        where: record.where,
        item: readPairedRecord(record, scoring ?? 'raw'),
      }));
      if (isGroup) return { items: uniqueItems(groupPairedItems(located)), seeded, warnings: [] };
      const items = uniqueItems(located);
      checkPairs(located);
      return { items: withKinds(items), seeded: false, warnings: [] };
    }
    case 'exact': {
      const questions = records.map((record) => readExactRecord(record, defaultId(record)));
      if (isGroup) return { items: uniqueItems(groupExactItems(questions)), seeded, warnings: [] };
      const located = deriveExactItems(questions, { seed, kinds, steps: steps ?? 'strict' });
      const share = kinds.includes('fresh') ? describeRedrawn(path, questions, located) : null;
      return { items: uniqueItems(located), seeded, warnings: share === null ? [] : [share] };
    }
    case 'choice': {
      const type = cells ? typeAnswers : fields === undefined ? null : typeQuotedAnswers;
      const typed = type === null ? { records, warnings: [] } : type(records, path);
      const questions = typed.records.map((record) => readChoiceRecord(record, defaultId(record)));
      const texts = scoring ?? 'per-character';
      const located = isGroup
        ? groupChoiceItems(questions, texts)
        : deriveChoiceItems(questions, { seed, kinds, scoring: texts });
      const repeated = questions
        .filter(repeatsChoice)
        .map(({ where }) => `${where}: choices: two are the same; they count as one where the text is the answer`);
      return { items: uniqueItems(located), seeded, warnings: [...typed.warnings, ...repeated] };
    }
  }
}

function notSteps(path: string): UserError {
  return new UserError(
    `${path}: steps: its questions are not redrawn`,
    'leave steps out: it is for questions without choices whose answers have steps like <<3*4=12>>',
  );
}

function uniqueItems(located: readonly LocatedItem[]): ProbeItem[] {
  const lines = new Map<string, string>();
  for (const { item, where } of located) {
    const first = lines.get(item.id);
    if (first !== undefined) {
      throw new UserError(`${where}: id: ${first} already has the id ${quote(item.id)}`, 'make all ids different');
    }
    lines.set(item.id, where);
  }
  return located.map(({ item }) => item);
}

const FORMATS = {
  choice: 'a question with choices',
  exact: 'a question without choices',
  paired: 'a benchmark form or twin',
} as const;

type Format = keyof typeof FORMATS;

const FORMAT_HINT =
  'give {"question", "choices", "answer"}, {"question", "answer"} or {"id", "capability", "form", "twin_of", "prompt", …}';

/**
 * All records of a file must have one format: items of different formats could not be compared.
 * @throws UserError with the first line that has none of the formats, or another one than the first line
 */
function recognizeFormat(records: readonly ProbeRecord[], file: string): Format {
  const [first] = records;
  if (!first) throw new UserError(`${file} has no records`, FORMAT_HINT);
  const format = formatOf(first);
  for (const record of records) {
    const other = formatOf(record);
    if (other === format) continue;
    throw new UserError(
      `${record.where}: ${FORMATS[other]}, but ${first.where} is ${FORMATS[format]}`,
      'correct the keys of that line, or use one file for each format',
    );
  }
  return format;
}

function formatOf({ fields, where }: ProbeRecord): Format {
  if ('form' in fields || ('prompt' in fields && !('question' in fields))) return 'paired';
  if ('question' in fields) return 'choices' in fields ? 'choice' : 'exact';
  throw new UserError(`${where}: neither "question" nor "prompt"`, FORMAT_HINT);
}
