import { at } from '@shadow-gate/platform';
import type { BenchmarkDocument } from '../benchmarks.ts';

interface Answered {
  /** Prompt and continuation of each choice. */
  readonly requests: readonly unknown[];
  readonly logprobs: BenchmarkDocument['logprobs'];
  /** Index or text of the right choice. */
  readonly target: unknown;
  /** By the largest log-likelihood: 1 if the answer was right, 0 if not. */
  readonly accuracy: unknown;
}

/**
 * The right choice of a document. A target is its index or text, and texts may be numbers: a meaning that contradicts
 * `acc` is dropped, and two that are left are unknown, as are choices with equal texts in contexts of their own.
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
