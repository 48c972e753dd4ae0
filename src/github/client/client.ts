import { randomUUID } from 'node:crypto';
import { getOctokit } from '@actions/github';
import { retry } from '@octokit/plugin-retry';
import { type ThrottlingOptions, throttling } from '@octokit/plugin-throttling';
import { given } from '@shadow-gate/platform';
import { printable } from '../../report/escape.ts';
import { rateLimits } from './rate-limits.ts';
import { requestTimeout } from './request-timeout.ts';
import type { Octokit } from './types.ts';

/** The plugin waits 1² and 2² seconds, so that a permanent failure costs 5 s. */
const MAX_RETRIES = 2;
/** For one attempt: a call to GitHub that hangs must not hold up the job. */
const TIMEOUT_MILLISECONDS = 30_000;
/** Not retried: another attempt cannot succeed. `rateLimits` and the plugin handle rate limits. */
const CLIENT_ERRORS = Array.from({ length: 100 }, (_, i) => 400 + i);

export interface ClientOptions {
  /** URL of the API of an Enterprise server. */
  readonly baseUrl?: string | undefined;
  /** Milliseconds per second of waiting: tests do not wait. */
  readonly second?: number;
  /** Replaces the plugin's queues, which put a second between two writes and three between two new comments. */
  readonly queues?: Pick<ThrottlingOptions, 'write' | 'notifications'>;
  /** Limit of one attempt, in milliseconds. */
  readonly timeout?: number;
  /** Logs failed attempts: a status, a method and a path, and nothing else. */
  readonly print?: (line: string) => void;
}

/**
 * A client that retries after a 5xx and a closed connection, and waits for a short rate limit. All other 4xx fail at
 * once, and so does a call that hangs.
 *
 * A closed connection leaves open whether the request was carried out. Every retried request must be harmless if it is
 * carried out twice (see the removal of duplicates in `writeStickyComment`).
 */
export function openClient(token: string, options: ClientOptions = {}): Octokit {
  const { baseUrl, second = 1000, queues = {}, timeout = TIMEOUT_MILLISECONDS, print = () => {} } = options;
  const log = (line: string): void => print(printable(line));
  const { mayWait, plainLimits } = rateLimits(MAX_RETRIES, log);
  return getOctokit(
    token,
    {
      ...given({ baseUrl }),
      retry: { retries: MAX_RETRIES, doNotRetry: CLIENT_ERRORS, retryAfterBaseValue: second },
      throttle: {
        // Queues of this client's own: the default ones belong to the process, and clients would wait for each other.
        id: randomUUID(),
        ...queues,
        retryAfterBaseValue: second,
        onRateLimit: (seconds, _request, _octokit, count) => mayWait(seconds, count),
        onSecondaryRateLimit: (seconds, _request, _octokit, count) => mayWait(seconds, count),
      },
    },
    // The first plugin is the innermost.
    requestTimeout({ timeout, maxAttempts: MAX_RETRIES + 1, log }),
    plainLimits,
    retry,
    throttling,
  );
}
