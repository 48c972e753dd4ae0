import type { Measurement } from '../../measure/schema/index.ts';
import type { ComparisonContext } from '../check.ts';
import type { Finding } from '../finding.ts';

/**
 * Mean difference between log-probabilities in bfloat16 and float32, in nats per token: 0.03 to 0.04 for SmolLM2-135M
 * and Gemma 3 270M with PyTorch (packages/checkpoints/decisions/012-cuda.md).
 */
const TOLERANCE = 0.05;

/** Answers in float32 against 16 bits or an unknown precision; `close`: with a lead within the difference. */
export function otherPrecisionCheck({ candidate, baseline }: ComparisonContext): Finding[] {
  if (!baseline || candidate.probes?.status !== 'measured' || baseline.probes?.status !== 'measured') return [];
  const [ours, theirs] = [arithmeticOf(candidate), arithmeticOf(baseline)];
  if (ours === theirs || (ours !== 'float32' && theirs !== 'float32')) return [];
  const { items } = ours === 'float32' ? baseline.probes : candidate.probes;
  const close = items.filter(({ margin }) => Math.abs(margin) < TOLERANCE).length;
  const numbers = { tolerance: TOLERANCE, close, answers: items.length };
  return [{ kind: 'other-precision', level: 'info', candidate: ours, baseline: theirs, ...numbers }];
}

/** Null: a server does not say. Versions that did not write it computed in float32 on every device. */
function arithmeticOf({ served, answeredBy, run: { probes } }: Measurement) {
  if (probes?.precision !== undefined) return probes.precision?.arithmetic ?? null;
  const isOfServer = served !== undefined || answeredBy !== undefined || probes?.by.endsWith(AT_ENDPOINT);
  return isOfServer ? null : 'float32';
}

/** The end of `by` for a server in those versions. */
const AT_ENDPOINT = 'at its endpoint';
