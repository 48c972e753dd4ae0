import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const probeNoteFindings = [
  defineFinding('probe-notes', {
    rank: 'footnote',
    fields: { named: z.array(foreign).min(1), notes: count },
    reason: () => flatForm('probe-file', 'probes'),
  }),
  defineFinding('unpaired', {
    fields: { facts: count, paired: count },
    reason: ({ facts, paired }) =>
      flatForm('unpaired', 'probes', { candidate: String(facts), baseline: String(paired) }),
  }),
] as const;
