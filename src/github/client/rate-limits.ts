import type { RetryPlugin } from '@octokit/plugin-retry';
import { isRateLimit } from './errors.ts';
import type { OctokitHooks } from './request-timeout.ts';

/** Total of a client's waits for rate limits. A primary limit may last an hour, and no comment is worth that. */
const MAX_SECONDS = 60;

/** Decides which rate limits to wait for. @param maxWaits per request */
export function rateLimits(maxWaits: number, log: (line: string) => void) {
  let waited = 0;

  /** @param count waits for the same request so far */
  function mayWait(seconds: number, count: number): boolean {
    const may = count < maxWaits && waited + seconds <= MAX_SECONDS;
    if (may) waited += seconds;
    log(`GitHub rate limit: ${may ? `retrying in ${seconds} s` : `not retrying (resets in ${seconds} s)`}`);
    return may;
  }

  /**
   * The throttling plugin recognizes the secondary limit by its message, and the primary one by its header. A server or
   * a proxy may answer with 429 and only `retry-after`.
   */
  function plainLimits(octokit: OctokitHooks & Partial<RetryPlugin>): void {
    octokit.hook.error('request', (error, options) => {
      if (!('response' in error) || !octokit.retry || !isRateLimit(error)) throw error;
      const headers = error.response?.headers ?? {};
      const seconds = Number(headers['retry-after']);
      const isKnown = /\bsecondary rate\b/i.test(error.message) || headers['x-ratelimit-remaining'] === '0';
      if (isKnown || !(seconds >= 0) || !mayWait(seconds, Number(options.request.retryCount ?? 0))) throw error;
      throw octokit.retry.retryRequest(error, maxWaits, Math.ceil(seconds));
    });
  }

  return { mayWait, plainLimits };
}
