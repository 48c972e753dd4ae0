import { join } from 'node:path';
import { groupBy, UserError } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import { type BenchmarkDocument, type Benchmarks, type BenchmarkTask, UNSTATED } from '../benchmarks.ts';
import { openedFilesIn } from '../files-in.ts';
import { joinRuns, type LogRun } from '../join-runs.ts';
import { isoTime } from '../log-json.ts';
import { expectMean } from '../means.ts';
import type { LogHeader } from './log.ts';
import { inspectMetrics } from './metrics.ts';
import { type InspectLog, withLog } from './read-log.ts';
import { readInspectSamples } from './samples.ts';
import { digestGeneration, digestScoring, inspectModel } from './settings.ts';

const HINT = "give the folder that inspect wrote with '--log-dir'";

/** Inspect's own test for its logs. */
const LOG = /\.eval$|^\d{4}-\d{2}-\d{2}T\d{2}[:-]\d{2}[:-]\d{2}.*\.json$/;

/** Read the logs of Inspect AI in a folder, one task each; not a failed run that was run again. @throws UserError */
export async function readInspect(folder: string): Promise<Benchmarks> {
  const files = (await openedFilesIn(folder, HINT)).filter(({ name }) => LOG.test(name));
  if (files.length === 0) throw new UserError(`${folder} has no logs of Inspect (….eval or ….json)`, HINT);
  const read: ReadLog[] = [];
  for (const { parent, name } of files) {
    const file = join(parent, name);
    read.push(await withLog(folder, file, (log) => readLog(folder, file, log)));
  }
  const ended = read.filter((log) => log.run !== null);
  // A retry has the id of the task that it finishes.
  const finished = new Set(ended.map(({ header }) => header.eval.task_id));
  const isFinished = ({ eval: { task_id: id } }: LogHeader) => Boolean(id) && finished.has(id);
  const failed = read.find(({ run, header }) => run === null && !isFinished(header));
  if (failed) {
    const { status } = failed.header;
    throw new UserError(
      `${join(folder, failed.file)} is of a run that did not end well (status ${JSON.stringify(status)})`,
      "finish it with 'inspect eval-retry', or move the log to another folder",
    );
  }
  return joinRuns('inspect-ai', folder, named(ended));
}

interface ReadLog {
  readonly file: string;
  readonly header: LogHeader;
  /** Null if it failed or did not end. */
  readonly run: LogRun | null;
}

/** A task with several sets of arguments has them in its name. */
function named(logs: readonly ReadLog[]): LogRun[] {
  return [...groupBy(logs, ({ header }) => header.eval.task).values()].flatMap((alike) =>
    alike.flatMap(({ header, run }) => {
      if (run === null) return [];
      const given = Object.entries(header.eval.task_args_passed ?? {});
      if (alike.length === 1 || given.length === 0) return [run];
      const list = given.map(([key, value]) => `${key}=${typeof value === 'string' ? value : canonicalJson(value)}`);
      const tasks = run.tasks.map((task) => ({ ...task, name: `${task.name} (${list.sort().join(', ')})` }));
      return [{ ...run, tasks }];
    }),
  );
}

async function readLog(folder: string, file: string, log: InspectLog): Promise<ReadLog> {
  const { header } = log;
  if (header.status !== 'success') return { file, header, run: null };
  const path = join(folder, file);
  if (header.invalidated) {
    throw new UserError(`${path} has samples that were marked as invalid`, "run them again with 'inspect eval-retry'");
  }
  const { created, packages } = header.eval;
  const run: LogRun = {
    file,
    model: inspectModel(header),
    version: packages?.inspect_ai ?? null,
    time: isoTime(created ?? ''),
    tasks: [await readTask(path, log)],
    groups: [],
  };
  return { file, header, run };
}

async function readTask(path: string, log: InspectLog): Promise<BenchmarkTask> {
  const { header, reductions } = log;
  const { task, task_version: version, task_display_name: alias } = header.eval;
  const samples = await readInspectSamples(log.samples, header);
  const epochs = header.eval.config.epochs ?? 1;
  const total = header.results?.total_samples ?? samples.length * epochs;
  if (samples.length > 0 && samples.length * epochs !== total) {
    throw new UserError(
      `${path} has ${samples.length * epochs} samples, and its results are of ${total}`,
      'it is of a run that was stopped: run the evaluation again',
    );
  }
  const sources = inspectMetrics(header, samples.length === 0 ? null : samples, reductions);
  const requests = digestGeneration(header);
  const documents = samples.map(
    (sample, id): BenchmarkDocument => ({
      id,
      docHash: sample.doc,
      promptHash: sample.prompt,
      targetHash: sample.target,
      doc: sha256(canonicalJson([sample.doc, sample.target])),
      requests,
      values: sources.map(({ valueIn }) => valueIn?.(sample) ?? null),
      logprobs: null,
      ...(sample.choices === null ? {} : { choices: sample.choices }),
    }),
  );
  sources.forEach(({ metric, valueIn }, i) => {
    if (valueIn !== null) expectMean(metric, documents, i, path);
  });
  const isChoice = documents.length > 0 && documents.every(({ choices }) => choices !== undefined && choices > 1);
  return {
    ...UNSTATED,
    name: task,
    alias: alias === task ? null : (alias ?? null),
    version: version === null || version === undefined ? null : String(version),
    outputType: isChoice ? 'multiple_choice' : 'generate_until',
    scoring: digestScoring(header),
    repeats: epochs,
    metrics: sources.map(({ metric }) => metric),
    documents: documents.length === 0 ? null : documents,
  };
}
