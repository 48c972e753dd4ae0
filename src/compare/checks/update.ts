import { isMeasuredDtype } from '@shadow-gate/checkpoints/tensors';
import { boundedValue } from '@shadow-gate/spectra/bounded';
import { isExactStart } from '@shadow-gate/spectra/rounding';
import { isBelowNoise, ratioGap } from '../../measure/aggregate.ts';
import type { Measurement } from '../../measure/schema/index.ts';
import { effectiveRules } from '../../policy/policy.ts';
import type { ComparisonContext } from '../check.ts';
import type { Finding, FindingOf } from '../finding.ts';
import { alignmentWithReference } from '../spectra/reference-alignment.ts';
import { judgesLowRank } from './applied-rules.ts';

/** The update is as large as the model. Independent weights of equal norms give √2. */
const MAX_UPDATE_SIZE = 1;

/** Weights from scratch may move far, but still point where they started. Those of another model do not. */
export function updateSizeCheck({ candidate }: ComparisonContext): Finding[] {
  const { mismatched, model } = candidate;
  const [example] = mismatched;
  const size = model.delta?.updateSize ?? 0;
  return [
    ...(example === undefined
      ? []
      : [{ kind: 'reference-shape', level: 'inconclusive', example, matrices: mismatched.length } as const]),
    ...(size > MAX_UPDATE_SIZE ? [largeUpdate(candidate, size)] : []),
  ];
}

function largeUpdate(candidate: Measurement, size: number): Finding {
  const alignment = alignmentWithReference(candidate);
  const finding = { kind: 'update-size', candidate: size, limit: MAX_UPDATE_SIZE, alignment } as const;
  // An adapter has no weights whose direction could be compared.
  if (candidate.checkpoint.format === 'lora') return { ...finding, level: 'info' };
  return { ...finding, level: alignment !== null && alignment.cosine > alignment.chance ? 'info' : 'inconclusive' };
}

/** Updates below the rounding of their reference's quantized format: measured if that is exact, else not. */
export function referenceRoundingCheck({ candidate: { tensors, reference } }: ComparisonContext): Finding[] {
  const updates = tensors.flatMap(({ of, metrics }) =>
    of === 'delta' && metrics && typeof metrics.referenceSnr === 'number' ? [metrics] : [],
  );
  const formats = Object.keys(reference?.dtypes ?? {}).filter((dtype) => !isMeasuredDtype(dtype));
  const finding = (effect: FindingOf<'reference-rounding'>['effect'], matrices: number): Finding[] =>
    matrices === 0
      ? []
      : [{ kind: 'reference-rounding', level: 'info', effect, formats, matrices, all: updates.length }];
  const exact = updates.filter(isExactStart);
  const noise = updates.filter((metrics) => !isExactStart(metrics) && isBelowNoise(metrics));
  return [...finding('noise', noise.length), ...finding('exact', exact.length)];
}

/** The headline ratio is missing on at least one side: not a pass if there was an update. */
export function missingRatioCheck(context: ComparisonContext): Finding[] {
  const { candidate, baseline, policy, comparability } = context;
  if (!baseline || !comparability.deltas) return [];
  const [ours, theirs] = [candidate.model.delta, baseline.model.delta];
  if (!ours || !theirs) return [];
  const [mine, its] = [ours.mlpAttentionRatio, theirs.mlpAttentionRatio];
  if (mine !== null && its !== null) return [];
  // Only for a policy that gates on the ratio.
  const isGated = effectiveRules(policy).some(
    ({ metric, level }) => metric === 'mlpAttentionRatio' && level !== 'info',
  );
  const isReplaced = judgesLowRank(context);
  const isNeeded = isGated && !isReplaced && !(isUntouched(candidate) && isUntouched(baseline));
  const [side, lacking] = mine === null ? (['candidate', ours] as const) : (['baseline', theirs] as const);
  const level = isNeeded ? 'inconclusive' : 'info';
  const numbers = { candidate: mine && boundedValue(mine), baseline: its && boundedValue(its), isReplaced };
  return [{ kind: 'ratio-missing', level, side, cause: ratioGap(lacking), ...numbers }];
}

function isUntouched({ tensors }: Measurement): boolean {
  return tensors.every(({ of, status }) => of === 'weight' || status === 'zero');
}
