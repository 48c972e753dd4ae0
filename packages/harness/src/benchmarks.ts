import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import { MOST_PASSAGE } from '@shadow-gate/probes/item';
import { z } from 'zod';

const count = z.int().nonnegative();
/** As a harness wrote it; null where it wrote none. */
const text = z.string().nullable();

/** One metric of a task under one filter, as the harness reports it. */
const metricSchema = z.strictObject({
  metric: z.string(),
  filter: z.string(),
  /** To the last digit; null where it is not a finite number. */
  value: z.number().nullable(),
  stderr: z.number().nullable(),
  higherIsBetter: z.boolean().nullable(),
  /** False: whether 1 means that an answer is right is not known, so that nothing is judged by it. */
  isGraded: z.literal(false).optional(),
  /**
   * For several sampled answers to each document. `share`: values are shares of right ones. `estimate`: another number
   * from 0 to 1 that follows from them, such as pass@k. `redundant`: an estimate where the share is there too.
   */
  ofSamples: z.enum(['share', 'estimate', 'redundant']).optional(),
  /** Number of answers to each document that it covers, if not all. */
  samples: z.int().positive().optional(),
});
export type BenchmarkMetric = z.infer<typeof metricSchema>;

/** A number, the numbers that an aggregate is made of, or null for anything else (texts are not kept). */
const valueSchema = z.union([z.number(), z.array(z.number())]).nullable();
export type DocumentValue = z.infer<typeof valueSchema>;

/** One document of a task, and how it was answered. No text of it is kept. */
const documentSchema = z.strictObject({
  id: count,
  /**
   * SHA-256 in hexadecimal digits of the document, the prompt as sent, and what counts as right, by the harness or of
   * what it wrote; null in files of old versions.
   */
  docHash: text,
  promptHash: text,
  targetHash: text,
  /** SHA-256 over the document, and over its requests: prompts, continuations and generation arguments. */
  doc: z.string(),
  requests: z.string(),
  /** Number of sampled answers, if not that of the task. */
  samples: z.int().positive().optional(),
  /** Share of right answers by guessing, where no choices say it. */
  chance: z.number().min(0).lt(1).optional(),
  /** Name, or digest of a long one, of what it shares with other documents, such as a passage. */
  passage: z.string().max(MOST_PASSAGE).optional(),
  /** In the order of the task's metrics. */
  values: z.array(valueSchema),
  /** Log-likelihood of every choice, or of the one continuation; null for generated answers. */
  logprobs: z.array(z.number().nullable()).nullable(),
  /** Number of choices, where there are not as many log-likelihoods. */
  choices: count.optional(),
  /** Number of right ones, if not one. */
  rightChoices: z.int().positive().optional(),
  /** The right choice, and the bytes of its text in UTF-8. Absent if unknown, and in files of older versions. */
  right: z.strictObject({ choice: count, bytes: z.int().positive() }).optional(),
});
export type BenchmarkDocument = z.infer<typeof documentSchema>;

/** The name of a data set on a hub: `org/name`. */
export const HUB_DATASET = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/;

const taskSchema = z.strictObject({
  name: z.string(),
  /** Its data set on a hub, if the logs name one. */
  dataset: z.string().regex(HUB_DATASET).optional(),
  alias: text,
  version: text,
  /** Number of few-shot examples. */
  shots: count.nullable(),
  /** Hash of all its documents, prompts and targets. */
  hash: text,
  outputType: text,
  /** Digest of the filters and metrics, and of how they are computed, as the task declares them. */
  scoring: z.string(),
  /** SHA-256 of the chat template and of the system instruction; null without one. */
  chatTemplate: text,
  systemInstruction: text,
  /** Whether few-shot examples were turns of a conversation. */
  multiturn: z.boolean().nullable(),
  /** Answers to each request. */
  repeats: z.int().positive(),
  metrics: z.array(metricSchema),
  /** Null: the run did not log its samples. */
  documents: z.array(documentSchema).nullable(),
});
export type BenchmarkTask = z.infer<typeof taskSchema>;

/** Defaults for what a log does not say of a task, and of a model. */
export const UNSTATED = {
  ...{ alias: null, version: null, shots: null, hash: null, outputType: null },
  ...{ chatTemplate: null, systemInstruction: null, multiturn: null },
} as const;
export const UNKNOWN_MODEL = {
  ...{ source: null, revision: null, sha: null, dtype: null, parameters: null, adapter: null },
} as const;

/** Several tasks, with the aggregates that the harness made of them. */
const groupSchema = z.strictObject({
  name: z.string(),
  alias: text,
  version: text,
  /** Names of tasks or of other groups. */
  members: z.array(z.string()),
  metrics: z.array(metricSchema),
});
export type BenchmarkGroup = z.infer<typeof groupSchema>;

/** The evaluated model, according to the logs. */
const modelSchema = z.strictObject({
  /** A path or the name of a model on a hub. */
  name: z.string(),
  /** How the harness ran it: `hf`, `vllm`, `local-completions`, … */
  source: text,
  revision: text,
  sha: text,
  dtype: text,
  parameters: count.nullable(),
  /** Path of an adapter that was loaded. */
  adapter: text,
});
export type EvaluatedModel = z.infer<typeof modelSchema>;

/** Programs whose logs are read. `counts` is a file of right answers per item, which any program can write. */
const HARNESSES = ['lm-evaluation-harness', 'inspect-ai', 'lighteval', 'every-eval-ever', 'counts'] as const;

/** Logs of an evaluation harness, read as a measurement: answers to the benchmarks that a team already has. */
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

/**
 * Stands in for the digest of weights: what the logs say of the model, and its answers. Measurements with the same
 * digest cannot be told apart.
 */
export function benchmarksDigest(
  { harness, model, tasks, groups }: Benchmarks,
  probes: MeasuredProbes | null = null,
): string {
  const answers = probes === null ? [] : [probes.suites, probes.items];
  const answered = tasks.map(({ dataset: _, ...task }) => task);
  return `sha256:${sha256(canonicalJson(['benchmarks', harness, model, answered, groups, ...answers]))}`;
}
