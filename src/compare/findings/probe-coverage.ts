import { z } from 'zod';
import { count, foreign, side } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const probeCoverageFindings = [
  defineFinding('probes-not-run', {
    rank: 'no-answers',
    fields: {
      side,
      /** Null: they were never requested, as with `--only spectra`. */
      cause: foreign.nullable(),
    },
    reason: () => flatForm('probes-not-run', 'probes'),
  }),
  defineFinding('items-lost', {
    rank: 'no-answers',
    isFinal: true,
    fields: {
      /** The baseline answered them, and the candidate cannot run them: they count as wrong. */
      items: count,
      named: z.array(z.strictObject({ id: foreign, reason: foreign.nullable() })).min(1),
      capabilities: z.array(foreign),
    },
    reason: ({ named, items }) =>
      flatForm('items-lost', 'probes', { place: named[0]?.id ?? '', candidate: items, tolerance: { absolute: 0 } }),
  }),
  defineFinding('no-answers', {
    rank: 'no-answers',
    fields: { side },
    reason: () => flatForm('probes-not-run', 'probes'),
  }),
  /** Not everything was asked, and the answers do not settle the verdict; or a baseline lacks answers. */
  defineFinding('stopped-early', {
    fields: { side, blocks: count, of: count },
    reason: ({ side, blocks }) => flatForm('stopped-early', 'probes', { place: side, candidate: String(blocks) }),
  }),
  defineFinding('left-out', {
    fields: {
      named: z.array(z.strictObject({ id: foreign, reason: foreign })).min(1),
      items: count,
      ran: count,
      /** More were left out than ran: another suite than the one requested. */
      isMost: z.boolean(),
    },
    reason: ({ isMost, named, ran }) =>
      flatForm(isMost ? 'probes-not-run' : 'left-out', 'probes', { place: named[0]?.id ?? '', candidate: String(ran) }),
  }),
] as const;
