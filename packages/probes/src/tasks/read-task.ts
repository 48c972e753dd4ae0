import { UserError } from '@shadow-gate/platform';
import { isDict, isList, type PythonDict, type PythonValue } from '@shadow-gate/python';
import { Entries } from './entries.ts';
import { loadEntries, type TaskLoadOptions } from './load-entries.ts';
import type { YamlEntry } from './python/yaml.ts';
import { readGeneration, readJudging, readMetrics } from './scoring.ts';
import { type DocumentFormat, type FewshotSource, OUTPUT_TYPES, type Rendered, type Task } from './task.ts';

/** Keys of a task that change nothing here. */
const IDLE = [
  'task_alias',
  'tag',
  'metadata',
  'repeats',
  'should_decontaminate',
  'doc_to_decontamination_query',
  'num_fewshot',
];
/** Keys that must be null or false. */
const UNUSED = [
  'process_docs',
  'process_results',
  'use_prompt',
  'custom_dataset',
  'doc_to_image',
  'doc_to_audio',
  'unsafe_code',
];
/** Keys of a task's format, or of that of its few-shot examples. */
const FORMAT = ['doc_to_text', 'doc_to_target', 'doc_to_choice', 'gen_prefix', 'target_delimiter', 'fewshot_delimiter'];
const READ = [
  'task',
  'dataset_path',
  'dataset_name',
  'dataset_kwargs',
  'training_split',
  'validation_split',
  'test_split',
  'fewshot_split',
  'description',
  'fewshot_config',
  'metric_list',
  'output_type',
  'generation_kwargs',
  'filter_list',
  ...FORMAT,
];
const FEWSHOT_KEYS = ['sampler', 'split', 'samples', ...FORMAT];
const FEWSHOT_UNUSED = ['process_docs', 'fewshot_indices'];
const WITHOUT_PYTHON =
  'write it as a field or a Jinja template, or let lm-evaluation-harness run the task and measure its samples';

const OWN_KEYS = /^["']?(?:task|output_type|doc_to_text|doc_to_target|dataset_path|include)["']?[ \t]*:/m;

/** Whether a YAML text is a task of lm-evaluation-harness instead of a file of templates. */
export const isTaskText = (text: string): boolean => OWN_KEYS.test(text);

/** Read a task of lm-evaluation-harness (0.4.13) and its includes. @throws UserError with a key that is not read */
export async function readTask(file: string, options: TaskLoadOptions = {}): Promise<Task> {
  const all = await loadEntries(file, options);
  refusePython(all, file);
  const entries = new Entries(new Map([...all].map(([key, { value }]) => [key, value])), file);
  if (isList(entries.get('task')) || entries.has('group') || entries.has('task_list')) {
    throw entries.error('task', 'lists other tasks', 'list the files of these tasks in the policy');
  }
  entries.allow([...READ, ...IDLE, ...UNUSED]);
  refuseUsed(entries, UNUSED);
  const outputType = entries.oneOf('output_type', OUTPUT_TYPES, 'generate_until');
  const format = readFormat(entries, { fewshotDelimiter: '\n\n', targetDelimiter: ' ' });
  const fewshot = entries.inner('fewshot_config', [...FEWSHOT_KEYS, ...FEWSHOT_UNUSED]);
  refuseUsed(fewshot, FEWSHOT_UNUSED);
  const testSplit = entries.textOrNull('test_split');
  const validationSplit = entries.textOrNull('validation_split');
  const split = testSplit ?? validationSplit;
  if (split === null) throw entries.error('test_split', 'is missing, as is validation_split', 'give one of them');
  const dataset = entries.inner('dataset_kwargs', ['data_files', 'trust_remote_code', 'revision']);
  const metrics = readMetrics(entries, outputType);
  return {
    file,
    name: entries.text('task', file),
    outputType,
    datasetPath: entries.textOrNull('dataset_path'),
    datasetName: entries.textOrNull('dataset_name'),
    revision: dataset.textOrNull('revision'),
    dataFiles: dataset.get('data_files'),
    split,
    testSplit,
    description: entries.text('description', ''),
    ...format,
    fewshot: fewshotSource(entries, fewshot, validationSplit ?? split),
    fewshotFormat: readFormat(fewshot, format),
    sampler: fewshot.oneOf('sampler', ['default', 'first_n'] as const, 'default'),
    numFewshot: entries.count('num_fewshot', 0),
    ...metrics,
    judging: readJudging(entries, outputType, file),
    ...readGeneration(entries, outputType, format.fewshotDelimiter),
  };
}

function refuseUsed(entries: Entries, keys: readonly string[]): void {
  for (const key of keys) {
    const value = entries.get(key);
    if (value !== null && value !== false) throw entries.error(key, 'is not read', 'leave it out');
  }
}

function refusePython(all: ReadonlyMap<string, YamlEntry>, file: string): void {
  for (const [key, { functions }] of all) {
    const [first] = functions;
    if (first === undefined) continue;
    throw new UserError(`${file}: ${first.key || key} is the Python function ${first.name}`, WITHOUT_PYTHON);
  }
}

/** @param outer defaults of a task; for few-shot examples, the task's format, which they may override, even by null */
function readFormat(
  entries: Entries,
  outer: Partial<DocumentFormat> & Pick<DocumentFormat, 'targetDelimiter' | 'fewshotDelimiter'>,
): DocumentFormat {
  const rendered = (key: string): Rendered | null => {
    const value = entries.get(key);
    if (value === null || typeof value === 'string' || typeof value === 'number') return value;
    throw entries.error(key, 'is neither text nor a number', 'give a field or a template');
  };
  const docToText = rendered('doc_to_text') ?? outer.docToText;
  if (docToText === undefined) throw entries.error('doc_to_text', 'is missing', 'give a field or a template');
  const target = entries.get('doc_to_target');
  const docToTarget = (isList(target) ? target : rendered('doc_to_target')) ?? outer.docToTarget;
  if (docToTarget === undefined) throw entries.error('doc_to_target', 'is missing', 'give a field or a template');
  return {
    docToText,
    docToTarget,
    docToChoice: entries.has('doc_to_choice') ? readChoices(entries) : (outer.docToChoice ?? null),
    genPrefix: entries.has('gen_prefix') ? entries.textOrNull('gen_prefix') : (outer.genPrefix ?? null),
    targetDelimiter: entries.text('target_delimiter', outer.targetDelimiter),
    fewshotDelimiter: entries.text('fewshot_delimiter', outer.fewshotDelimiter),
  };
}

function readChoices(entries: Entries): string | readonly PythonValue[] | null {
  const value = entries.get('doc_to_choice');
  if (value === null || typeof value === 'string' || isList(value)) return value;
  if (isDict(value)) return [...value.values()];
  throw entries.error('doc_to_choice', 'is no list', 'give a field, a template or a list');
}

/** A split of its own, else samples of the file, else the first of training, validation and test that exists. */
function fewshotSource(entries: Entries, fewshot: Entries, evaluated: string): FewshotSource {
  const declared = fewshot.has('split') ? fewshot.textOrNull('split') : entries.textOrNull('fewshot_split');
  if (declared !== null) return { split: declared, declared: true };
  const samples = fewshot.get('samples');
  if (samples !== null) {
    if (!isList(samples) || !samples.every(isDict))
      throw fewshot.error('samples', 'is no list of documents', 'correct it');
    return { split: null, samples: samples as readonly PythonDict[] };
  }
  return { split: entries.textOrNull('training_split') ?? evaluated, declared: false };
}
