import { summarize } from './aggregate.ts';
import type { Measurement } from './schema/measurement.ts';

/** The fields of a measurement without weights: no architecture, no spectra, nothing skipped. */
export const WITHOUT_WEIGHTS = {
  architecture: { modelType: null, name: null, layers: null, hiddenSize: null, heads: null, keyValueHeads: null },
  reference: null,
  method: null,
  ...summarize([]),
  tensors: [],
  vectors: [],
  nonFinite: [],
  skipped: [],
  mismatched: [],
} satisfies Partial<Measurement>;
