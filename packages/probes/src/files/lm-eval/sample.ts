import { UserError } from '@shadow-gate/platform';
import { validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import type { ProbeRecord } from '../fields/records.ts';

const HINT = 'copy the file again as lm-evaluation-harness wrote it';

/** The parts of a line of samples_TASK_DATE.jsonl that its question needs. */
const sampleSchema = z.looseObject({
  doc_id: z.int().nonnegative(),
  doc: z.record(z.string(), z.unknown()),
  target: z.unknown(),
  arguments: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]),
  resps: z.array(z.array(z.unknown()).min(1)).min(1),
  filter: z.string().optional(),
  metrics: z.array(z.string()).optional(),
});

/** One document under one filter. */
export interface LmEvalSample {
  /** `FILE:12`, for errors. */
  readonly where: string;
  readonly doc_id: number;
  readonly doc: Readonly<Record<string, unknown>>;
  readonly target: unknown;
  /** Answers of each request: a text, or a log-likelihood, alone or with whether it is greedy. */
  readonly resps: readonly (readonly unknown[])[];
  readonly filter: string | undefined;
  readonly metrics: readonly string[];
  /** Metrics that can check its answer. */
  readonly acc: unknown;
  readonly exact_match: unknown;
  /** The text before the answer of each request, and the answer or the arguments of a generation. */
  readonly requests: ReadonlyArray<{ readonly context: string; readonly argument: unknown }>;
}

/** Whether a file has samples of lm-evaluation-harness instead of questions. */
export function areSamples([first]: readonly ProbeRecord[]): boolean {
  return (
    first !== undefined && ['doc_id', 'doc', 'arguments', 'resps'].every((key) => Object.hasOwn(first.fields, key))
  );
}

/** @throws UserError with the line */
export function readSample({ fields, where }: ProbeRecord): LmEvalSample {
  const parsed = validate(sampleSchema, fields);
  if (!parsed.success) {
    const { path, message } = parsed.issue;
    throw new UserError(
      `${where} is not a sample of lm-evaluation-harness: ${[path.map(String).join('.'), message].join(': ')}`,
      HINT,
    );
  }
  const { arguments: given, doc_id, doc, target, resps, filter, metrics = [], acc, exact_match } = parsed.data;
  // Some versions write a list of lists, others `{ gen_args_0: { arg_0, arg_1 } }`.
  const requests = (Array.isArray(given) ? given : Object.values(given)).map((request) => {
    const [context, argument] = typeof request === 'object' && request !== null ? Object.values(request) : [];
    if (typeof context === 'string') return { context, argument };
    const problem = 'arguments: a request without a text (messages of a chat server, pictures or sound)';
    throw new UserError(`${where}: ${problem}`, 'give samples whose prompts are texts');
  });
  return { where, doc_id, doc, target, resps, filter, metrics, acc, exact_match, requests };
}

/** The log-likelihood of each request: alone or in a list, a number or text. NaN for others, such as null. */
export function sampleLogprobs({ resps }: Pick<LmEvalSample, 'resps'>): number[] {
  return resps.map(([first]) => numberOf(Array.isArray(first) ? first[0] : first));
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}
