import { groupBy, UserError } from '@shadow-gate/platform';
import { stringify } from 'yaml';
import type { BenchmarkRow } from '../compare/index.ts';
import type { AccuracyRow } from '../compare/probes/index.ts';
import type { Report } from '../compare/report.ts';
import { printable } from './escape.ts';
import { metricWithFilter } from './text/benchmarks.ts';
import { formatCount, formatEnds, percentDigits } from './text/numbers.ts';

/** Place of a benchmark's results on a hub. */
export interface HubTask {
  readonly dataset: string;
  /** As the file eval.yaml of the data set calls it. */
  readonly task: string;
}

interface HubPlaces {
  /** What the user said, by the name of a task, group or suite. */
  readonly given: ReadonlyMap<string, HubTask>;
  /** Data sets that logs state, by task name. */
  readonly datasets: ReadonlyMap<string, string>;
}

interface ModelCard {
  /** A file of `.eval_results/`, in YAML. */
  readonly text: string;
  /** Names of benchmarks in it. */
  readonly written: readonly string[];
  /** Names of benchmarks without a known place on a hub. */
  readonly unplaced: readonly string[];
}

interface Result {
  readonly name: string;
  /** From 0 to 1. */
  readonly share: number;
  readonly note: string;
}

export const HUB_TASK = /^[A-Za-z0-9][\w.:-]{0,95}$/;

/**
 * The candidate's judged results in exams, for a model repository of the Hugging Face hub
 * (https://huggingface.co/docs/hub/eval-results): one entry for each benchmark, by its main metric.
 * @throws UserError for a given place of no benchmark, two benchmarks in one place, and if no result has a place
 */
export function modelCard(report: Report, { given, datasets }: HubPlaces): ModelCard {
  const results = [...benchmarkResults(report), ...suiteResults(report)];
  const unknown = [...given.keys()].find((name) => !results.some((own) => own.name === name));
  if (unknown !== undefined) {
    const names = results.map(({ name }) => JSON.stringify(name)).join(', ');
    throw new UserError(
      `no benchmark ${JSON.stringify(unknown)} was judged as right or wrong`,
      results.length === 0 ? 'compare the candidate with a baseline first' : `it is one of ${names}`,
    );
  }
  const placeOf = (name: string): HubTask | null => {
    const dataset = datasets.get(name);
    return given.get(name) ?? (dataset !== undefined && HUB_TASK.test(name) ? { dataset, task: name } : null);
  };
  const placed = results.flatMap((result) => {
    const place = placeOf(result.name);
    return place === null ? [] : [{ ...result, ...place }];
  });
  const unplaced = results.map(({ name }) => name).filter((name) => placeOf(name) === null);
  expectOnePlaceEach(placed);
  if (placed.length === 0) {
    throw new UserError(
      results.length === 0
        ? 'no benchmark was judged as right or wrong, so that a model card has no results'
        : `no data set on a hub is known for ${unplaced.map((name) => JSON.stringify(name)).join(', ')}, so that a model card has no results`,
      'name the place of a benchmark: --hub-task NAME=ORG/DATASET:TASK',
    );
  }
  const entries = placed.map(({ dataset, task, share, note }) => ({
    dataset: { id: dataset, task_id: task },
    value: Number((100 * share).toFixed(10)),
    date: report.candidate.measured,
    notes: note,
  }));
  // The hub reads YAML 1.1, in which a plain date is not a string.
  const text = stringify(entries, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 });
  return { text, written: placed.map(({ name }) => name), unplaced };
}

function expectOnePlaceEach(placed: readonly (Result & HubTask)[]): void {
  const alike = groupBy(placed, ({ dataset, task }) => JSON.stringify([dataset, task]));
  const [first, second] = [...alike.values()].find((own) => own.length > 1) ?? [];
  if (first === undefined || second === undefined) return;
  throw new UserError(
    `${JSON.stringify(first.name)} and ${JSON.stringify(second.name)} are both task ${first.task} of ${first.dataset}`,
    'give each a place of its own with --hub-task',
  );
}

/** Results from logs: a share of samples, or else the first metric with right and wrong answers. */
function benchmarkResults(report: Report): Result[] {
  const isJudged = ({ change, candidate: { value } }: BenchmarkRow) => change !== null && value !== null;
  const judged = (report.benchmarks ?? []).filter(isJudged);
  return [...groupBy(judged, ({ task }) => task)].flatMap(([name, rows]) => {
    const row = rows.find(({ samples }) => samples !== undefined) ?? rows[0];
    const share = row?.candidate.value ?? null;
    return row && share !== null ? [{ name, share, note: benchmarkResultNote(row, report) }] : [];
  });
}

/** Results of suites. If there is only one, the row of all suites is its row. */
function suiteResults(report: Report): Result[] {
  const { suites, accuracies } = report.probes ?? { suites: [], accuracies: [] };
  const [only, another] = suites;
  return accuracies.flatMap((row) => {
    const name = row.suite ?? (another === undefined ? only?.name : undefined);
    if (name === undefined || row.form !== 'benchmark' || row.capability !== null) return [];
    return [{ name, share: row.candidate.value, note: suiteResultNote(row, report) }];
  });
}

function benchmarkResultNote(row: BenchmarkRow, report: Report): string {
  const { stderr } = row.candidate;
  const samples = row.samples === undefined ? '' : ` of ${formatCount(row.samples, 'sample')} each`;
  const error = stderr === null ? '' : `, standard error ${percentDigits(stderr)}`;
  const logs = report.findings.find((own) => own.kind === 'evaluation-logs' && own.side === 'candidate');
  const program = logs?.kind === 'evaluation-logs' ? `; ${[logs.harness, logs.version ?? []].flat().join(' ')}` : '';
  return note(`${metricWithFilter(row)} in %${error}, ${formatCount(row.n, 'document')}${samples}${program}`, report);
}

function suiteResultNote({ candidate, items }: AccuracyRow, report: Report): string {
  const interval = candidate.lower === null ? '' : ` (interval ${formatEnds(candidate, percentDigits)})`;
  return note(`accuracy in %${interval}, ${formatCount(items, 'item')}`, report);
}

function note(what: string, { verdict, tool: { version }, baseline }: Report): string {
  const against = baseline === null ? 'without a baseline' : 'against an approved baseline';
  return printable(`${what}. Shadow Gate ${version}, ${against}: ${verdict}.`);
}
