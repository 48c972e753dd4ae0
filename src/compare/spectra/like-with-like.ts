import type { Measurement } from '../../measure/schema/index.ts';

type Architecture = Measurement['architecture'];

const KEYS = ['modelType', 'name', 'layers', 'hiddenSize', 'heads', 'keyValueHeads'] as const;

/** Keys in which two architectures differ. Without a config, the tensors alone must agree. */
export function differingKeys(a: Architecture, b: Architecture): ReadonlyArray<(typeof KEYS)[number]> {
  return KEYS.filter((key) => a[key] !== null && b[key] !== null && a[key] !== b[key]);
}

/** Share of the updated matrices that may be updated on one side only: a few lie close to the rounding noise. */
export const MAX_UNMATCHED_SHARE = 0.1;
