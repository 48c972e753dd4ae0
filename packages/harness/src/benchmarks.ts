import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import { MOST_PASSAGE } from '@shadow-gate/probes/item';
import { z } from 'zod';

const count = z.int().nonnegative();
/** As the harness wrote it; null if it did not. */
const text = z.string().nullable();

const metricSchema = z.strictObject({
  metric: z.string(),
  filter: z.string(),
  /** To the last digit; null if it is not finite. */
  value: z.number().nullable(),
  stderr: z.number().nullable(),
  higherIsBetter: z.boolean().nullable(),
  /** False: 1 may not mean that an answer is right, so nothing is judged by it. */
  isGraded: z.literal(false).optional(),
  /**
   * For several sampled answers to each document. `share`: values are shares of right ones. `estimate`: another number
   * from 0 to 1, such as pass@k. `redundant`: an estimate next to the share.
   */
  ofSamples: z.enum(['share', 'estimate', 'redundant']).optional(),
  /** Number of its answers to each document, if not all. */
  samples: z.int().positive().optional(),
});
export type BenchmarkMetric = z.infer<typeof metricSchema>;

/** A number, the numbers of an aggregate, or null for anything else (texts are not kept). */
const valueSchema = z.union([z.number(), z.array(z.number())]).nullable();
export type DocumentValue = z.infer<typeof valueSchema>;

export function documentValue(value: unknown): DocumentValue {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  const isNumbers = Array.isArray(value) && value.length > 0 && value.every((part) => Number.isFinite(part));
  return isNumbers ? (value as number[]) : null;
}

/** One document of a task with its answers, without any text. */
const documentSchema = z.strictObject({
  id: count,
  /** SHA-256 (hexadecimal) of the document, the prompt as sent, and the right answers; null in files of old versions */
  docHash: text,
  promptHash: text,
  targetHash: text,
  /** SHA-256 over the document, and over its requests: prompts, continuations and generation arguments. */
  doc: z.string(),
  requests: z.string(),
  /** Number of sampled answers, if not that of the task. */
  samples: z.int().positive().optional(),
  /** Share of right answers by guessing, if not by the number of choices. */
  chance: z.number().min(0).lt(1).optional(),
  /** Name, or digest of a long one, of a passage or the like that it shares with other documents. */
  passage: z.string().max(MOST_PASSAGE).optional(),
  /** In the order of the task's metrics. */
  values: z.array(valueSchema),
  /** Log-likelihood of every choice, or of the one continuation; null for generated answers. */
  logprobs: z.array(z.number().nullable()).nullable(),
  /** Number of choices, if not that of log-likelihoods. */
  choices: count.optional(),
  /** Number of right ones, if not one. */
  rightChoices: z.int().positive().optional(),
  /** The right choice, and the UTF-8 bytes of its text. Absent if unknown, and in files of older versions. */
  right: z.strictObject({ choice: count, bytes: z.int().positive() }).optional(),
});
export type BenchmarkDocument = z.infer<typeof documentSchema>;

export const HUB_DATASET = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/;

const taskSchema = z.strictObject({
  name: z.string(),
  dataset: z.string().regex(HUB_DATASET).optional(),
  alias: text,
  version: text,
  shots: count.nullable(),
  /** Hash of all its documents, prompts and targets. */
  hash: text,
  outputType: text,
  /** Digest of the declared filters and metrics, and of their computation. */
  scoring: z.string(),
  /** SHA-256 of the chat template and of the system instruction; null without one. */
  chatTemplate: text,
  systemInstruction: text,
  /** Were few-shot examples turns of a conversation? */
  multiturn: z.boolean().nullable(),
  repeats: z.int().positive(),
  metrics: z.array(metricSchema),
  /** Null: the run did not log its samples. */
  documents: z.array(documentSchema).nullable(),
});
export type BenchmarkTask = z.infer<typeof taskSchema>;

