import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

const askedSchema = z.strictObject({
  seed: count,
  /** Changes of accuracy over all facts. */
  benchmark: z.number().nullable(),
  twin: z.number().nullable(),
  /** Kinds of the findings that fail. */
  kinds: z.array(foreign),
});

const fields = {
  first: askedSchema,
  second: askedSchema,
  alpha: z.number(),
};

const confirmation = <K extends string>(kind: K) =>
  defineFinding(kind, {
    fields,
    reason: ({ first, second }) => flatForm(kind, 'twinAccuracy', { candidate: second.twin, baseline: first.twin }),
  });

export const confirmationFindings = [confirmation('not-confirmed'), confirmation('confirmed')] as const;
