import { ratioGap } from '../../measure/aggregate.ts';
import type { Measurement } from '../../measure/schema/measurement.ts';
import { effectiveRules } from '../../policy/policy.ts';
import { numberOf } from '../../statistics/bounded.ts';
import { judgesLowRank } from '../applied-rules.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import { alignmentWithReference } from '../reference-alignment.ts';

/** Above this the update is as large as the model. Independent weights are always above: of equal norms, they give √2. */
const MAX_UPDATE_SIZE = 1;

/**
 * Is ΔW an update of that reference at all? A run from scratch moves further from its initialization than that is long, and is
 * legitimate: its weights still point where they started from. Those of another model do not.
 */
export function updateSize({ candidate }: ComparisonContext): Finding[] {
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

/** The headline ratio is missing on one side or on both. Where there was an update, that is not a pass. */
export function missingRatio(context: ComparisonContext): Finding[] {
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
      candidate: mine && numberOf(mine),
      baseline: its && numberOf(its),
      isReplaced,
    },
  ];
}

function isUntouched({ tensors }: Measurement): boolean {
  return tensors.every(({ of, status }) => of === 'weight' || status === 'zero');
}
