import { join } from 'node:path';
import { given, UserError } from '@shadow-gate/platform';
import { readTextFile, sha256 } from '@shadow-gate/platform/files';
import { canonicalJson, parseJsonWithNaN } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { type BenchmarkDocument, type BenchmarkMetric, type DocumentValue, documentValue } from '../benchmarks.ts';
import { checkedLog } from '../log-json.ts';
import { readLogLines } from '../read-lines.ts';
import { countGuessableChoices, rightChoice } from './choices.ts';
import type { SampledDocuments, SampleReading } from './sampled-answers.ts';

/** One line of samples_TASK_DATE.jsonl: a document under one filter. */
const sampleSchema = z.looseObject({
  doc_id: z.int().nonnegative(),
  doc: z.unknown(),
  /** For each request its prompt, and its continuation or the arguments of the generation. */
  arguments: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]),
  /** For each request its answers: a log-likelihood, alone or with "is greedy", or a text. */
  resps: z.array(z.array(z.unknown()).min(1)).min(1),
  /** Older versions do not write it. */
  filter: z.string().optional(),
  doc_hash: z.string().nullish(),
  prompt_hash: z.string().nullish(),
  target_hash: z.string().nullish(),
  target: z.unknown(),
});
type Sample = z.infer<typeof sampleSchema>;

interface SamplesContext {
  readonly task: string;
  readonly metrics: readonly BenchmarkMetric[];
  readonly outputType: string | null;
  readonly documents: number | null;
  readonly readings: readonly SampleReading[];
}

const HINT = 'copy the file again as lm-evaluation-harness wrote it';

/** @throws UserError with file and line, for an empty, truncated or doubled file, or one of other results */
export async function readLmEvalSamples(folder: string, file: string, of: SamplesContext): Promise<SampledDocuments> {
  const path = join(folder, file);
  const filters = [...new Set(of.metrics.map(({ filter }) => filter))];
  const found = new Map<number, Found>();
  let last: string | null = null;
  for await (const { where, json } of readRecords(path)) {
    last = where;
    const sample = checkedLog(sampleSchema, json, { where, what: 'a sample of lm-evaluation-harness', hint: HINT });
    addSample(found, sample, { where, filters, of });
  }
  if (last === null) throw new UserError(`${path}:1: the file is empty`, HINT);
  const all = [...found.values()];
  expectComplete(all, { where: last, filters, of });
  const documents = all.map(({ document }) => document).sort((a, b) => a.id - b.id);
  const repeats = all.reduce((most, own) => Math.max(most, own.repeats), 1);
  const right = of.readings.map((reading) => {
    const known = all.flatMap((own) => {
      const answers = own.right.get(reading);
      return answers ? [[own.document.id, answers] as const] : [];
    });
    return [reading, new Map(known)] as const;
  });
  return { documents, repeats, right: new Map(right) };
}

interface Found {
  readonly document: BenchmarkDocument & { readonly values: DocumentValue[] };
  readonly repeats: number;
  readonly right: Map<SampleReading, readonly boolean[]>;
  readonly filters: Set<string>;
  readonly metrics: Set<number>;
}

interface Place {
  /** File and line. */
  readonly where: string;
  readonly filters: readonly string[];
  readonly of: SamplesContext;
}

interface LogRecord {
  /** File and line, or the number in a list. */
  readonly where: string;
  readonly json: unknown;
}

/** A value a line, or, as version 0.4.2 wrote it, one list over many lines. */
async function* readRecords(path: string): AsyncGenerator<LogRecord> {
  for await (const { text, number } of readLogLines(path, path)) {
    if (number === 1 && text.trim() === '[') {
      yield* readList(path);
      return;
    }
    yield { where: `${path}:${number}`, json: parseJsonWithNaN(text, path, HINT, number) };
  }
}

async function* readList(path: string): AsyncGenerator<LogRecord> {
  const list = parseJsonWithNaN((await readTextFile(path, 'requests')) ?? '', path, HINT);
  if (!Array.isArray(list)) throw new UserError(`${path}:1 is not a list of samples`, HINT);
  for (const [index, json] of list.entries()) yield { where: `${path}: entry ${index + 1}`, json };
}

