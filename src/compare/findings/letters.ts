import { z } from 'zod';
import { count, foreign, side } from '../rows/fields.ts';
import { LABEL_REASONS } from '../rows/letters.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const letterFindings = [
  defineFinding('letters-memorized', {
    rank: 'memorized',
    isDeficit: true,
    needsMoreThanHarm: true,
    fields: {
      suite: foreign,
      /** Permuted twins, and those answered with the letter that was right before. */
      items: count,
      candidate: count,
      baseline: count,
      p: z.number(),
      /** Twins that know nothing of letters rose too. */
      answersKnown: z.boolean(),
    },
    reason: ({ suite, candidate, baseline }) =>
      flatForm('letters-memorized', 'keptLetters', { place: suite, candidate, baseline }),
  }),
  defineFinding('baseline-memorized', {
    rank: 'not-trusted',
    fields: {
      suite: foreign,
      /** `candidate`: there is no baseline, and it could not be one. */
      side,
      items: count,
      kept: count,
      chance: z.number(),
      p: z.number(),
      /** Accuracies in the exam form and on open and fresh twins; null without any. */
      exam: z.number(),
      twins: z.number().nullable(),
    },
    reason: ({ suite, side, kept }) => flatForm('baseline-memorized', 'keptLetters', { place: suite, [side]: kept }),
  }),
  defineFinding('labels-not-bound', {
    rank: 'not-trusted',
    fields: {
      suite: foreign,
      /** Whose answers show it. */
      side,
      why: z.enum(LABEL_REASONS),
      /** Benchmark forms that ask for a label, and the most frequent label. */
      items: count,
      most: z.strictObject({ label: foreign, count }).nullable(),
      /** Facts that are judged by their text form instead. */
      byText: count,
      /** Facts that only labels can answer. */
      unjudged: count,
    },
    reason: ({ suite }) => flatForm('labels-not-bound', 'probes', { place: suite }),
  }),
] as const;
