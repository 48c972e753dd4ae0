import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm, invalidComparison } from './flat-form.ts';

export const coverageFindings = [
  defineFinding('nothing-measured', {
    fields: {},
    reason: () => invalidComparison('measurement'),
  }),
  defineFinding('all-skipped', {
    fields: {},
    reason: () => invalidComparison('tensors', { of: 'weight', place: 'checkpoint', candidate: '0' }),
  }),
  defineFinding('mostly-skipped', {
    fields: {
      /** Absent: tensors. */
      unit: z.literal('parameters').optional(),
      skipped: count,
      measured: count,
    },
    reason: ({ unit, measured }) =>
      invalidComparison(unit ?? 'tensors', { of: 'weight', place: 'checkpoint', candidate: String(measured) }),
  }),
  defineFinding('skipped', {
    rank: 'remark',
    fields: { named: z.array(z.strictObject({ name: foreign, reason: foreign })).min(1), tensors: count },
    reason: ({ named, tensors }) => flatForm('skipped', 'tensors', { place: named[0]?.name ?? '', candidate: tensors }),
  }),
  defineFinding('unread-files', {
    rank: 'footnote',
    fields: {
      /** `what`: as in "a PyTorch pickle". */
      named: z.array(z.strictObject({ name: foreign, what: foreign })).min(1),
      files: count,
      runningCode: count,
    },
    reason: ({ named, files }) => flatForm('unread-files', 'files', { place: named[0]?.name ?? '', candidate: files }),
  }),
] as const;
