import { at } from '@shadow-gate/platform';
import type { BenchmarkDocument } from '../benchmarks.ts';

/** A list of indices as a string, as some versions write it. */
const INDICES = /^\[\s*\d+\s*(?:,\s*\d+\s*)*\]$/;

/**
 * Numbers of choices and of right ones, if not the number of requests and one. Mutual information adds each choice
 * without a prompt. @param target index or text of the right choice, or a list of all right indices
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

/** Number of right choices; null unless the target is a list of indices. */
export function countRightIndices(target: unknown): number | null {
  const list = typeof target === 'string' && INDICES.test(target) ? (JSON.parse(target) as unknown) : target;
  if (!Array.isArray(list) || list.length === 0 || !list.every((index) => Number.isInteger(index))) return null;
  return new Set(list).size;
}

interface Answered {
  readonly requests: readonly unknown[];
  readonly logprobs: BenchmarkDocument['logprobs'];
  readonly target: unknown;
  /** By the largest log-likelihood: 1 if the answer was right, 0 if not. */
  readonly accuracy: unknown;
}

/**
 * The right choice of a document. A target is its index or text, and texts may be numbers: the meaning must agree with
 * `acc`. It is unknown if both agree, or if choices have equal texts in different contexts.
 */
export function rightChoice({ requests, logprobs, target, accuracy }: Answered): BenchmarkDocument['right'] {
  const texts = requests.map((request) => (Array.isArray(request) ? request[1] : null));
  if (!texts.every((text): text is string => typeof text === 'string')) return undefined;
  const named = texts.map((text) => text.trim());
  const known = logprobs?.flatMap((value) => value ?? []) ?? [];
  if (known.length !== texts.length || new Set(named).size < named.length) return undefined;
  if ((accuracy !== 0 && accuracy !== 1) || (typeof target !== 'string' && !Number.isInteger(target))) return undefined;
  const best = known.indexOf(Math.max(...known));
  const isMeant = (choice: number) => choice >= 0 && choice < known.length && (choice === best) === (accuracy === 1);
  const written = String(target).trim();
  const index = /^(?:0|[1-9]\d*)$/.test(written) ? Number(written) : -1;
  const meant = [...new Set([named.indexOf(written), index])].filter(isMeant);
  const [choice] = meant;
  if (choice === undefined || meant.length > 1) return undefined;
  return { choice, bytes: Math.max(1, Buffer.byteLength(at(named, choice))) };
}
