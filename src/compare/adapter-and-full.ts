import type { Measurement } from '../measure/schema/measurement.ts';
import type { Finding, FindingOf } from './finding.ts';

type Relation = FindingOf<'adapter-and-full'>['relation'];

export function isAdapter({ checkpoint }: Pick<Measurement, 'checkpoint'>): boolean {
  return checkpoint.format === 'lora';
}

/**
 * One side is an adapter and the other a full model: nothing of the two is alike, neither the tensors nor, by its
 * rounding and its rank, the update. The one such pair whose spectra need no comparison, an adapter beside its own base
 * model, is `baseline-is-reference`.
 */
export function adapterAndFull(candidate: Measurement, baseline: Measurement): Finding[] {
  if (isAdapter(candidate) === isAdapter(baseline)) return [];
  const [adapter, full] = isAdapter(candidate) ? [candidate, baseline] : [baseline, candidate];
  return [
    {
      kind: 'adapter-and-full',
      level: 'inconclusive',
      adapter: adapter === candidate ? 'candidate' : 'baseline',
      relation: relationOf(adapter, full),
    },
  ];
}

function relationOf(adapter: Measurement, full: Measurement): Relation {
  const base = adapter.reference?.digest;
  if (base === undefined) return 'unknown';
  if (base === full.checkpoint.digest) return 'is-reference';
  return base === full.reference?.digest ? 'same-reference' : 'other-reference';
}
