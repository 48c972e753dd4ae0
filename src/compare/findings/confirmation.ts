import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

/** What one of two checks of the same models found. */
const askedSchema = z.strictObject({
  /** Seed of its probes. */
  seed: count,
  /** Changes of accuracy over all facts; null where there are none. */
  benchmark: z.number().nullable(),
  twin: z.number().nullable(),
  /** Kinds of the findings that fail; none for a check that does not. */
  kinds: z.array(foreign),
});

const fields = {
  first: askedSchema,
  /** With new questions. */
  second: askedSchema,
  /** Level of the tests for losses in each check. */
  alpha: z.number(),
};

export const confirmationFindings = [
  defineFinding('not-confirmed', {
    fields,
    reason: ({ first, second }) =>
      flatForm('not-confirmed', 'twinAccuracy', { candidate: second.twin, baseline: first.twin }),
  }),
  defineFinding('confirmed', {
    fields,
    reason: ({ first, second }) =>
      flatForm('confirmed', 'twinAccuracy', { candidate: second.twin, baseline: first.twin }),
  }),
] as const;
