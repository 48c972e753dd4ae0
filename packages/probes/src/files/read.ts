import { basename, extname } from 'node:path';
import { isDatasetPath, openDataset } from '@shadow-gate/checkpoints/hub';
import { at, given, UserError } from '@shadow-gate/platform';
import type { ChoiceScoring, ProbeItem } from '../item.ts';
import type { Seed } from '../random.ts';
import type { StepMode } from '../redraw/link-steps.ts';
import { type SlicesOfFacts, suiteNameFromFile } from '../suite.ts';
import { templateItems } from '../templates/items.ts';
import { readTemplates } from '../templates/schema.ts';
import { type AskedTask, askedItems } from './asked/asked-items.ts';
import { type Asking, askedForms, checkPrompt } from './asking.ts';
import { indexOrText } from './csv-answers.ts';
import { withExamples } from './few-shot.ts';
import { type FieldNames, questionFields, renameFields, withPassages } from './fields/field-names.ts';
import type { LocatedItem } from './fields/item-fields.ts';
import { nameFields } from './fields/known-fields.ts';
import { type ProbeRecord, quote } from './fields/records.ts';
import { hasTemplates, readFileRecords } from './formats/file-records.ts';
import { readParquetRecords } from './formats/parquet.ts';
import { groupPairedItems, groupQuestions } from './group-twins.ts';
import { quotingUnlessLinked } from './leading-outside.ts';
import { areSamples } from './lm-eval/sample.ts';
import { readSampledTask } from './lm-eval/samples.ts';
import { checkPairs, withPassagesOfFacts, withTwinKinds } from './paired/check-pairs.ts';
import { readPairedRecord } from './paired/paired-record.ts';
import { type Questions, type RecordsPlace, readQuestions, recognizeFormat } from './questions.ts';
import { requestItems } from './requests.ts';
import { type SlicedRecords, sliceFacts, sliceRecords } from './slices.ts';
import { type DerivedKind, deriveItems } from './twins.ts';

export interface FileSuite {
  /** Derived twins follow their benchmark form; paired items come in the order of the file. */
  readonly items: readonly ProbeItem[];
  /** Whether another seed derives other twins. */
  readonly seeded: boolean;
  /** `FILE:12: …` for each unusual record that can be used. */
  readonly warnings: readonly string[];
  /** Whether its prompts are chat messages; if missing, the policy decides. */
  readonly chatTemplate?: boolean;
  /** Address of a data set on a hub, with the commit. */
  readonly source?: string;
  /** They do not change how facts are asked. */
  readonly slices?: SlicesOfFacts;
}

export interface ProbeFileOptions {
  readonly seed: Seed;
  /** Kinds of the derived twins; all if missing. */
  readonly kinds?: readonly DerivedKind[];
  /** Whether the whole file is a twin of another one: then it gets no twins of its own. */
  readonly isGroup?: boolean;
  /** Its questions are judged one by one: they need no twins. */
  readonly isAlone?: boolean;
  /** Scoring of text choices: by default `per-character`, or `raw` in paired items. Labels are always scored raw. */
  readonly scoring?: ChoiceScoring;
  /** Which word problems are redrawn; `strict` if missing. */
  readonly steps?: StepMode;
  /** The file's names of its fields, if they are not known ones. */
  readonly fields?: FieldNames | undefined;
  /** For samples of lm-evaluation-harness: the filter that reads generated answers. */
  readonly filter?: string;
  /** Patterns of a refusal: the records are requests to refuse. */
  readonly refusals?: readonly string[];
  readonly asking?: Asking;
  /** Examples before each question: the first `count` of a file with the same kind of questions. */
  readonly fewShot?: { readonly path: string; readonly count: number };
  /** Facts are judged apart by the values of these fields. */
  readonly slices?: readonly string[];
  /** Text of a file with templates, if it has been read. */
  readonly text?: string;
}

const ALL_KINDS: readonly DerivedKind[] = ['open', 'format', 'fresh'];

/**
 * Read a file of probes, and derive twins for a benchmark that has none.
 *
 * The file is JSONL, a JSON list, parquet, or CSV or TSV with a header. Its keys tell one of three formats:
 * - `{id?, question, choices, answer}`: multiple choice as in MMLU;
 * - `{id?, question, answer}`: a final answer after `####` as in GSM8K, or a short one;
 * - `{id, capability, form, twin_of, prompt, choices and answer, or target}`: benchmark forms with their twins.
 *
 * Fields that `fields` maps and those of some public benchmarks are read as the first two, and a CSV file without a
 * header as MMLU. A YAML file has templates, which draw benchmark forms and fresh twins.
 *
 * A record without an id is named after its line, `NAME:12`, so its twins change when lines move.
 * @param path of a file, or of a split of a data set on a hub, `hf://datasets/org/name[@revision]/config/split`
 * @throws UserError with the line, the field and what to do
 */
