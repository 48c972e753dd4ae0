import type { Measurement, Quantization } from '../../measure/schema/index.ts';
import type { Policy } from '../../policy/policy.ts';
import { compareOwnText } from '../estimates/own-text.ts';
import { measuredProbes } from '../pairing/hide-texts.ts';
import type { OwnTextRow } from '../rows/own-text.ts';

interface Known {
  readonly policy: Policy;
  readonly quantization: Quantization | null;
}

export function pairOwnText(candidate: Measurement, baseline: Measurement | null, by: Known): OwnTextRow | null {
  const [own, theirs] = [measuredProbes(candidate), measuredProbes(baseline)];
  if (own === null || theirs === null || baseline === null) return null;
  const sameModel = sameModelBy(candidate, baseline, by);
  const { limit, 'same-model': sameLimit } = by.policy['own-text'];
  const isServed = candidate.served !== undefined || candidate.answeredBy !== undefined;
  const { parameters } = baseline.checkpoint;
  // A server does not say how large its model is.
  const isTiny = parameters > 0 && parameters < LEAST_PARAMETERS;
  const known = sameModel === null ? (isTiny ? null : limit) : sameLimit;
  return compareOwnText(own, theirs, { isServed, sameModel, limit: known });
}

/** Limits are known from models of 135 million parameters on: ordinary training moves toy models by as much. */
const LEAST_PARAMETERS = 20e6;

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
