import type { RetryPlugin } from '@octokit/plugin-retry';
import { isRateLimit } from './errors.ts';
import type { Plugged } from './request-timeout.ts';

/** Of all waits of a client for rate limits together. A primary limit may ask for an hour: no comment is worth that. */
const MAX_SECONDS = 60;

/**
 * Which rate limits are waited for.
 * @param most waits for one request
 */
export function rateLimits(most: number, say: (line: string) => void) {
  let waited = 0;

  /** @param count of waits for the same request so far */
  function mayWait(seconds: number, count: number): boolean {
    const may = count < most && waited + seconds <= MAX_SECONDS;
    if (may) waited += seconds;
    say(`GitHub: rate limit, ${may ? 'once more' : 'given up; it would go on'} in ${seconds} s`);
    return may;
  }

  /**
   * The throttling plugin knows the secondary limit by its words and the primary one by the header of what remains. A
   * server or a proxy before it may just say 429 and when to come again.
   */
  function plainLimits(octokit: Plugged & Partial<RetryPlugin>): void {
    octokit.hook.error('request', (error, options) => {
      if (!('response' in error) || !octokit.retry || !isRateLimit(error)) throw error;
      const headers = error.response?.headers ?? {};
      const seconds = Number(headers['retry-after']);
      const isKnown = /\bsecondary rate\b/i.test(error.message) || headers['x-ratelimit-remaining'] === '0';
      if (isKnown || !(seconds >= 0) || !mayWait(seconds, Number(options.request.retryCount ?? 0))) throw error;
      throw octokit.retry.retryRequest(error, most, Math.ceil(seconds));
    });
  }

  return { mayWait, plainLimits };
}