/** For facts of a task, and of a model, that a log does not state. */
export const UNSTATED = {
  ...{ alias: null, version: null, shots: null, hash: null, outputType: null },
  ...{ chatTemplate: null, systemInstruction: null, multiturn: null },
} as const;
export const UNKNOWN_MODEL = {
  ...{ source: null, revision: null, sha: null, dtype: null, parameters: null, adapter: null },
} as const;

const groupSchema = z.strictObject({
  name: z.string(),
  alias: text,
  version: text,
  members: z.array(z.string()),
  metrics: z.array(metricSchema),
});
export type BenchmarkGroup = z.infer<typeof groupSchema>;

const modelSchema = z.strictObject({
  /** A path or the name of a model on a hub. */
  name: z.string(),
  /** The program that ran it: `hf`, `vllm`, `local-completions`, … */
  source: text,
  revision: text,
  sha: text,
  dtype: text,
  parameters: count.nullable(),
  adapter: text,
});
export type EvaluatedModel = z.infer<typeof modelSchema>;

/** Programs whose logs are read. `counts` is a file of right answers per item, which any program can write. */
const HARNESSES = ['lm-evaluation-harness', 'inspect-ai', 'lighteval', 'every-eval-ever', 'counts'] as const;

/** Logs of an evaluation harness as a measurement: answers to the benchmarks that a team already has. */
export const benchmarksSchema = z
  .strictObject({
    harness: z.enum(HARNESSES),
    model: modelSchema,
    /** The results files, with the version that wrote each and its time (ISO 8601). */
    runs: z.array(z.strictObject({ file: z.string(), version: text, time: text })).min(1),
    /** None if all were probes that this program exported. */
    tasks: z.array(taskSchema),
    groups: z.array(groupSchema),
  })
  .superRefine(({ tasks, groups }, context) => {
    const wrong = firstContradiction(tasks, groups);
    if (wrong !== null) context.addIssue({ code: 'custom', path: ['tasks'], message: wrong });
  });
export type Benchmarks = z.infer<typeof benchmarksSchema>;

function firstContradiction(tasks: readonly BenchmarkTask[], groups: readonly BenchmarkGroup[]): string | null {
  const names = new Set<string>();
  for (const { name } of [...tasks, ...groups]) {
    if (names.has(name)) return `${JSON.stringify(name)} is there twice`;
    names.add(name);
  }
  for (const { name, metrics, documents } of tasks) {
    if (documents === null) continue;
    if (documents.length === 0) return `${JSON.stringify(name)} has no documents`;
    if (new Set(documents.map(({ id }) => id)).size < documents.length) {
      return `a document of ${JSON.stringify(name)} is there twice`;
    }
    if (documents.some(({ right, logprobs }) => right !== undefined && right.choice >= (logprobs?.length ?? 0))) {
      return `a right choice of ${JSON.stringify(name)} has no log-likelihood`;
    }
    const isShare = (value: DocumentValue | undefined) => typeof value !== 'number' || (value >= 0 && value <= 1);
    if (documents.some(({ values }) => metrics.some(({ ofSamples }, i) => ofSamples && !isShare(values[i])))) {
      return `a share of right answers of ${JSON.stringify(name)} is not from 0 to 1`;
    }
    if (documents.some(({ values }) => values.length !== metrics.length)) {
      return `a document of ${JSON.stringify(name)} does not have a value for every metric`;
    }
  }
  return null;
}

/** Stands in for the digest of weights: the model in the logs, and its answers, but not the names of data sets. */
export function benchmarksDigest(
  { harness, model, tasks, groups }: Benchmarks,
  probes: MeasuredProbes | null = null,
): string {
  const answers = probes === null ? [] : [probes.suites, probes.items];
  const answered = tasks.map(({ dataset: _, ...task }) => task);
  return `sha256:${sha256(canonicalJson(['benchmarks', harness, model, answered, groups, ...answers]))}`;
}
