import type { LmEvalSample } from './sample.ts';

/**
 * The log-likelihood of each request in its first answer. Versions write it alone or with whether it is greedy, and
 * numbers as numbers or as text.
 * @returns NaN for what is not a number, and for the null that stands for NaN in JSON
 */
export function sampleLogprobs({ resps }: Pick<LmEvalSample, 'resps'>): number[] {
  return resps.map(([first]) => numberOf(Array.isArray(first) ? first[0] : first));
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}
