import { given } from '@shadow-gate/platform';
import { z } from 'zod';
import { ofSchema } from '../../measure/schema/index.ts';
import { foreign, scopePlace, scopeSchema, side } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const policyRuleFindings = [
  defineFinding('metric-moved', {
    fields: {
      metric: foreign,
      of: ofSchema,
      scope: scopeSchema,
      candidate: z.number(),
      baseline: z.number(),
      /** The larger of the two applies. */
      limit: z.strictObject({
        /** Null: no such limit. */
        absolute: z.number().nullable(),
        /** In units of |baseline|. */
        relative: z.number().nullable(),
        direction: z.enum(['up', 'down', 'any']),
      }),
    },
    reason: ({ metric, of, scope, candidate, baseline, limit: { absolute, relative } }) => ({
      rule: metric,
      metric,
      of,
      place: scopePlace(scope),
      candidate,
      baseline,
      tolerance: given({ absolute: absolute ?? undefined, relative: relative ?? undefined }),
    }),
  }),
  defineFinding('bounds-too-wide', {
    fields: {
      metric: foreign,
      of: ofSchema,
      scope: scopeSchema,
      side,
      /** Width of its bounds, in units of the value as the limit is; null: infinite. */
      width: z.number().nullable(),
      limit: z.number(),
      /** The matrix was only screened, which says nothing here; the limit is 0. */
      isScreened: z.literal(true).optional(),
    },
    reason: ({ metric, of, scope, isScreened, limit }) =>
      flatForm('bounds-too-wide', metric, {
        of,
        place: scopePlace(scope),
        tolerance: isScreened ? null : { relative: limit },
      }),
  }),
  defineFinding('idle-rule', {
    fields: {
      metric: foreign,
      of: ofSchema,
      /** Where it is idle; null: everywhere. */
      modules: z.array(foreign).nullable(),
      cause: z
        .discriminatedUnion('kind', [
          /** Candidate and baseline do not both have the metric. */
          z.strictObject({ kind: z.literal('nothing') }),
          /** The baseline is too close to the lowest or highest value of the metric for the limit to be reached. */
          z.strictObject({
            kind: z.literal('at-bound'),
            side: z.enum(['lowest', 'highest']),
            /** In the first module type. */
            baseline: z.number(),
            bound: z.number(),
          }),
        ])
        .default({ kind: 'nothing' }),
      /** It is not a rule of the policy file. */
      isDefault: z.boolean().default(false),
    },
    reason: ({ metric, of, modules }) => flatForm('idle-rule', metric, { of, place: modules?.join(', ') ?? 'model' }),
  }),
] as const;
