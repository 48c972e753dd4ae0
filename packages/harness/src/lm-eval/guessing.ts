import type { BenchmarkDocument } from '../benchmarks.ts';

/** A list of indices; versions write it as it is, or as a string. */
const INDICES = /^\[\s*\d+\s*(?:,\s*\d+\s*)*\]$/;

/**
 * Choices and right ones of a document, if not one of as many choices as requests.
 * @param requests prompts and continuations; mutual information adds each choice without a prompt
 * @param target index or text of the right choice, or a list of all right indices
 */
export function countGuessableChoices(
  requests: readonly unknown[],
  target: unknown,
): Pick<BenchmarkDocument, 'choices' | 'rightChoices'> {
  const choices = areDoubled(requests) ? requests.length / 2 : requests.length;
  const right = countRightIndices(target);
  return {
    ...(choices === requests.length ? {} : { choices }),
    ...(right === null || right === 1 || right > choices ? {} : { rightChoices: right }),
  };
}

/** Half of the requests are without a prompt: the last ones, or, in old versions, every second one. */
function areDoubled(requests: readonly unknown[]): boolean {
  const alone = requests.filter((request) => Array.isArray(request) && request[0] === '');
  return alone.length > 1 && alone.length * 2 === requests.length;
}

/** Number of right choices; null where the target is not a list of indices. */
export function countRightIndices(target: unknown): number | null {
  const list = typeof target === 'string' && INDICES.test(target) ? (JSON.parse(target) as unknown) : target;
  if (!Array.isArray(list) || list.length === 0 || !list.every((index) => Number.isInteger(index))) return null;
  return new Set(list).size;
}
