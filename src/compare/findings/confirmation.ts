import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

/** One of two checks of the same models. */
const askedSchema = z.strictObject({
  /** Seed of its probes. */
  seed: count,
  /** Changes of accuracy over all facts. */
  benchmark: z.number().nullable(),
  twin: z.number().nullable(),
  /** Kinds of the findings that fail. */
  kinds: z.array(foreign),
});

const fields = {
  first: askedSchema,
  /** With new questions. */
  second: askedSchema,
  /** Level of the tests for losses. */
  alpha: z.number(),
};

const confirmation = <K extends string>(kind: K) =>
  defineFinding(kind, {
    fields,
    reason: ({ first, second }) => flatForm(kind, 'twinAccuracy', { candidate: second.twin, baseline: first.twin }),
  });

export const confirmationFindings = [confirmation('not-confirmed'), confirmation('confirmed')] as const;
