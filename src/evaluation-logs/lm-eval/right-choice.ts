import type { BenchmarkDocument } from '../../measure/schema/index.ts';
import { at } from '../../platform/at.ts';

interface Answered {
  /** Of each choice, the prompt and the continuation. */
  readonly requests: readonly unknown[];
  readonly logprobs: BenchmarkDocument['logprobs'];
  /** Index or text of the right choice. */
  readonly target: unknown;
  /** By the largest log-likelihood: 1 if the answer was right, 0 if not. */
  readonly accuracy: unknown;
}

/**
 * Which choice of a document is right. A target may be its index or its text, and texts may be numbers: what contradicts `acc` is not
 * meant, and what is still open is not known.
 */
export function rightChoice({ requests, logprobs, target, accuracy }: Answered): BenchmarkDocument['right'] {
  if (logprobs === null || logprobs.length !== requests.length || logprobs.includes(null)) return undefined;
  const texts = requests.map((request) => (Array.isArray(request) ? request[1] : null));
  if (!texts.every((text): text is string => typeof text === 'string')) return undefined;
  const known = logprobs.map(Number);
  const best = known.indexOf(Math.max(...known));
  const isMeant = (choice: number) => choice >= 0 && choice < known.length && (choice === best) === (accuracy === 1);
  const named = texts.findIndex((text) => text.trim() === String(target).trim());
  const index = /^\d+$/.test(String(target)) ? Number(target) : -1;
  const meant = [...new Set([named, index])].filter(isMeant);
  const [choice] = meant;
  if (choice === undefined || meant.length > 1) return undefined;
  return { choice, bytes: Math.max(1, Buffer.byteLength(at(texts, choice).trim())) };
}
