import { setTimeout } from 'node:timers/promises';

/** Waits `milliseconds`, or throws the signal's reason as soon as it is aborted. */
export type Wait = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** The waits are 1 + 2 + 4 + 8 seconds, less with jitter: enough for a proxy to restart, not to load a large model. */
export const MAX_ATTEMPTS = 5;
const FIRST_WAIT_MILLISECONDS = 1000;

/** A request fails if the server asks it to wait longer than this in all its attempts together. */
export const MAX_TOTAL_WAIT_MILLISECONDS = 300_000;

/**
 * Statuses that can be temporary. Scoring changes nothing on the server, so repeating a request is harmless. 409 is a
 * lock that timed out (openai-node retries it too), 425 is Too Early from a proxy.
 */
const TRANSIENT: ReadonlySet<number> = new Set([408, 409, 425, 429, 500, 502, 503, 504]);

/**
 * llama.cpp and llama-cpp-python answer 500 for features that they do not support ("Only no echo is supported";
 * "logprobs is not supported for models created with logits_all=False").
 */
const UNSUPPORTED = /\b(?:echo|log_?probs?)\b/i;

/** Does the reason of a refusal say that the server cannot echo the prompt, or return log-probabilities? */
export const isUnsupported = (reason: string): boolean => UNSUPPORTED.test(reason);

export const isTransient = (status: number, reason: string): boolean => TRANSIENT.has(status) && !isUnsupported(reason);

/**
 * The wait before the next attempt, in milliseconds: twice the last one, minus a random part of up to half, so that
 * requests that failed together are not repeated together; or as long as the server asks, if that is longer.
 * @param attempts made so far, at least 1
 * @param retryAfter the header: seconds, or an HTTP date
 * @param random in [0, 1)
 * @param now milliseconds since 1970
 */
export function retryDelay(attempts: number, retryAfter: string | null, random: number, now: number): number {
  const backoff = FIRST_WAIT_MILLISECONDS * 2 ** (attempts - 1) * (1 - random / 2);
  return Math.max(backoff, requestedDelay(retryAfter, now));
}

/** Milliseconds; 0 if the header is missing or invalid. */
function requestedDelay(retryAfter: string | null, now: number): number {
  if (retryAfter === null) return 0;
  if (/^\s*\d+(?:\.\d+)?\s*$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? 0 : date - now;
}

/** The real wait, which tests replace. */
export const sleep: Wait = (milliseconds, signal) =>
  setTimeout(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
