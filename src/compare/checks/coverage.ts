import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';

/** Was enough measured to judge anything? */
export function nothingMeasured({ candidate: { method, probes, tensors, skipped } }: ComparisonContext): Finding[] {
  if (method === null) return probes === null ? [{ kind: 'nothing-measured', level: 'inconclusive' }] : [];
  if (tensors.length === 0) return [{ kind: 'all-skipped', level: 'inconclusive' }];
  if (skipped.length <= tensors.length) return [];
  return [{ kind: 'mostly-skipped', level: 'inconclusive', skipped: skipped.length, measured: tensors.length }];
}

/** Tensors that a finding names; the report lists all. */
const NAMED = 3;

/** Tensors without a measurement are named where the verdict is read. */
export function skippedTensors({ candidate: { skipped } }: ComparisonContext): Finding[] {
  if (skipped.length === 0) return [];
  const named = skipped.slice(0, NAMED).map(({ name, reason }) => ({ name, reason }));
  return [{ kind: 'skipped', level: 'info', named, tensors: skipped.length }];
}
