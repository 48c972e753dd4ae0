import type { PythonDict, PythonValue } from '@shadow-gate/python';
import type { TaskConfig } from '../files/lm-eval/task-config.ts';

/** A template, the name of a field, or a value for every document. */
export type Rendered = string | number;

export const OUTPUT_TYPES = ['multiple_choice', 'generate_until', 'loglikelihood'] as const;
export type OutputType = (typeof OUTPUT_TYPES)[number];

export interface DocumentFormat {
  readonly docToText: Rendered;
  readonly docToTarget: Rendered | readonly PythonValue[];
  /** Null if the task has no choices. */
  readonly docToChoice: string | readonly PythonValue[] | null;
  readonly genPrefix: string | null;
  readonly targetDelimiter: string;
  readonly fewshotDelimiter: string;
}

/** Few-shot examples come from a split, `declared` if the task names it, or from the task itself. */
export type FewshotSource =
  | { readonly split: string; readonly declared: boolean }
  | { readonly split: null; readonly samples: readonly PythonDict[] };

/** A task of lm-evaluation-harness without Python. */
export interface Task extends DocumentFormat {
  readonly file: string;
  readonly name: string;
  readonly outputType: OutputType;
  readonly datasetPath: string | null;
  readonly datasetName: string | null;
  /** `revision` of `dataset_kwargs`. */
  readonly revision: string | null;
  /** `data_files` of `dataset_kwargs`: a path, paths, or paths by split. */
  readonly dataFiles: PythonValue;
  /** The split that is asked: test, else validation. */
  readonly split: string;
  readonly testSplit: string | null;
  readonly description: string;
  readonly fewshot: FewshotSource;
  readonly fewshotFormat: DocumentFormat;
  readonly sampler: 'default' | 'first_n';
  readonly numFewshot: number;
  readonly metrics: readonly string[];
  /** Metrics that are not computed. */
  readonly otherMetrics: readonly string[];
  /** Filters and metrics, as `taskAnswerRule` takes them. */
  readonly judging: TaskConfig;
  readonly until: readonly string[];
  /** Null: the harness's default, 256. */
  readonly maxNewTokens: number | null;
}
