import { at, groupBy } from '@shadow-gate/platform';
import type { MergedWeightMeasurement, MergeMeasurement } from '../../measure/schema/index.ts';
import type { ComparisonContext } from '../check.ts';
import type { Finding, FindingOf, Level } from '../finding.ts';

type Fault = FindingOf<'merge-fault'>['fault'];

const NAMED = 3;

/** Is the candidate the merge of its adapter into the reference? Needs no baseline. */
export function mergeCheck({ candidate: { merge }, policy }: ComparisonContext): Finding[] {
  if (merge === null) return [];
  const { level } = policy.merge;
  const harm = [...damagedAdapter(merge, level), ...faults(merge, level), ...otherTensors(merge, level)];
  return [...harm, ...unseen(merge), ...(harm.length === 0 ? proven(merge) : [])];
}

function damagedAdapter({ nonFinite }: MergeMeasurement, level: Level): Finding[] {
  if (nonFinite.length === 0) return [];
  return [{ kind: 'merge-not-finite', level, named: nonFinite.slice(0, NAMED), tensors: nonFinite.length }];
}

const FAULTS: Readonly<Record<MergedWeightMeasurement['status'], Fault | null>> = {
  applied: null,
  belowRounding: null,
  notApplied: 'not-applied',
  different: 'different',
  wrongFactor: 'different',
  withoutMagnitude: 'different',
  notFinite: 'not-finite',
  notInCheckpoint: 'not-in-checkpoint',
  notInReference: 'not-in-reference',
  otherShape: 'other-shape',
  unreadable: 'unreadable',
};

function faults({ weights }: MergeMeasurement, level: Level): Finding[] {
  const found = weights.flatMap((weight) => {
    const fault = FAULTS[weight.status];
    return fault === null ? [] : [{ weight, fault }];
  });
  return [...groupBy(found, ({ fault }) => fault).values()].map((group): Finding => {
    const { fault } = at(group, 0);
    const named = group
      .slice(0, NAMED)
      .map(({ weight: { name, residual, coefficient } }) => ({ name, residual, coefficient }));
    // A weight in a dtype that is not read may be merged.
    const own = fault === 'unreadable' && level === 'fail' ? 'inconclusive' : level;
    return { kind: 'merge-fault', level: own, fault, named, weights: group.length, all: weights.length };
  });
}

function otherTensors({ others: { unequal } }: MergeMeasurement, level: Level): Finding[] {
  if (unequal.length === 0) return [];
  return [{ kind: 'merge-other-tensors', level, named: unequal.slice(0, NAMED), tensors: unequal.length }];
}

/** Updates that the dtype of the checkpoint rounds away. If it does so to all, nothing is proven. */
function unseen({ weights }: MergeMeasurement): Finding[] {
  const lost = weights.filter(({ status }) => status === 'belowRounding');
  const [example] = lost;
  if (!example) return [];
  const isAll = weights.every(
    ({ status, kind }) => status === 'belowRounding' || (kind === 'saved' && status === 'applied'),
  );
  const level = isAll ? 'inconclusive' : 'info';
  return [{ kind: 'merge-unseen', level, example: example.name, weights: lost.length, all: weights.length }];
}

function proven({ weights, others }: MergeMeasurement): Finding[] {
  const applied = weights.filter(({ status }) => status === 'applied');
  if (applied.every(({ kind }) => kind === 'saved')) return [];
  const residual = Math.max(...applied.flatMap((weight) => weight.residual ?? []));
  const counts = { weights: applied.length, all: weights.length, residual, others: others.equal };
  return [{ kind: 'merge-proven', level: 'info', ...counts }];
}
