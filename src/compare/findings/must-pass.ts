import { z } from 'zod';
import { mustPassItemSchema } from '../rows/apart.ts';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const mustPassFindings = [
  defineFinding('must-pass-broken', {
    rank: 'lost',
    isDeficit: true,
    isFinal: true,
    fields: {
      broken: count,
      questions: count,
      /** Broken ones that the baseline had right; null: there is no baseline. */
      rightBefore: count.nullable(),
      named: z.array(mustPassItemSchema).min(1),
    },
    reason: ({ named, broken }) =>
      flatForm('must-pass-broken', 'mustPass', {
        place: named[0]?.id ?? '',
        candidate: broken,
        tolerance: { absolute: 0 },
      }),
    places: ({ named }) => named.map(({ id }) => id),
  }),
  defineFinding('must-pass-not-asked', {
    rank: 'too-little',
    fields: {
      suite: foreign,
      /** Null: none was asked, of a number that is not known. */
      items: count.nullable(),
      named: z.array(z.strictObject({ id: foreign, reason: foreign.nullable() })),
    },
    reason: ({ suite, items }) =>
      flatForm('must-pass-not-asked', 'mustPass', { place: suite, candidate: items, tolerance: { absolute: 0 } }),
  }),
] as const;
