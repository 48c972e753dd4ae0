import { randomUUID } from 'node:crypto';
import { getOctokit } from '@actions/github';
import { retry } from '@octokit/plugin-retry';
import { type ThrottlingOptions, throttling } from '@octokit/plugin-throttling';
import { printable } from '../../report/escape.ts';
import type { Octokit } from './author.ts';
import { rateLimits } from './rate-limits.ts';
import { attempts } from './request-timeout.ts';

/** After the first attempt: with the plugin's squares of 1 and 2, a failure for good costs 5 s. */
const MAX_RETRIES = 2;
/** A call to GitHub that hangs must not hold the job. Of one attempt. */
const PATIENCE_MILLISECONDS = 30_000;
/** Asking again does not change what the caller did wrong; of rate limits, `rateLimits` and the throttling plugin know more. */
const CALLERS_MISTAKES = Array.from({ length: 100 }, (_, i) => 400 + i);

export interface ClientOptions {
  /** By default GITHUB_API_URL, which getOctokit reads: GitHub's own or an Enterprise server's. */
  readonly baseUrl?: string;
  /** How long a second of waiting lasts, in milliseconds: tests have no time. */
  readonly second?: number;
  /** In place of the plugin's, which put a second between two writes and three between two new comments. */
  readonly queues?: Pick<ThrottlingOptions, 'write' | 'notifications'>;
  /** How long one attempt may take, in milliseconds. */
  readonly patience?: number;
  /** Where to say that GitHub has trouble: a status, a method and a path, and nothing else. */
  readonly print?: (line: string) => void;
}

/**
 * A client that outlasts what passes: a 5xx and a closed connection are tried again, and a rate limit is waited for if
 * that is short. What cannot pass, all other 4xx, fails at once, and so does a call that hangs.
 *
 * A closed connection does not say whether the request was carried out: a request that is tried again must bear being
 * done twice (see the folding in `stickyComment`).
 */
export function openClient(token: string, options: ClientOptions = {}): Octokit {
  const { baseUrl, second = 1000, queues = {}, patience = PATIENCE_MILLISECONDS, print = () => {} } = options;
  const say = (line: string): void => print(printable(line));
  const { mayWait, plainLimits } = rateLimits(MAX_RETRIES, say);
  return getOctokit(
    token,
    {
      // A key without a value would hide the default.
      ...(baseUrl === undefined ? {} : { baseUrl }),
      retry: { retries: MAX_RETRIES, doNotRetry: CALLERS_MISTAKES, retryAfterBaseValue: second },
      throttle: {
        // The plugin's queues are the process's; one's own, so that clients do not wait for one another.
        id: randomUUID(),
        ...queues,
        retryAfterBaseValue: second,
        onRateLimit: (seconds, _request, _octokit, count) => mayWait(seconds, count),
        onSecondaryRateLimit: (seconds, _request, _octokit, count) => mayWait(seconds, count),
      },
    },
    // The first is the innermost.
    attempts({ patience, most: MAX_RETRIES + 1, say }),
    plainLimits,
    retry,
    throttling,
  );
}