function addSample(found: Map<number, Found>, sample: Sample, { where, filters, of }: Place): void {
  const known = found.get(sample.doc_id);
  // Without names, the lines of a document are in the order of the filters. A run for predictions may have no metric.
  const filter = sample.filter ?? (filters.length === 0 ? 'none' : filters[known?.filters.size ?? 0]);
  if (filter === undefined || known?.filters.has(filter)) {
    throw new UserError(`${where}: document ${sample.doc_id} is there twice`, 'give the samples of one run');
  }
  if (filters.length > 0 && !filters.includes(filter)) {
    throw new UserError(`${where}: the results of ${of.task} have no filter ${JSON.stringify(filter)}`, HINT);
  }
  const document = documentOf(sample, of);
  if (known && !isSame(known.document, document)) {
    throw new UserError(`${where}: document ${sample.doc_id} is another one than above`, 'give the samples of one run');
  }
  const entry = known ?? {
    document,
    repeats: sample.resps[0]?.length ?? 1,
    right: new Map(),
    filters: new Set<string>(),
    metrics: new Set<number>(),
  };
  entry.filters.add(filter);
  const [responses = [], ...others] = sample.resps;
  if (others.length === 0) {
    const exactMatch = typeof sample.exact_match === 'number' ? sample.exact_match : null;
    for (const reading of of.readings.filter((own) => own.filter === filter)) {
      const right = reading.judge({ target: sample.target, responses, exactMatch });
      if (right !== null) entry.right.set(reading, right);
    }
  }
  of.metrics.forEach((metric, i) => {
    // Some tasks have other metrics for other kinds of documents.
    if (metric.filter !== filter || !Object.hasOwn(sample, metric.metric)) return;
    entry.metrics.add(i);
    entry.document.values[i] = documentValue(sample[metric.metric]);
  });
  found.set(sample.doc_id, entry);
}

function documentOf(sample: Sample, { metrics, outputType }: SamplesContext): Found['document'] {
  const requests = requestsOf(sample.arguments);
  const logprobs = outputType === 'generate_until' ? null : logprobsOf(sample.resps);
  const { target, acc } = sample;
  const isChoice = outputType === 'multiple_choice';
  const right = isChoice ? rightChoice({ requests, logprobs, target, accuracy: documentValue(acc) }) : undefined;
  return {
    id: sample.doc_id,
    docHash: sample.doc_hash ?? null,
    promptHash: sample.prompt_hash ?? null,
    targetHash: sample.target_hash ?? null,
    doc: sha256(canonicalJson(sample.doc)),
    requests: sha256(canonicalJson(requests)),
    values: metrics.map(() => null),
    logprobs,
    ...(isChoice ? countGuessableChoices(requests, target) : {}),
    ...given({ right }),
  };
}

/** Versions write the requests as a list of lists, or as `{ gen_args_0: { arg_0, arg_1 } }`. */
function requestsOf(given: Sample['arguments']): unknown[] {
  const requests = Array.isArray(given) ? given : Object.values(given);
  return requests.map((request) =>
    typeof request === 'object' && request !== null && !Array.isArray(request) ? Object.values(request) : request,
  );
}

/** Log-likelihoods in the first answer to each request; null if any is not a number. Numbers are written as strings. */
function logprobsOf(resps: Sample['resps']): (number | null)[] | null {
  const values = resps.map(([first]) => (Array.isArray(first) ? first[0] : first));
  const numbers = values.map((value) => (typeof value === 'string' ? Number(value) : value));
  const isNumber = (value: unknown, i: number) =>
    typeof value === 'number' && (Number.isFinite(value) || /^-?(inf|nan)$/i.test(String(values[i])));
  if (!numbers.every((value, i) => value === null || isNumber(value, i))) return null;
  return numbers.map((value) => (typeof value === 'number' && Number.isFinite(value) ? value : null));
}

function isSame(a: BenchmarkDocument, b: BenchmarkDocument): boolean {
  return a.doc === b.doc && a.requests === b.requests && a.docHash === b.docHash && a.promptHash === b.promptHash;
}

/** Every document has a line of every filter, and all documents are there. */
function expectComplete(all: readonly Found[], { where, filters, of }: Place): void {
  const lacking = all.find((entry) => entry.filters.size < filters.length);
  if (lacking) {
    const missing = filters.find((filter) => !lacking.filters.has(filter));
    throw new UserError(
      `${where}: the file ends, and document ${lacking.document.id} has no line of filter ${JSON.stringify(missing)}`,
      `it is truncated: ${HINT}`,
    );
  }
  const absent = of.metrics.find((_, i) => !all.some(({ metrics }) => metrics.has(i)));
  if (absent) {
    throw new UserError(`${where}: no document has ${absent.metric}, which the results of ${of.task} have`, HINT);
  }
  // Without metrics, the results count no documents.
  const isCounted = of.documents !== null && (of.metrics.length > 0 || of.documents > 0);
  if (isCounted && all.length !== of.documents) {
    throw new UserError(
      `${where}: the file ends after ${all.length} documents, and the results of ${of.task} are of ${of.documents}`,
      `it is truncated, or of another run: ${HINT}`,
    );
  }
}