export function readProbeFile(path: string, options: ProbeFileOptions): Promise<FileSuite> {
  if (isDatasetPath(path)) return readDataset(path, options);
  return quotingUnlessLinked(path, () => readFileSuite(path, options));
}

async function readFileSuite(path: string, options: ProbeFileOptions): Promise<FileSuite> {
  const { fields, scoring, filter, slices } = options;
  if (hasTemplates(path)) return drawSuite(path, options);
  const { records: read, cells } = await readFileRecords(path, fields, slices);
  if (areSamples(read)) return askedSuite(await readSampledTask(read, path, { scoring, filter }), path, options);
  return readRecords(read, { file: path, stem: basename(path, extname(path)) }, { ...options, cells });
}

async function readExamples(
  { path, count }: { readonly path: string; readonly count: number },
  fields: FieldNames | undefined,
): Promise<Questions> {
  const { records: read, cells } = isDatasetPath(path)
    ? { records: await readParquetRecords((await openDataset(path)).files, path, fields), cells: false }
    : await readFileRecords(path, fields);
  const { records } = nameFields(read, { file: path, cells, fields });
  const { warnings: _, ...questions } = readQuestions(records, { file: path, stem: path }, { cells, fields });
  if (questions.records.length >= count)
    return { ...questions, records: questions.records.slice(0, count) } as Questions;
  throw new UserError(
    `${path}: few-shot: ${count} examples are wanted, and it has ${questions.records.length}`,
    'lower count, or add some',
  );
}

/** Questions in the words of a harness, and their twins. @throws UserError for settings that would change the words */
export function askedSuite(task: AskedTask, path: string, options: ProbeFileOptions): FileSuite {
  expectUsual(options, path, 'its prompts are those of the harness');
  const { seed, kinds = ALL_KINDS, isGroup = false, scoring = 'per-character', steps = 'strict' } = options;
  const fields = questionFields(options.fields);
  const records = task.documents.map(({ record }) => record);
  const named = withPassages(records, options.fields?.cluster, { file: path, cells: false });
  const documents = task.documents.map((document, i) => ({ ...document, record: at(named, i) }));
  const { located, warnings } = askedItems(
    { ...task, documents },
    {
      ...{ path, seed, kinds, isGroup, scoring, steps },
      nameFields: (own) => nameFields(own, { file: path, cells: false, fields }),
      isMapped: fields !== undefined,
    },
  );
  return {
    ...uniqueItems(located, sliceRecords(records, options.slices, { file: path, cells: false })),
    seeded: !isGroup,
    warnings: [...task.warnings, ...warnings],
    ...(task.chatTemplate === null ? {} : { chatTemplate: task.chatTemplate }),
  };
}

