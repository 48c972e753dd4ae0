import { basename, extname } from 'node:path';
import { at, UserError } from '@shadow-gate/platform';
import { isObject } from '@shadow-gate/platform/json';
import type { ChoiceScoring, Wording } from '../../item.ts';
import type { AskedDocument, AskedTask } from '../asked/asked-items.ts';
import type { ProbeRecord } from '../fields/records.ts';
import { askedChoices } from './asked-choices.ts';
import { askedGeneration, type SampledTask } from './asked-generation.ts';
import { type LmEvalSample, readSample } from './sample.ts';
import { taskFilterNames } from './task-answer-rule.ts';
import { readRunOfTask } from './task-config.ts';

export interface SampleOptions {
  /** Scoring of texts of choices; if missing, the metrics of the task decide. */
  readonly scoring?: ChoiceScoring | undefined;
  /** The filter that reads generated answers; the first of the task if missing. */
  readonly filter?: string | undefined;
}

/**
 * Questions with the harness's prompt and choices, or its stops, filter and metric; answers are judged as in the file.
 * @throws UserError with the line, for a sample that cannot be asked in the same way
 */
export async function readSampledTask(
  records: readonly ProbeRecord[],
  path: string,
  options: SampleOptions,
): Promise<AskedTask> {
  const run = await readRunOfTask(path);
  const filters = run === null ? [] : taskFilterNames(run.config);
  const samples = withFilters(records.map(readSample), filters);
  const generates = samples.flatMap(({ requests }) => requests).some(isGeneration);
  const chosen = chooseFilter(samples, { path, wanted: options.filter, named: filters });
  const kept = samples.flatMap((sample, i) =>
    sample.filter === undefined || sample.filter === chosen ? [{ sample, record: at(records, i) }] : [],
  );
  const seen = new Map<number, string>();
  for (const { sample } of kept) {
    const first = seen.get(sample.doc_id);
    if (first !== undefined) {
      throw new UserError(
        `${sample.where}: document ${sample.doc_id} is in ${first} already`,
        'give the samples of one run',
      );
    }
    seen.set(sample.doc_id, sample.where);
  }
  const wanted = run?.documents ?? kept.length;
  if (wanted !== kept.length) {
    throw new UserError(
      `${path}: it has ${kept.length} documents, and the results are of ${wanted}`,
      'it is cut off, or of another run: copy the file again',
    );
  }
  const task: SampledTask = { path, filter: chosen ?? 'none', run };
  const wordingOf = (sample: LmEvalSample): Wording =>
    generates ? askedGeneration(sample, task) : askedChoices(sample, options.scoring);
  const documents = kept.map(({ sample, record }): AskedDocument => {
    // Documents are named by their numbers, as the harness does; an id or a subject of their own stays.
    const fields = { ...(run === null ? {} : { subject: run.task }), ...sample.doc };
    return { record: { ...record, line: sample.doc_id, fields }, wording: wordingOf(sample) };
  });
  return {
    name: run?.task ?? basename(path, extname(path)),
    documents,
    chatTemplate: run?.chatTemplate ?? null,
    warnings: warningsOf(kept[0]?.sample, path),
  };
}

/** Older versions do not name filters: the lines of a document are in the order of those of the task. */
function withFilters(samples: readonly LmEvalSample[], filters: readonly string[]): readonly LmEvalSample[] {
  if (filters.length < 2) return samples;
  const lines = new Map<number, number>();
  return samples.map((sample) => {
    const line = lines.get(sample.doc_id) ?? 0;
    lines.set(sample.doc_id, line + 1);
    return { ...sample, filter: sample.filter ?? filters[line] };
  });
}

function isGeneration({ argument }: LmEvalSample['requests'][number]): boolean {
  return typeof argument === 'object' && argument !== null;
}

/** A document has a line for each filter. Null: files of old versions do not name them. */
function chooseFilter(
  samples: readonly LmEvalSample[],
  { path, wanted, named }: { path: string; wanted: string | undefined; named: readonly string[] },
): string | null {
  const present = [...new Set(samples.flatMap(({ filter }) => filter ?? []))];
  if (wanted !== undefined) {
    if (present.includes(wanted)) return wanted;
    throw new UserError(
      `${path}: filter: no sample has ${JSON.stringify(wanted)}`,
      `give one of ${present.join(', ')}`,
    );
  }
  return named.find((name) => present.includes(name)) ?? present[0] ?? null;
}

/** Greedy decoding stands in for sampling. */
function warningsOf(first: LmEvalSample | undefined, path: string): string[] {
  const settings = first?.requests[0]?.argument;
  if (!isObject(settings)) return [];
  const { do_sample: samples, temperature } = settings;
  const isSampled = samples === true || (typeof temperature === 'number' && temperature > 0 && samples !== false);
  return isSampled ? [`${path}: the harness drew its answers at random; here the likeliest is generated`] : [];
}
