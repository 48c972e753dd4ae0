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
      /** The family, or some small ones together, that is nearest to showing something: its twins, by the baseline. */
      nearest: z
        .strictObject({
          accuracy: z.number(),
          chance: z.number(),
          facts: count,
          /** From which on this accuracy would be more than guessing; null: no number is enough. */
          neededFacts: count.nullable(),
        })
        .nullable(),
      /** The smallest gain in benchmark form that would be found if twins did not share it. */
      detectableGain: z.number().nullable(),
    },
    reason: () => flatForm('not-informative', 'probes'),
  }),
  defineFinding('too-few-facts', {
    rank: 'too-little',
    fields: {
      facts: count,
      /** Questions, of which those that share a passage are one fact here; absent where none do. */
      questions: count.optional(),
      least: count,
      /** Null: no time limit was set, or its costs are not known. */
      budget: z
        .strictObject({
          seconds: z.number(),
          /** Estimated time for the least number of facts, the number of all facts, and the time for those. */
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
      /** Whether the policy requires it: only then does it keep a verdict from `pass`. */
      isRequired: z.boolean(),
    },
    reason: ({ capability }) => flatForm('capability-not-judged', 'probes', { place: capability }),
  }),
] as const;
