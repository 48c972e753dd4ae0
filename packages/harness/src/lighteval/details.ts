import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import { readParquetFile } from '@shadow-gate/platform/parquet';
import { z } from 'zod';
import { type BenchmarkDocument, type BenchmarkMetric, type DocumentValue, documentValue } from '../benchmarks.ts';
import { checkedLog } from '../log-json.ts';

const exampleSchema = z.looseObject({
  query: z.string(),
  choices: z.array(z.unknown()).nullish(),
  gold_index: z.unknown().optional(),
  instruction: z.string().nullish(),
});

/** A document with one kind of answers: a task may take log-likelihoods and generate. */
const rowSchema = z.looseObject({
  doc: exampleSchema.extend({
    id: z.string(),
    fewshot_samples: z.array(exampleSchema).nullish(),
    sampling_methods: z.array(z.string()).nullish(),
    generation_size: z.number().nullish(),
    stop_sequences: z.array(z.string()).nullish(),
    num_samples: z.int().positive().nullish(),
    unconditioned_query: z.string().nullish(),
  }),
  /** Metrics of this kind of answers; the others are null. */
  metric: z.record(z.string(), z.unknown()),
  model_response: z.looseObject({
    /** The prompt as sent; some engines omit it. */
    input: z.unknown().optional(),
    input_tokens: z.array(z.unknown()).nullish(),
    padded_tokens_count: z.number().nullish(),
    logprobs: z.array(z.number().nullable()).nullish(),
  }),
});
type Row = z.infer<typeof rowSchema>;

const HINT = 'copy the file again as lighteval wrote it';

interface DetailsContext {
  readonly metrics: readonly BenchmarkMetric[];
  readonly systemInstruction: string | null;
  readonly generation: unknown;
}

export interface LightevalDetails {
  readonly documents: readonly BenchmarkDocument[];
  readonly repeats: number;
  readonly isChoice: boolean;
}

/** Read the documents of a task. @throws UserError with file and row if it is empty, damaged, or repeats a document */
export async function readDetails(folder: string, file: string, of: DetailsContext): Promise<LightevalDetails> {
  const path = join(folder, file);
  const columns = ['doc', 'metric', 'model_response'];
  const rows = await readParquetFile(path, { columns }).catch((error: unknown) => {
    if (!(error instanceof UserError) || !/has no column/.test(error.message)) throw error;
    const problem = `${path} has not the columns ${columns.join(', ')}`;
    throw new UserError(problem, 'evaluate again with lighteval 0.11 or later');
  });
  return toDetails(rows, path, of);
}

/** @param path for errors @throws UserError as {@link readDetails} */
export function toDetails(rows: readonly unknown[], path: string, of: DetailsContext): LightevalDetails {
  if (rows.length === 0) throw new UserError(`${path} has no rows`, HINT);
  const found = new Map<string, Found>();
  let isChoice = false;
  rows.forEach((json, i) => {
    const where = `${path}: row ${i + 1}`;
    const row = checkedLog(rowSchema, json, { where, what: 'a detail of lighteval', hint: HINT });
    const logprobs = logprobsOf(row);
    isChoice ||= logprobs !== null && logprobs.length > 1;
    addRow(found, { row, where, logprobs, of });
  });
  const all = [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  const documents = all.map(({ document, parts }, id) => ({
    ...document,
    id,
    promptHash: sha256(canonicalJson(parts.map(({ prompt }) => prompt).sort())),
    requests: sha256(canonicalJson(parts.map(({ request }) => request).sort())),
  }));
  return { documents, repeats: all.reduce((most, own) => Math.max(most, own.repeats), 1), isChoice };
}

interface Found {
  readonly key: string;
  readonly document: BenchmarkDocument & { readonly values: DocumentValue[] };
  readonly parts: { readonly prompt: string; readonly request: string }[];
  readonly metrics: Set<number>;
  readonly repeats: number;
}

interface AddedRow {
  readonly row: Row;
  readonly where: string;
  readonly logprobs: readonly (number | null)[] | null;
  readonly of: DetailsContext;
}

function addRow(found: Map<string, Found>, { row, where, logprobs, of }: AddedRow): void {
  const { doc, metric } = row;
  const question = [doc.id, doc.query, doc.choices ?? [], doc.instruction ?? null, doc.images ?? null];
  const asked = sha256(canonicalJson(question));
  const target = sha256(canonicalJson([doc.gold_index ?? null, doc.choices ?? []]));
  // Numbers in their order; several splits of a data set have the same numbers.
  const key = `${doc.id.padStart(12, '0')} ${asked}`;
  const known = found.get(key);
  const places = of.metrics.flatMap(({ metric: name }, i) => ((metric[name] ?? null) === null ? [] : [i]));
  if (known && (places.length === 0 || places.some((i) => known.metrics.has(i)))) {
    throw new UserError(`${where}: document ${doc.id} is there twice`, 'give the details of one run');
  }
  const entry: Found = known ?? {
    key,
    document: {
      id: 0,
      docHash: asked,
      promptHash: null,
      targetHash: target,
      doc: sha256(canonicalJson([asked, target])),
      requests: '',
      values: of.metrics.map(() => null),
      logprobs: null,
    },
    parts: [],
    metrics: new Set<number>(),
    repeats: doc.num_samples ?? 1,
  };
  for (const i of places) {
    entry.metrics.add(i);
    entry.document.values[i] = documentValue(metric[of.metrics[i]?.metric ?? '']);
  }
  entry.parts.push({ prompt: promptOf(row, of), request: requestOf(row, of) });
  const document = logprobs === null ? entry.document : { ...entry.document, logprobs: [...logprobs] };
  found.set(key, { ...entry, document });
}

function logprobsOf({ doc, model_response: { logprobs } }: Row): readonly (number | null)[] | null {
  const isLoglikelihood = (doc.sampling_methods ?? []).includes('LOGPROBS');
  if (!isLoglikelihood || !logprobs || logprobs.length === 0 || logprobs.length !== doc.choices?.length) return null;
  return logprobs.map((value) => (value !== null && Number.isFinite(value) ? value : null));
}

/** Digest of the model's input: the text or the tokens, with its examples and instructions. */
function promptOf({ doc, model_response: response }: Row, { systemInstruction }: DetailsContext): string {
  const examples = (doc.fewshot_samples ?? []).map((own) => [own.query, own.choices, own.gold_index, own.instruction]);
  const sent = (response.input ?? null) === null ? withoutPadding(response) : response.input;
  return sha256(canonicalJson([sent, examples, doc.instruction ?? null, doc.unconditioned_query, systemInstruction]));
}

/** Prompts of generated answers are padded at their start, with one token, to the longest one in the batch. */
function withoutPadding({ input_tokens: tokens, padded_tokens_count: count }: Row['model_response']): unknown[] {
  const all = tokens ?? [];
  const padding = all.slice(0, count ?? 0);
  return padding.every((token) => token === padding[0]) ? all.slice(padding.length) : all;
}

/** Digest of the request, without the right answer. */
function requestOf({ doc, metric }: Row, { generation, metrics }: DetailsContext): string {
  const { sampling_methods: methods, generation_size: size, stop_sequences: stops, num_samples: samples } = doc;
  const isGenerated = (methods ?? []).includes('GENERATIVE');
  const given = isGenerated ? [size ?? null, stops ?? [], samples ?? null, generation] : null;
  const names = metrics.flatMap(({ metric: name }) => ((metric[name] ?? null) === null ? [] : [name]));
  return sha256(canonicalJson([methods ?? [], given, names]));
}
