import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';

/** Tensors of the candidate with NaN or Inf, and matrices that have no spectrum although they hold numbers. */
export function nonFinite({ candidate: { nonFinite, tensors }, policy }: ComparisonContext): Finding[] {
  const explained = new Set(nonFinite.map(({ name }) => name));
  return [
    ...nonFinite.map(
      ({ name, nan, inf }): Finding => ({
        kind: 'non-finite',
        level: policy['non-finite'].level,
        tensor: name,
        nan,
        inf,
      }),
    ),
    // Squares beyond float64, or a damaged reference.
    ...tensors
      .filter(({ name, status }) => status === 'notFinite' && !explained.has(storedName(name)))
      .map(({ name, of }): Finding => ({ kind: 'no-spectrum', level: 'inconclusive', tensor: name, of })),
  ];
}

/** The stored tensor that a part such as `…c_attn.weight[q]` is cut from. */
function storedName(name: string): string {
  return name.replace(/(\[[^[\]]*\])+$/, '');
}
