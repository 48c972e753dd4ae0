import type { LmEvalSample } from './sample.ts';

/**
 * The log-likelihood of each request, which versions write alone or in a list, as a number or as text. NaN for others,
 * and for the null that stands for NaN in JSON.
 */
export function sampleLogprobs({ resps }: Pick<LmEvalSample, 'resps'>): number[] {
  return resps.map(([first]) => numberOf(Array.isArray(first) ? first[0] : first));
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}
