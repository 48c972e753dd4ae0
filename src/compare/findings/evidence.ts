import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const evidenceFindings = [
  defineFinding('not-informative', {
    rank: 'not-shown',
    isOfFew: true,
    fields: {
      families: z.array(foreign),
      /** The baseline on the twins of the family, or pooled small families, nearest to showing something. */
      nearest: z
        .strictObject({
          accuracy: z.number(),
          chance: z.number(),
          facts: count,
          /** From here on, this accuracy would be more than guessing; null: no number is enough. */
          neededFacts: count.nullable(),
        })
        .nullable(),
      /** Smallest gain in benchmark form that would be found if twins did not share it. */
      detectableGain: z.number().nullable(),
    },
    reason: () => flatForm('not-informative', 'probes'),
  }),
  defineFinding('too-few-facts', {
    rank: 'too-little',
    fields: {
      facts: count,
      /** Questions, if some share a passage, which makes them one fact. */
      questions: count.optional(),
      least: count,
      /** Null: no time limit was set, or its costs are not known. */
      budget: z
        .strictObject({
          seconds: z.number(),
          /** Estimates for `least` and for `all` facts. */
          leastSeconds: z.number(),
          all: count,
          allSeconds: z.number(),
        })
        .nullable(),
    },
    reason: ({ facts, least }) => flatForm('too-few-facts', 'facts', { candidate: facts, tolerance: { least } }),
  }),
  defineFinding('capability-not-judged', {
    rank: 'not-shown',
    isOfFew: true,
    fields: {
      capability: foreign,
      facts: count,
      /** Required by the policy: only then does it prevent `pass`. */
      isRequired: z.boolean(),
    },
    reason: ({ capability }) => flatForm('capability-not-judged', 'probes', { place: capability }),
  }),
] as const;
