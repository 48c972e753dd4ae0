import { certainDifference } from '@shadow-gate/spectra/bounded';
import { flattenMetrics } from '../../measure/aggregate.ts';
import type { Measurement, TensorMeasurement } from '../../measure/schema/index.ts';
import type { ComparisonContext } from '../check.ts';
import type { Finding, FindingOf } from '../finding.ts';

const NAMED = 3;

/**
 * A training or a merge that silently did nothing, or only reached the head. The updates show it against the reference;
 * against the baseline, matrices with the same metrics to ten digits are the same.
 */
export function untrainedCheck(context: ComparisonContext): Finding[] {
  const { candidate, baseline, policy } = context;
  const ofReference = sinceReference(candidate);
  const found = ofReference ?? sinceBaseline(context).found;
  if (found === null) return [];
  const named = { against: ofReference ? 'reference' : 'baseline' } as const;
  if (found.kind === 'only-head-trained') {
    // An approved baseline has a head that was trained alone too.
    const isApproved = ofReference && baseline && sinceReference(baseline)?.kind === 'only-head-trained';
    return [{ ...found, ...named, level: isApproved ? 'info' : policy['only-head-trained'].level }];
  }
  // A scheduled check repeats the approved checkpoint.
  const isRepeated = !ofReference && found.isIdentical;
  return [{ ...found, ...named, level: isRepeated ? 'info' : policy['nothing-trained'].level }];
}

type Untrained =
  | Omit<FindingOf<'nothing-trained'>, 'level' | 'against'>
  | Omit<FindingOf<'only-head-trained'>, 'level' | 'against'>;

/** By the updates ΔW, of the reference or of an adapter. */
function sinceReference({ tensors, checkpoint, reference }: Measurement): Untrained | null {
  const updates = tensors.filter(({ of }) => of === 'delta');
  const isUpdated = new Set(updates.map(({ name }) => name));
  // Matrices that an adapter saves whole have updates only with a reference. Without one, they may be trained.
  const whole =
    checkpoint.format === 'lora' ? tensors.filter(({ of, name }) => of === 'weight' && !isUpdated.has(name)) : [];
  const same = updates.filter(({ status }) => status === 'zero');
  const moved = [...updates.filter(({ status }) => status !== 'zero'), ...whole];
  return judge(same, moved, { checkpoint, isIdentical: checkpoint.digest === reference?.digest });
}

/** The matrices by which a candidate counts as not trained since the baseline. */
export function sameAsBaseline(context: ComparisonContext): readonly TensorMeasurement[] {
  if (sinceReference(context.candidate)) return [];
  const { found, same } = sinceBaseline(context);
  return found === null ? [] : same;
}

function sinceBaseline({ candidate, baseline, comparability }: ComparisonContext) {
  // Incomparable models may still share some matrices.
  if (!baseline || !comparability.weights || comparability.findings.length > 0) return { found: null, same: [] };
  const theirs = new Map(baseline.tensors.map((tensor) => [keyOf(tensor), tensor]));
  const compared = candidate.tensors.filter(({ of }) => of === 'weight' || comparability.deltas);
  const isSame = (tensor: TensorMeasurement) => {
    const other = theirs.get(keyOf(tensor));
    return tensor.status !== 'notFinite' && tensor.status === other?.status && haveSameMetrics(tensor, other);
  };
  const same = compared.filter(isSame);
  const moved = compared.filter((tensor) => !isSame(tensor));
  const { checkpoint } = candidate;
  const isIdentical = checkpoint.digest === baseline.checkpoint.digest;
  return { found: judge(same, moved, { checkpoint, isIdentical }), same };
}

/** A fast spectrum has fewer metrics, with bounds that have to overlap; the norm, of all entries, is the evidence. */
function haveSameMetrics({ metrics: ours }: TensorMeasurement, { metrics: theirs }: TensorMeasurement): boolean {
  if (!ours || !theirs) return ours === theirs;
  const others = flattenMetrics(theirs);
  return Object.entries(flattenMetrics(ours)).every(([key, value]) => {
    const other = others[key];
    return other === undefined || certainDifference(value, other) === 0;
  });
}

function judge(
  same: readonly TensorMeasurement[],
  moved: readonly TensorMeasurement[],
  { checkpoint, isIdentical }: Pick<Measurement, 'checkpoint'> & { readonly isIdentical: boolean },
): Untrained | null {
  if (same.length === 0) return null;
  const isAdapter = checkpoint.format === 'lora';
  if (moved.length === 0) return { kind: 'nothing-trained', matrices: countOf(same), isAdapter, isIdentical };
  // A head is lm_head, or another name outside the layers, such as a classifier; in an adapter, a matrix saved whole.
  const isTrunk = ({ module, layer, loraRank }: TensorMeasurement) =>
    isAdapter
      ? loraRank !== undefined
      : module !== 'lm_head' && (layer !== null || (module !== 'other' && module !== 'mtp_proj'));
  if (moved.some(isTrunk) || !same.some(isTrunk)) return null;
  const names = [...new Set(moved.map(({ name }) => name))];
  const unchanged = countOf(same.filter(isTrunk));
  return { kind: 'only-head-trained', named: names.slice(0, NAMED), matrices: names.length, unchanged };
}

/** A matrix with both W and ΔW is one. */
function countOf(tensors: readonly TensorMeasurement[]): number {
  return new Set(tensors.map(({ name }) => name)).size;
}

function keyOf({ of, name }: TensorMeasurement): string {
  return JSON.stringify([of, name]);
}
