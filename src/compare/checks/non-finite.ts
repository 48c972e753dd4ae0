import type { ComparisonContext } from '../check.ts';
import type { Finding } from '../finding.ts';

export function nonFiniteCheck({ candidate: { nonFinite }, policy }: ComparisonContext): Finding[] {
  const { level } = policy['non-finite'];
  return nonFinite.map(({ name, nan, inf }) => ({ kind: 'non-finite', level, tensor: name, nan, inf }));
}

/** No spectrum although the values are finite: squares beyond float64, or a damaged reference. */
export function missingSpectraCheck({ candidate: { nonFinite, tensors } }: ComparisonContext): Finding[] {
  const explained = new Set(nonFinite.map(({ name }) => name));
  return tensors
    .filter(({ name, status }) => status === 'notFinite' && !explained.has(storedName(name)))
    .map(({ name, of }) => ({ kind: 'no-spectrum', level: 'inconclusive', tensor: name, of }));
}

/** The stored tensor that a part such as `…c_attn.weight[q]` is cut from. */
function storedName(name: string): string {
  return name.replace(/(\[[^[\]]*\])+$/, '');
}