/** Records without an id are named after their rows, `NAME/CONFIG/SPLIT:12`. */
async function readDataset(path: string, options: ProbeFileOptions): Promise<FileSuite> {
  const { files, source, moves } = await openDataset(path);
  const records = await readParquetRecords(files, path, options.fields, options.slices);
  const stem = suiteNameFromFile(path).replace(/^[^/]*\//, '');
  const suite = await readRecords(records, { file: path, stem }, { ...options, cells: false });
  const moving = `${path} can change: name ${source} in the policy, which this run has read`;
  return { ...suite, source, warnings: [...(moves ? [moving] : []), ...suite.warnings] };
}

type ReadOptions = ProbeFileOptions & { readonly cells: boolean };

async function readRecords(all: readonly ProbeRecord[], place: RecordsPlace, options: ReadOptions): Promise<FileSuite> {
  const { cells, filter, asking, fewShot, refusals } = options;
  const fields = questionFields(options.fields);
  const { file } = place;
  const read = withPassages(all, options.fields?.cluster, { file, cells });
  if (refusals !== undefined) {
    const requests = fields === undefined ? read : renameFields(read, fields, { file, cells });
    return { ...uniqueItems(requestItems(requests, place, refusals), null), seeded: false, warnings: [] };
  }
  if (asking?.prompt !== undefined) checkPrompt(asking.prompt, file);
  if (filter !== undefined) {
    throw new UserError(`${file}: filter: it has no samples of lm-evaluation-harness`, 'leave filter out');
  }
  const { records, warnings } = nameFields(read, { file, cells, fields });
  const examples = fewShot === undefined ? null : await readExamples(fewShot, fields);
  const sliced = sliceRecords(read, options.slices, { file, cells });
  const suite = readItems(records, place, { ...options, fields, examples, sliced });
  return { ...suite, warnings: [...warnings, ...suite.warnings] };
}

async function drawSuite(path: string, options: ProbeFileOptions): Promise<FileSuite> {
  const { seed, scoring, isGroup = false, steps, fields, slices } = options;
  if (steps !== undefined) throw notSteps(path);
  expectUsual(options, path, 'its prompts are those of the templates');
  const [first] = Object.keys(given({ fields, slices }));
  if (first !== undefined) throw new UserError(`${path}: ${first}: templates have no records`, `leave ${first} out`);
  const templates = await readTemplates(path, options.text);
  const drawn = { file: path, seed, scoring: scoring ?? 'per-character', isGroup };
  const located = templateItems(templates, drawn).map((item) => ({ where: path, item }));
  return { ...uniqueItems(located, null), seeded: true, warnings: [] };
}

function readItems(
  records: readonly ProbeRecord[],
  place: RecordsPlace,
  options: ReadOptions & { readonly examples: Questions | null; readonly sliced: SlicedRecords | null },
): FileSuite {
  const { file: path } = place;
  const { seed, scoring, kinds = ALL_KINDS, isGroup = false, steps, asking = {}, cells, examples, sliced } = options;
  const seeded = !isGroup;
  const format = recognizeFormat(records, path);
  if (steps !== undefined && (isGroup || format !== 'exact')) throw notSteps(path);
  if (format === 'paired') {
    expectUsual(options, path, 'its prompts are written in the file');
    // In this format an answer is always an index, and a cell has no type.
    const read = (cells ? records.map(indexOrText) : records).map((record) => ({
      where: record.where,
      item: readPairedRecord(record, scoring ?? 'raw'),
    }));
    const located = withPassagesOfFacts(read);
    if (isGroup) return { ...uniqueItems(groupPairedItems(located), sliced), seeded, warnings: [] };
    const { items, ...slices } = uniqueItems(located, sliced);
    if (!options.isAlone) checkPairs(located);
    return { items: withTwinKinds(items), ...slices, seeded: false, warnings: [] };
  }
  const { warnings, ...questions } = readQuestions(records, place, options);
  const texts = scoring ?? 'per-character';
  const forms = askedForms(asking, texts);
  const derived = isGroup
    ? { located: groupQuestions(questions, texts, forms), warnings: [] }
    : deriveItems(questions, forms, { path, seed, kinds, scoring: texts, steps: steps ?? 'strict' });
  const located =
    examples === null
      ? derived.located
      : withExamples(derived.located, { questions, examples }, { asking, scoring: texts });
  return { ...uniqueItems(located, sliced), seeded, warnings: [...warnings, ...derived.warnings] };
}

/** Refuses settings of how questions are asked, for a file that settles it. */
function expectUsual({ asking = {}, fewShot, refusals }: ProbeFileOptions, path: string, why: string): void {
  const { prompt, answerPattern } = asking;
  const settings = { prompt, 'answer-pattern': answerPattern, 'few-shot': fewShot, 'scoring: refusal': refusals };
  const [first] = Object.keys(given(settings));
  if (first === undefined) return;
  throw new UserError(`${path}: ${first}: ${why}`, `leave ${first} out`);
}

function notSteps(path: string): UserError {
  return new UserError(
    `${path}: steps: its questions are not redrawn`,
    'leave steps out: it is for questions without choices whose answers have steps like <<3*4=12>>',
  );
}

function uniqueItems(
  located: readonly LocatedItem[],
  sliced: SlicedRecords | null,
): Pick<FileSuite, 'items' | 'slices'> {
  const lines = new Map<string, string>();
  for (const { item, where } of located) {
    const first = lines.get(item.id);
    if (first !== undefined) {
      throw new UserError(`${where}: id: ${first} already has the id ${quote(item.id)}`, 'make all ids different');
    }
    lines.set(item.id, where);
  }
  const items = located.map(({ item }) => item);
  return sliced === null ? { items } : { items, slices: sliceFacts(located, sliced) };
}
