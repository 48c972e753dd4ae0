import { ofSchema } from '../../measure/schema/index.ts';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm, invalidComparison } from './flat-form.ts';

export const nonFiniteFindings = [
  defineFinding('non-finite', {
    rank: 'broken-weights',
    fields: { tensor: foreign, nan: count, inf: count },
    reason: ({ nan, inf, tensor }) => {
      const counts = [nan > 0 ? `${nan} NaN` : '', inf > 0 ? `${inf} Inf` : ''];
      return flatForm('non-finite', 'nonFinite', {
        of: 'weight',
        place: tensor,
        candidate: counts.filter(Boolean).join(' and '),
        tolerance: { absolute: 0 },
      });
    },
  }),
  defineFinding('no-spectrum', {
    fields: { tensor: foreign, of: ofSchema },
    reason: ({ of, tensor }) => invalidComparison('spectrum', { of, place: tensor }),
  }),
] as const;
