import { z } from 'zod';
import { vocabularyRowsSchema } from '../../measure/schema/index.ts';
import { count } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

const { parts } = vocabularyRowsSchema.shape.others.shape;

export const vocabularyRowsFinding = defineFinding('vocabulary-rows', {
  rank: 'wrong-rows',
  fields: {
    ...vocabularyRowsSchema.pick({ matrix: true, tensor: true, against: true }).shape,
    /** `others`: those of other tokens; `added`: the compared weights do not have them. */
    change: z.enum(['others', 'zeroed', 'moved', 'added']),
    rows: count.positive(),
    /** Rows that the two have in common. */
    of: count.positive(),
    parts,
    /** With `others`, added to an id to get the id whose row it has, if most have the same. */
    shift: z.int().nullable(),
  },
  reason: ({ tensor, change, rows }) =>
    flatForm('vocabulary-rows', change, { of: 'weight', place: tensor, candidate: rows }),
});
