/** Wait `milliseconds`, or throw the reason of the signal as soon as it is aborted. */
export type Wait = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/**
 * The waits between them are 1 + 2 + 4 + 8 seconds, less with jitter: enough for a proxy to restart, not for a large
 * model to load.
 */
export const MAX_ATTEMPTS = 5;
const FIRST_WAIT_MILLISECONDS = 1000;

/** If a server requests to wait longer than this, for all attempts of one request together, the request fails. */
export const MAX_TOTAL_WAIT_MILLISECONDS = 300_000;

/**
 * Statuses that can be temporary. Scoring changes nothing on the server, so a repeated request is harmless. 409 is a
 * lock that timed out (openai-node retries it too), 425 is Too Early from a proxy.
 */
const TRANSIENT: ReadonlySet<number> = new Set([408, 409, 425, 429, 500, 502, 503, 504]);

/**
 * llama.cpp and llama-cpp-python always respond with 500 to features that they do not support ("Only no echo is
 * supported"; "logprobs is not supported for models created with logits_all=False").
 */
const UNSUPPORTED = /\b(?:echo|log_?probs?)\b/i;

/** Is the reason of a refusal that the server cannot echo the prompt, or return log-probabilities? */
export const isUnsupported = (reason: string): boolean => UNSUPPORTED.test(reason);

/** Can the same request succeed later? */
export const isTransient = (status: number, reason: string): boolean => TRANSIENT.has(status) && !isUnsupported(reason);

/**
 * The wait before the next attempt: twice the last one, less a random part of up to half, so that requests that failed
 * at the same time are not repeated at the same time; or as long as the server requests, if that is longer.
 * @param attempts made so far, at least 1
 * @param retryAfter the header: seconds, or an HTTP date
 * @param random in [0, 1)
 * @param now milliseconds since 1970
 * @returns milliseconds
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
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', abort, { once: true });
  });
