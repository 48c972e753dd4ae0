import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { groupBy, UserError } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import type { BenchmarkDocument, BenchmarkMetric, Benchmarks, BenchmarkTask } from '../benchmarks.ts';
import { openedFilesIn } from '../files-in.ts';
import { joinRuns, type LogRun } from '../join-runs.ts';
import { expectMean } from '../means.ts';
import { answersTo, type EeeInstances, type EeeItem, readInstances } from './instances.ts';
import { EEE_HINT, type EeeLog, readEeeLog } from './log.ts';
import {
  digestEeeGeneration,
  eeeMetric,
  eeeModel,
  eeeTaskSettings,
  eeeTime,
  isEeeMean,
  type NamedResult,
  nameResults,
} from './results.ts';

const HINT = "give the folder that 'every_eval_ever convert … --output_dir DIR' wrote, with its samples";

/** Read the logs of Every Eval Ever in a folder. @throws UserError with the file, and the line, of the first mistake */
export async function readEveryEvalEver(folder: string): Promise<Benchmarks> {
  const found = (await openedFilesIn(folder, HINT)).map(({ parent, name }) => join(parent, name));
  const files = new Set(found);
  const used = new Set<string>();
  const runs: LogRun[] = [];
  for (const file of found.filter((own) => own.endsWith('.json'))) {
    const log = await readEeeLog(join(folder, file));
    if (log === null) continue;
    const samples = await samplesFile(folder, file, log, files);
    if (samples !== null && used.has(samples)) {
      throw new UserError(`${join(folder, samples)} is of several logs, ${file} among them`, EEE_HINT);
    }
    if (samples !== null) used.add(samples);
    runs.push(await readRun(folder, file, log, samples));
  }
  if (runs.length === 0) throw new UserError(`${folder} has no logs of Every Eval Ever`, HINT);
  const stray = found.find((file) => file.endsWith('_samples.jsonl') && !used.has(file));
  if (stray === undefined) return joinRuns('every-eval-ever', folder, runs);
  throw new UserError(`${join(folder, stray)} belongs to no log`, 'copy the whole folder of the run');
}

/** The file of samples in a log: next to it, or below it or the folder. */
async function samplesFile(
  folder: string,
  file: string,
  { detailed_evaluation_results: given }: EeeLog,
  files: ReadonlySet<string>,
): Promise<string | null> {
  if (!given) return null;
  const { file_path: path, hash_algorithm: algorithm, checksum } = given;
  const where = join(folder, file);
  if (/^[/\\]|\\|^[A-Za-z]:|(^|\/)\.\.(\/|$)/.test(path)) {
    throw new UserError(`${where}: the file of samples ${JSON.stringify(path)} is not inside its folder`, EEE_HINT);
  }
  const beside = dirname(file);
  const places = [join(beside, basename(path)), join(beside, path), normalize(path)];
  const samples = places.find((own) => files.has(own));
  if (samples === undefined) {
    throw new UserError(`${where}: the file of samples ${JSON.stringify(path)} is not there`, HINT);
  }
  if ((checksum ?? '') === '') return samples;
  const hash = createHash(algorithm ?? 'sha256');
  await pipeline(createReadStream(join(folder, samples)), hash);
  if (hash.digest('hex') === checksum?.toLowerCase()) return samples;
  throw new UserError(`${join(folder, samples)} is not the file of the checksum in ${file}`, EEE_HINT);
}

async function readRun(folder: string, file: string, log: EeeLog, samples: string | null): Promise<LogRun> {
  const path = join(folder, samples ?? file);
  const named = nameResults(log, join(folder, file));
  const instances = samples === null ? null : await readInstances(path, log, named);
  const { name, version } = log.eval_library;
  return {
    file,
    model: eeeModel(log),
    version: `${name} ${version}`,
    time: eeeTime(log),
    tasks: [...groupBy(named, ({ task }) => task).values()].map((own) => toTask(log, own, instances, path)),
    groups: [],
  };
}

function toTask(
  log: EeeLog,
  named: readonly NamedResult[],
  instances: EeeInstances | null,
  path: string,
): BenchmarkTask {
  const settings = eeeTaskSettings(log, named);
  const items = instances?.items.get(settings.name) ?? [];
  if (instances === null || items.length === 0) {
    return { ...settings, repeats: 1, metrics: named.map(eeeMetric), documents: null };
  }
  const answered = items.map((item) => ({ item, ...answersTo(item, named, path) }));
  const repeats = answered.reduce((most, { samples }) => Math.max(most, samples), 1);
  const metrics = named.map((own) => {
    const scores = items.flatMap((item) => item.scores.get(own) ?? []);
    return markMetric(eeeMetric(own), { isGraded: !instances.ungraded.has(own), repeats, scores });
  });
  const generation = digestEeeGeneration(named);
  const documents = answered.map(({ item, samples, values }, id): BenchmarkDocument => {
    const own = samples === repeats ? {} : { samples };
    return { ...toDocument(item, generation), id, values, ...own };
  });
  named.forEach((own, i) => {
    expectCount(own, items, path);
    if (isEeeMean(own.result)) expectMean(eeeMetric(own), documents, i, path);
  });
  const isChoice = items.every(({ guessing }) => guessing.choices !== undefined);
  const outputType = isChoice ? 'multiple_choice' : 'generate_until';
  return { ...settings, outputType, repeats, metrics, documents };
}

function markMetric(
  metric: BenchmarkMetric,
  { isGraded, repeats, scores }: { isGraded: boolean; repeats: number; scores: readonly number[] },
): BenchmarkMetric {
  if (!isGraded) return { ...metric, isGraded: false };
  const isShare = repeats > 1 && scores.length > 0 && scores.every((score) => score === 0 || score === 1);
  return isShare ? { ...metric, ofSamples: 'share' } : metric;
}

/** Converters count the samples of a result, or all answers to them. */
function expectCount(own: NamedResult, items: readonly EeeItem[], path: string): void {
  const counts = items.flatMap(({ scores }) => scores.get(own)?.length ?? []);
  const answers = counts.reduce((sum, count) => sum + count, 0);
  const expected = own.result.score_details.uncertainty?.num_samples ?? null;
  if (counts.length === 0 || expected === null || expected === counts.length || expected === answers) return;
  throw new UserError(
    `${path} has ${counts.length} samples of ${own.task} for ${own.metric} (${own.filter}), and its result is of ${expected}`,
    'give the files of one run; converters give a group the samples of one of its tasks: leave the files of groups out',
  );
}

function toDocument({ doc, prompt, target, guessing }: EeeItem, generation: string) {
  return {
    ...{ docHash: doc, promptHash: prompt, targetHash: target, doc: sha256(canonicalJson([doc, target])) },
    ...{ requests: sha256(canonicalJson([prompt, generation])), logprobs: null },
    ...guessing,
  };
}
