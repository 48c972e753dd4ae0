import { PRECISIONS } from '@shadow-gate/language-model/precision';
import { z } from 'zod';
import { count, foreign, side } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

/** Identity of a model at a server. */
const servedModel = {
  model: foreign,
  /** Null: the server does not say so. */
  root: foreign.nullable(),
  version: foreign.nullable(),
  /** Null: none was declared. */
  revision: foreign.nullable(),
  /** Whether answers to fixed prompts are part of it. */
  hasFingerprint: z.boolean(),
};

export const halvesFindings = [
  defineFinding('no-weights', {
    rank: 'source',
    fields: {
      side,
      ...servedModel,
      /** The checkpoint that it is declared to be; absent if none was declared. */
      hub: z
        .strictObject({
          checkpoint: foreign,
          listing: foreign,
          /** The model that an adapter is used with; null if none was given. */
          base: foreign.nullable(),
          hasFiles: z.boolean(),
        })
        .optional(),
    },
    reason: ({ model, side, hub, revision, root }) =>
      flatForm('no-weights', 'spectra', { place: model, [side]: hub?.checkpoint ?? revision ?? root ?? null }),
  }),
  defineFinding('answered-by-server', {
    rank: 'source',
    fields: {
      side,
      ...servedModel,
      /** Declared checkpoint of a hub; null if the weights were at hand when the probes were asked. */
      hub: foreign.nullable(),
    },
    reason: ({ model, side, hub, revision, root }) =>
      flatForm('answered-by-server', 'probes', { place: model, [side]: hub ?? revision ?? root ?? null }),
  }),
  defineFinding('one-half-only', {
    fields: { half: z.enum(['spectra', 'probes']) },
    reason: ({ half }) => flatForm(`${half}-only`, half === 'spectra' ? 'probes' : 'spectra'),
  }),
  defineFinding('other-precision', {
    rank: 'footnote',
    fields: {
      /** Arithmetic of the answers; null: the server does not say. One of the two is float32. */
      candidate: z.enum(PRECISIONS).nullable(),
      baseline: z.enum(PRECISIONS).nullable(),
      /** Nats per token on average, between float32 and 16 bits. */
      tolerance: z.number(),
      /** Answers of the side that is not in float32: those with a lead below the tolerance, and all. */
      close: count,
      answers: count,
    },
    reason: ({ candidate, baseline, tolerance }) =>
      flatForm('other-precision', 'probes', { candidate, baseline, tolerance: { absolute: tolerance } }),
  }),
  defineFinding('same-answers', {
    fields: {
      candidate: foreign,
      baseline: foreign,
      /** Answers to fixed prompts at a server, or the log-likelihoods in logs of an evaluation. */
      by: z.enum(['server', 'logs']).default('server'),
    },
    reason: ({ candidate, baseline }) => flatForm('same-answers', 'probes', { candidate, baseline }),
  }),
] as const;
