import type { Measurement, Quantization } from '../../measure/schema/index.ts';
import type { Policy } from '../../policy/policy.ts';
import { compareOwnText } from '../estimates/own-text.ts';
import { measuredProbes } from '../pairing/hide-texts.ts';
import type { OwnTextRow } from '../rows/own-text.ts';

interface Known {
  readonly policy: Policy;
  readonly quantization: Quantization | null;
}

export function pairOwnText(candidate: Measurement, baseline: Measurement | null, known: Known): OwnTextRow | null {
  const [own, theirs] = [measuredProbes(candidate), measuredProbes(baseline)];
  if (own === null || theirs === null || baseline === null) return null;
  const sameModel = sameModelBy(candidate, baseline, known);
  const { limit, 'same-model': sameLimit } = known.policy['own-text'];
  const isServed = candidate.served !== undefined || candidate.answeredBy !== undefined;
  return compareOwnText(own, theirs, { isServed, sameModel, limit: sameModel === null ? limit : sameLimit });
}

/** Share of their norm by which 8 bits move weights, and training more; fewer bits hide what training did. */
const ROUNDING = 0.01;

function sameModelBy(
  { merge }: Measurement,
  { checkpoint }: Measurement,
  { policy, quantization }: Known,
): OwnTextRow['sameModel'] {
  if (policy.expect === 'same-model') return 'declared';
  if (quantization !== null && quantization.error <= ROUNDING && quantization.notCompared === 0) return 'quantized';
  // A merge that is not proven fails by itself.
  return merge?.adapter.digest === checkpoint.digest ? 'merged' : null;
}
