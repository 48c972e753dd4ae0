import { z } from 'zod';
import { BEHAVIOR_PARTS } from '../../measure/schema/index.ts';
import { count, foreign, side } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const behaviorFindings = [
  defineFinding('changed-behavior', {
    fields: {
      part: z.enum(BEHAVIOR_PARTS),
      /** Digests; null where there is none. */
      candidate: foreign.nullable(),
      baseline: foreign.nullable(),
      /** Examples of keys, sections or files that differ; null where one is absent. */
      named: z.array(z.strictObject({ key: foreign, candidate: foreign.nullable(), baseline: foreign.nullable() })),
      changes: count,
      /** The sides that are GGUF files; absent without any, and in reports of older versions. */
      gguf: z.array(side).min(1).optional(),
      /** For a tokenizer: items that become other tokens than in the baseline; absent if not known. */
      texts: z
        .strictObject({
          other: count,
          of: count,
          /** Text of null: private. */
          example: z.strictObject({ suite: foreign, item: foreign, text: foreign.nullable() }).nullable(),
        })
        .optional(),
      /** Why it is less than it looks. */
      because: z
        .discriminatedUnion('kind', [
          /** The tokenizers have different descriptions, but gave the same tokens for this many texts. */
          z.strictObject({ kind: z.literal('same-tokens'), texts: count }),
          /** This side is a GGUF file, which has no place for the difference. */
          z.strictObject({ kind: z.literal('not-in-gguf'), side }),
        ])
        .optional(),
    },
    reason: ({ part, candidate, baseline }) => flatForm('behavior', part, { candidate, baseline }),
  }),
  defineFinding('logit-scale', {
    fields: {
      /** Size of the logits by the weights, or spread of the log-probabilities of choices. */
      by: z.enum(['weights', 'answers']),
      candidate: z.number(),
      baseline: z.number(),
      /** Candidate ÷ baseline; of the answers, the median over items. */
      ratio: z.number(),
      /** A finding above this, and below its inverse. */
      limit: z.number(),
      parts: z.array(z.strictObject({ name: foreign, ratio: z.number() })),
    },
    reason: ({ by, candidate, baseline, limit }) =>
      flatForm('behavior', by === 'weights' ? 'logitScale' : 'answerSpread', {
        candidate,
        baseline,
        tolerance: { factor: limit },
      }),
  }),
  defineFinding('behavior-not-compared', {
    rank: 'remark',
    fields: {
      /** The side without it: a measurement of an older version, or an edited one. */
      side,
      what: z.enum(['everything', 'config', 'logit-scale', 'questions']),
    },
    reason: ({ what }) => flatForm('behavior', what, { place: 'measurement' }),
  }),
] as const;
