import { PLACES } from '@shadow-gate/probes/answer';
import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { protocolRowSchema } from '../rows/protocol.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

const { baseline, candidate, p } = protocolRowSchema.shape;
const place = z.enum(PLACES);

export const protocolFindings = [
  /** The candidate's template writes nothing where the baseline's does. */
  defineFinding('protocol-template', {
    rank: 'lost',
    isDeficit: true,
    isFinal: true,
    fields: {
      place,
      baseline,
      /** Further places that it lacks for the same reason. */
      others: count,
      why: foreign,
    },
    reason: ({ place, baseline: { done } }) =>
      flatForm('protocol-template', 'protocol', { place, candidate: null, baseline: done }),
  }),
  /** Its template ends a turn with something that ends no generation. */
  defineFinding('protocol-end-token', {
    rank: 'lost',
    isDeficit: true,
    isFinal: true,
    fields: {},
    reason: () => flatForm('protocol-end-token', 'protocol'),
  }),
  defineFinding('protocol-lost', {
    rank: 'lost',
    isDeficit: true,
    isFinal: true,
    fields: {
      place,
      baseline,
      candidate,
      p,
      /** Share of the texts that may be lost. */
      limit: z.number(),
      /** None may be lost. */
      isMustPass: z.boolean(),
    },
    reason: ({ place, candidate, baseline, limit }) =>
      flatForm('protocol-lost', 'protocol', {
        place,
        candidate: candidate.done,
        baseline: baseline.done,
        tolerance: { absolute: limit },
      }),
  }),
  /** One of the two was not asked for what the other was. */
  defineFinding('protocol-not-asked', {
    fields: {
      /** Null for all. */
      place: place.nullable(),
      side: z.enum(['candidate', 'baseline']),
      /** Null where it was measured without. */
      why: foreign.nullable(),
      /** Its files have no such places: to ask again changes nothing. */
      isRefused: z.boolean(),
    },
    reason: ({ place }) => flatForm('protocol-not-asked', 'protocol', place === null ? {} : { place, candidate: null }),
  }),
  /** Still done, and no longer surely. */
  defineFinding('protocol-likelihood', {
    fields: { place, baseline, candidate, nats: protocolRowSchema.shape.nats, limit: z.number() },
    reason: ({ place, nats, limit }) =>
      flatForm('protocol-likelihood', 'protocol', { place, candidate: nats.mean, tolerance: { absolute: limit } }),
  }),
] as const;
