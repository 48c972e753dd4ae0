import { z } from 'zod';
import { BENCHMARK_DIFFERENCES, TWINS_GAPS } from '../rows/benchmarks.ts';
import { count, estimateSchema, foreign, side } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm, invalidComparison, overLimit } from './flat-form.ts';

export const benchmarkFindings = [
  defineFinding('evaluation-logs', {
    rank: 'source',
    fields: {
      side,
      harness: foreign,
      /** Null, here and in the next fields: the logs do not say. */
      version: foreign.nullable(),
      model: foreign,
      source: foreign.nullable(),
      revision: foreign.nullable(),
      sha: foreign.nullable(),
    },
    reason: ({ model, side, sha, revision }) =>
      flatForm('evaluation-logs', 'benchmarks', { place: model, [side]: sha ?? revision }),
  }),
  /** `side` has them; `isAlone`: there is no baseline at all. */
  defineFinding('logs-of-one-side', {
    fields: { side, isAlone: z.boolean().default(false) },
    reason: ({ side }) => invalidComparison('benchmarks', { place: 'measurement', [side]: 'logs' }),
  }),
  defineFinding('benchmark-not-comparable', {
    rank: 'not-shown',
    fields: {
      cause: z.enum(BENCHMARK_DIFFERENCES),
      named: z.array(foreign).min(1),
      tasks: count,
      /** Null: there is none, or it is too long to be read. */
      candidate: foreign.nullable(),
      baseline: foreign.nullable(),
    },
    reason: ({ cause, named, candidate, baseline }) =>
      invalidComparison(cause, { place: named[0] ?? '', candidate, baseline }),
  }),
  defineFinding('benchmark-loss', {
    rank: 'lost',
    isDeficit: true,
    fields: {
      /** All three null: all tasks together. */
      task: foreign.nullable(),
      metric: foreign.nullable(),
      filter: foreign.nullable(),
      candidate: z.number(),
      baseline: z.number(),
      change: z.number(),
      documents: count,
      /** Documents with fewer right answers than before, and with more. */
      lost: count,
      won: count,
      isOfSamples: z.boolean().default(false),
      /** One-sided, adjusted for the number of tests. */
      p: z.number(),
      limit: z.number(),
    },
    reason: ({ metric, filter, task, change, limit }) =>
      flatForm('benchmark-loss', metric === null ? 'accuracy' : `${metric},${filter}`, {
        place: task ?? 'model',
        candidate: change,
        tolerance: { absolute: limit },
      }),
  }),
  defineFinding('benchmark-gain-not-shown', {
    rank: 'not-shown',
    fields: {
      task: foreign,
      documents: count,
      candidate: z.number(),
      baseline: z.number(),
      gain: estimateSchema,
      limit: z.number(),
      /** Its group twins; null: it has none. */
      twins: foreign.nullable().default(null),
      gap: z.enum(TWINS_GAPS).default('no-twins'),
      /** Its gain − the gain of the twins. */
      excess: estimateSchema.nullable().default(null),
    },
    reason: ({ task, gain, limit }) =>
      overLimit('gain-not-shown', 'benchmarkAccuracy', { place: task, change: gain.value, limit }),
  }),
  defineFinding('benchmark-not-judged', {
    rank: 'not-shown',
    fields: {
      task: foreign,
      documents: count,
      /** The baseline's; `chance` is what guessing reaches. Null: no metric is right or wrong. */
      accuracy: z.number().nullable(),
      chance: z.number(),
      isRequired: z.boolean(),
    },
    reason: ({ task }) => flatForm('benchmark-not-judged', 'benchmarks', { place: task }),
  }),
  defineFinding('benchmark-unclear', {
    rank: 'not-shown',
    fields: {
      change: z.number(),
      documents: count,
      /** Largest drop that cannot be ruled out; null: no bound. */
      possibleDrop: z.number().nullable(),
      limit: z.number(),
      /** The numbers are those of expected accuracy, on the documents with choices. */
      isExpected: z.boolean().default(false),
    },
    reason: ({ change, limit }) => overLimit('benchmark-unclear', 'benchmarkAccuracy', { change, limit }),
  }),
] as const;
