import { HUB_DATASET } from '@shadow-gate/harness/benchmarks';
import { UserError } from '@shadow-gate/platform';
import { expectWritable, writeFileAtomic } from '@shadow-gate/platform/files';
import { type Command, InvalidArgumentError } from 'commander';
import type { Report } from '../compare/report.ts';
import type { Measurement } from '../measure/schema/index.ts';
import { printable } from '../report/escape.ts';
import { HUB_TASK, type HubTask, modelCard } from '../report/model-card.ts';
import type { Output } from './output.ts';

export function modelCardOptions(command: Command): Command {
  return command
    .option(
      '--model-card <file>',
      "also write benchmark results for a model card, as the hub's .eval_results takes them",
    )
    .option(
      '--hub-task <name=dataset:task>',
      'of --model-card: data set and task on the hub that a benchmark is; repeatable',
      parsePlace,
    );
}

export interface ModelCardOptions {
  modelCard?: string;
  hubTask?: ReadonlyMap<string, HubTask>;
}

function parsePlace(text: string, before: ReadonlyMap<string, HubTask> = new Map()): ReadonlyMap<string, HubTask> {
  const { name, dataset = '', task = '' } = /^(?<name>.+)=(?<dataset>[^=:]+):(?<task>[^=]+)$/s.exec(text)?.groups ?? {};
  if (name === undefined || before.has(name) || !HUB_DATASET.test(dataset) || !HUB_TASK.test(task)) {
    throw new InvalidArgumentError('Allowed: NAME=ORG/DATASET:TASK, each name once.');
  }
  return new Map([...before, [name, { dataset, task }]]);
}

/** Check before a measurement that the file can be written. @throws UserError */
export async function expectModelCard({ modelCard: file, hubTask }: ModelCardOptions): Promise<void> {
  if (file !== undefined) return expectWritable(file, 'file');
  if (hubTask === undefined) return;
  throw new UserError('--hub-task is about --model-card, which is not given', 'give both, or neither');
}

/**
 * Write the results of a report for a model card, and list them.
 * @param candidate its measurement, which knows data sets; null if there is only a report
 * @throws UserError if no result has a place on a hub
 */
export async function writeModelCard(
  report: Report,
  candidate: Pick<Measurement, 'benchmarks'> | null,
  { modelCard: file, hubTask, quiet = false }: ModelCardOptions & { quiet?: boolean },
  output: Output,
): Promise<void> {
  if (file === undefined) return;
  const tasks = candidate?.benchmarks?.tasks ?? [];
  const datasets = new Map(
    tasks.flatMap(({ name, dataset }) => (dataset === undefined ? [] : [[name, dataset] as const])),
  );
  const { text, written, unplaced } = modelCard(report, { given: hubTask ?? new Map(), datasets });
  await writeFileAtomic(file, text);
  const list = (names: readonly string[]) => names.map((name) => printable(name)).join(', ');
  if (unplaced.length > 0) {
    output.warn(`${printable(file)} has nothing of ${list(unplaced)}: no data set on a hub is known, see --hub-task`);
  }
  if (!quiet) output.tell(`wrote ${printable(file)}: ${list(written)}`);
}
