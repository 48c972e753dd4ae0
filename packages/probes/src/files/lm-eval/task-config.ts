import { basename, dirname, join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { readTextFile } from '@shadow-gate/platform/files';
import { parseJsonWithNaN, validate } from '@shadow-gate/platform/json';
import { z } from 'zod';

export const taskConfigSchema = z.looseObject({
  filter_list: z
    .array(z.looseObject({ name: z.string(), filter: z.array(z.looseObject({ function: z.string() })) }))
    .nullish(),
  metric_list: z.array(z.looseObject({ metric: z.unknown() })).nullish(),
  target_delimiter: z.string().nullish(),
});
export type TaskConfig = z.infer<typeof taskConfigSchema>;

const resultsSchema = z.looseObject({
  configs: z.record(z.string(), taskConfigSchema),
  chat_template: z.unknown().optional(),
  /** Versions before 0.4.3 do not write it. */
  'n-samples': z.record(z.string(), z.looseObject({ effective: z.int().nonnegative().nullish() })).nullish(),
});

export interface RunOfTask {
  readonly task: string;
  readonly config: TaskConfig;
  /** Whether prompts were rendered with a chat template. */
  readonly chatTemplate: boolean;
  /** Number of documents that were asked; null if the file does not say. */
  readonly documents: number | null;
}

const SAMPLES = /^samples_(?<task>.+)_(?<date>\d{4}-\d{2}-\d{2}T.+)\.jsonl$/;

/** The results file of a file of samples, by its name; null for other names. */
export function resultsBeside(samples: string): string | null {
  const date = SAMPLES.exec(basename(samples))?.groups?.date;
  return date === undefined ? null : join(dirname(samples), `results_${date}.json`);
}

/** Read the results file of samples, null without one. @throws UserError for another file, or one without the task */
export async function readRunOfTask(samples: string): Promise<RunOfTask | null> {
  const path = resultsBeside(samples);
  const task = SAMPLES.exec(basename(samples))?.groups?.task;
  if (path === null || task === undefined) return null;
  const text = await readTextFile(path, 'measurement');
  if (text === null) return null;
  const hint = 'give the two files as lm-evaluation-harness wrote them';
  const parsed = validate(resultsSchema, parseJsonWithNaN(text, path, hint));
  if (!parsed.success) {
    const { path: keys, message } = parsed.issue;
    throw new UserError(
      `${path} is not a results file of lm-evaluation-harness: ${keys.map(String).join('.')}: ${message}`,
      hint,
    );
  }
  const { configs, chat_template: template, 'n-samples': counts } = parsed.data;
  const config = Object.hasOwn(configs, task) ? configs[task] : undefined;
  if (config === undefined) throw new UserError(`${path} has no task ${JSON.stringify(task)}`, hint);
  const documents = counts?.[task]?.effective ?? null;
  return { task, config, chatTemplate: template !== undefined && template !== null, documents };
}
