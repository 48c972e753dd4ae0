import { z } from 'zod';
import { foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';

const TOP_ENERGY = { rule: 'spike', metric: 'topEnergy.1', of: 'weight' } as const;

export const spikeFindings = [
  defineFinding('spike', {
    fields: {
      tensor: foreign,
      group: foreign,
      candidate: z.number(),
      baseline: z.number().nullable(),
      evidence: z.discriminatedUnion('test', [
        /** The log-odds of its top-1 energy, among those of its module type. */
        z.strictObject({ test: z.literal('level'), robustZ: z.number(), limit: z.number() }),
        /** The rise of its log-odds over the baseline, among those of its module type. */
        z.strictObject({ test: z.literal('rise'), robustZ: z.number(), limit: z.number() }),
        /** Its odds ÷ the baseline's: too few matrices of its type for a z-score. */
        z.strictObject({ test: z.literal('odds'), oddsRatio: z.number(), limit: z.number() }),
      ]),
    },
    reason: ({ tensor, candidate, baseline, evidence: { test, limit } }) => ({
      ...TOP_ENERGY,
      place: tensor,
      candidate,
      baseline,
      tolerance: test === 'odds' ? { oddsRatio: limit } : { robustZ: limit },
    }),
  }),
  defineFinding('group-spike', {
    fields: {
      group: foreign,
      candidate: z.number().nullable(),
      baseline: z.number().nullable(),
      oddsRatio: z.number(),
      limit: z.number(),
    },
    reason: ({ group, candidate, baseline, limit }) => ({
      ...TOP_ENERGY,
      place: group,
      candidate,
      baseline,
      tolerance: { oddsRatio: limit },
    }),
  }),
] as const;
