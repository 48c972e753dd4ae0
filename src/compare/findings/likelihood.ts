import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm, overLimit } from './flat-form.ts';

/** Nats per byte of the right answers' texts; `lower` and `upper` are one-sided bounds. */
const likelihoodFields = {
  /** Both null: all facts. */
  capability: foreign.nullable(),
  suite: foreign.nullable(),
  facts: count,
  change: z.number(),
  lower: z.number(),
  upper: z.number(),
  limit: z.number(),
  /** Change of expected accuracy on the same answers. */
  expected: z.number(),
  /** Only among the tokens of the suite's right answers, with a limit for that. */
  isAmong: z.literal(true).optional(),
};

export const likelihoodFindings = [
  defineFinding('likelihood-loss', {
    rank: 'lost',
    isDeficit: true,
    // `isConfirmed`: expected accuracy fell with it by enough for a loss.
    fields: { ...likelihoodFields, isConfirmed: z.boolean() },
    reason: ({ capability, suite, change, limit }) =>
      overLimit('likelihood-loss', 'answerLikelihood', { place: capability ?? suite ?? 'model', change, limit }),
  }),
  defineFinding('likelihood-unclear', {
    rank: 'not-shown',
    isOfFew: true,
    fields: likelihoodFields,
    reason: ({ change, limit }) => overLimit('likelihood-unclear', 'answerLikelihood', { change, limit }),
  }),
  defineFinding('likelihood-missing', {
    rank: 'too-little',
    fields: { items: count },
    reason: ({ items }) => flatForm('likelihood-missing', 'answerLikelihood', { candidate: items }),
  }),
  defineFinding('answer-mass', {
    rank: 'footnote',
    fields: {
      facts: count,
      /** Nats per byte that moved from other tokens to right answers; `lower` is a one-sided bound. */
      moved: z.number(),
      lower: z.number(),
      limit: z.number(),
    },
    reason: ({ moved, limit }) => overLimit('answer-mass', 'answerLikelihood', { change: moved, limit }),
  }),
  defineFinding('judged-by-likelihood', {
    rank: 'footnote',
    fields: {
      /** Null: none of the answers can be judged by right and wrong. */
      capability: foreign.nullable(),
      facts: count,
    },
    reason: ({ capability }) => flatForm('judged-by-likelihood', 'probes', { place: capability ?? 'model' }),
  }),
] as const;
