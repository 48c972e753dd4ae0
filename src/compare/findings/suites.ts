import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm, overLimit } from './flat-form.ts';

/** Why nothing of a suite that the policy requires could be judged. */
const MISSING_SUITES = [
  /** The candidate was not asked, or its logs do not have it. */
  'not-there',
  /** None of its items could be run. */
  'no-answers',
  /** No loss could show in it: the baseline guesses, or its labels are no instrument. */
  'not-judged',
] as const;

export const suiteFindings = [
  defineFinding('suite-missing', {
    rank: 'no-answers',
    fields: { suite: foreign, cause: z.enum(MISSING_SUITES) },
    reason: ({ suite }) => flatForm('suite-missing', 'probes', { place: suite }),
  }),
  defineFinding('suite-unclear', {
    rank: 'not-shown',
    isOfFew: true,
    fields: {
      suite: foreign,
      items: count,
      change: z.number(),
      /** Largest drop that cannot be ruled out; null: no bound. */
      possibleDrop: z.number().nullable(),
      limit: z.number(),
    },
    reason: ({ suite, change, limit }) => overLimit('suite-unclear', 'accuracy', { place: suite, change, limit }),
  }),
  /** The worst slice of a suite, of `slices` that lost. */
  defineFinding('slice-loss', {
    rank: 'lost',
    isDeficit: true,
    fields: {
      suite: foreign,
      field: foreign,
      value: foreign,
      facts: count,
      items: count,
      baseline: z.number(),
      candidate: z.number(),
      change: z.number(),
      /** One-sided bounds; null: no bound. */
      lower: z.number().nullable(),
      upper: z.number().nullable(),
      /** Adjusted for the number of slices of all suites. */
      p: z.number(),
      limit: z.number(),
      slices: z.int().positive(),
    },
    reason: ({ suite, field, value, change, limit }) =>
      overLimit('slice-loss', 'accuracy', { place: `${suite} · ${field} = ${value}`, change, limit }),
  }),
  defineFinding('slices-not-judged', {
    rank: 'not-shown',
    isOfFew: true,
    fields: { suite: foreign, field: foreign, slices: count },
    reason: ({ suite, field }) => flatForm('slices-not-judged', 'probes', { place: `${suite} · ${field}` }),
  }),
] as const;
