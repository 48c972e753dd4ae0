import { randomUUID } from 'node:crypto';
import { getOctokit } from '@actions/github';
import { retry } from '@octokit/plugin-retry';
import { type ThrottlingOptions, throttling } from '@octokit/plugin-throttling';
import { printable } from '../../report/escape.ts';
import { rateLimits } from './rate-limits.ts';
import { requestTimeout } from './request-timeout.ts';
import type { Octokit } from './types.ts';

/** Retries of a request. The plugin waits 1² and 2² seconds, so that a permanent failure costs 5 s. */
const MAX_RETRIES = 2;
/** For one attempt: a call to GitHub that hangs must not hold up the job. */
const TIMEOUT_MILLISECONDS = 30_000;
/**
 * Not retried: another attempt does not change what the caller did wrong. Rate limits are handled by `rateLimits` and
 * the plugin.
 */
const CLIENT_ERRORS = Array.from({ length: 100 }, (_, i) => 400 + i);

export interface ClientOptions {
  /** Address of the API: GitHub's own by default, or an Enterprise server's. */
  readonly baseUrl?: string | undefined;
  /** Milliseconds of a second of waiting: tests do not wait. */
  readonly second?: number;
  /** Instead of the plugin's queues, which put a second between two writes and three between two new comments. */
  readonly queues?: Pick<ThrottlingOptions, 'write' | 'notifications'>;
  /** Limit of one attempt, in milliseconds. */
  readonly timeout?: number;
  /** Logs failed attempts: a status, a method and a path, and nothing else. */
  readonly print?: (line: string) => void;
}

/**
 * A client that survives temporary failures. It retries after a 5xx and a closed connection, and waits for a rate limit
 * if that is short. All other 4xx fail at once, and so does a call that hangs.
 *
 * A closed connection leaves open whether the request was carried out. Every request that is retried must be harmless
 * if it is carried out twice (see the removal of duplicates in `writeStickyComment`).
 */
export function openClient(token: string, options: ClientOptions = {}): Octokit {
  const { baseUrl, second = 1000, queues = {}, timeout = TIMEOUT_MILLISECONDS, print = () => {} } = options;
  const log = (line: string): void => print(printable(line));
  const { mayWait, plainLimits } = rateLimits(MAX_RETRIES, log);
  return getOctokit(
    token,
    {
      // An undefined value would replace the default.
      ...(baseUrl === undefined ? {} : { baseUrl }),
      retry: { retries: MAX_RETRIES, doNotRetry: CLIENT_ERRORS, retryAfterBaseValue: second },
      throttle: {
        // The plugin's queues belong to the process. With its own, a client does not wait for another one.
        id: randomUUID(),
        ...queues,
        retryAfterBaseValue: second,
        onRateLimit: (seconds, _request, _octokit, count) => mayWait(seconds, count),
        onSecondaryRateLimit: (seconds, _request, _octokit, count) => mayWait(seconds, count),
      },
    },
    // The first is the innermost.
    requestTimeout({ timeout, maxAttempts: MAX_RETRIES + 1, log }),
    plainLimits,
    retry,
    throttling,
  );
}
