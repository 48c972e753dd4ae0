import { summarize } from './aggregate.ts';
import type { Measurement } from './schema/measurement.ts';

/** What a measurement has where there were no weights: no architecture, no spectra, and nothing that was skipped. */
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
