/** Waits `milliseconds`, or throws the reason of the signal as soon as it is aborted. */
export type Wait = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** 1 + 2 + 4 + 8 seconds, a little less with jitter: a restart of a proxy, not the loading of a large model. */
export const MAX_ATTEMPTS = 5;
const FIRST_WAIT_MILLISECONDS = 1000;

/** A server that asks for more patience than this, in all tries of one request together, is not there today. */
export const MAX_TOTAL_WAIT_MILLISECONDS = 300_000;

/**
 * Statuses that may be gone the next time. Scoring changes nothing on the server, so a repeated request is harmless.
 * 409 is a lock that timed out (openai-node retries it too), 425 «too early» of a proxy.
 */
const TRANSIENT: ReadonlySet<number> = new Set([408, 409, 425, 429, 500, 502, 503, 504]);

/**
 * llama.cpp and llama-cpp-python answer 500, for ever, to what they do not support ("Only no echo is supported";
 * "logprobs is not supported for models created with logits_all=False").
 */
const UNSUPPORTED = /\b(?:echo|log_?probs?)\b/i;

/** Does the server say that it cannot echo, or give log-probabilities? */
export const isUnsupported = (said: string): boolean => UNSUPPORTED.test(said);

/** May the same request succeed later? */
export const isTransient = (status: number, said: string): boolean => TRANSIENT.has(status) && !isUnsupported(said);

/**
 * How long to wait before the next try: twice as long as the last time, less up to half at random, so that requests
 * that failed together do not come back together; or as long as the server asks for, if that is longer.
 *
 * @param tries those made, at least 1
 * @param retryAfter the header: seconds, or an HTTP date
 * @param random in [0, 1)
 * @param now milliseconds since 1970
 * @returns milliseconds
 */
export function retryDelay(tries: number, retryAfter: string | null, random: number, now: number): number {
  const backoff = FIRST_WAIT_MILLISECONDS * 2 ** (tries - 1) * (1 - random / 2);
  return Math.max(backoff, requestedDelay(retryAfter, now));
}

/** Milliseconds; 0 where the header is missing or unreadable. */
function requestedDelay(retryAfter: string | null, now: number): number {
  if (retryAfter === null) return 0;
  if (/^\s*\d+(?:\.\d+)?\s*$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? 0 : date - now;
}

/** The wait of every day; tests bring their own. */
export const sleep: Wait = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const give = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', give);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', give, { once: true });
  });
