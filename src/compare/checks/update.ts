import { isMeasuredDtype } from '@shadow-gate/checkpoints/tensors';
import { boundedValue } from '@shadow-gate/spectra/bounded';
import { isExactStart } from '@shadow-gate/spectra/rounding';
import { isBelowNoise, ratioGap } from '../../measure/aggregate.ts';
import type { Measurement } from '../../measure/schema/index.ts';
import { effectiveRules } from '../../policy/policy.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding, FindingOf } from '../finding.ts';
import { alignmentWithReference } from '../spectra/reference-alignment.ts';
import { judgesLowRank } from './applied-rules.ts';

/**
 * Above this the update is as large as the model. Independent weights are always above: of equal norms, they give √2.
 */
const MAX_UPDATE_SIZE = 1;

/**
 * Is ΔW an update of that reference at all? A run from scratch moves further from its initialization than that is long,
 * and is legitimate: its weights still point where they started from. Those of another model do not.
 */
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
  // An adapter is added to whatever it is loaded on: it has no weights of its own whose direction could be compared.
  if (candidate.checkpoint.format === 'lora') return { ...finding, level: 'info' };
  return { ...finding, level: alignment !== null && alignment.cosine > alignment.chance ? 'info' : 'inconclusive' };
}

/**
 * Updates that are smaller than the rounding of their reference's quantized format: measured where that is exact, and
 * else not.
 */
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

/** The headline ratio is missing on one side or on both. Where there was an update, that is not a pass. */
export function missingRatioCheck(context: ComparisonContext): Finding[] {
  const { candidate, baseline, policy, comparability } = context;
  if (!baseline || !comparability.deltas) return [];
  const [ours, theirs] = [candidate.model.delta, baseline.model.delta];
  if (!ours || !theirs) return [];
  const [mine, its] = [ours.mlpAttentionRatio, theirs.mlpAttentionRatio];
  if (mine !== null && its !== null) return [];
  // A policy that does not gate on the ratio does not miss it.
  const isGated = effectiveRules(policy).some(
    ({ metric, level }) => metric === 'mlpAttentionRatio' && level !== 'info',
  );
  const isReplaced = judgesLowRank(context);
  const isNeeded = isGated && !isReplaced && !(isUntouched(candidate) && isUntouched(baseline));
  const [side, lacking] = mine === null ? (['candidate', ours] as const) : (['baseline', theirs] as const);
  return [
    {
      kind: 'ratio-missing',
      level: isNeeded ? 'inconclusive' : 'info',
      side,
      cause: ratioGap(lacking),
      candidate: mine && boundedValue(mine),
      baseline: its && boundedValue(its),
      isReplaced,
    },
  ];
}

function isUntouched({ tensors }: Measurement): boolean {
  return tensors.every(({ of, status }) => of === 'weight' || status === 'zero');
}
