import type { Octokit } from './types.ts';

export type OctokitHooks = Pick<Octokit, 'hook'>;

interface RequestTimeoutOptions {
  readonly timeout: number;
  readonly maxAttempts: number;
  readonly log: (line: string) => void;
}

/** An Octokit plugin for single attempts of a request; the retry plugin wraps it. */
export function requestTimeout({ timeout, maxAttempts, log }: RequestTimeoutOptions) {
  return ({ hook }: OctokitHooks): void => {
    hook.before('request', (options) => {
      // A copy, because plugins keep counters in it, and requests without their own options share the client's.
      options.request = { ...options.request, signal: AbortSignal.timeout(timeout) };
    });

    hook.after('request', ({ data, headers, status }, options) => {
      // Octokit returns incomplete JSON as text, without an error. Raw files are text anyway.
      const type = headers['content-type'] ?? '';
      if (status === 204 || typeof data !== 'string' || !/\bjson\b/.test(type) || /\braw\b/.test(type)) return;
      throw Object.assign(new Error('the answer is incomplete'), { status: 500, request: options });
    });

    hook.error('request', (error, options) => {
      const timedOut = options.request.signal?.aborted === true;
      // Do not retry timeouts: three of them would hold up the job.
      if (timedOut) options.request.retries = 0;
      if (!('status' in error) || error.status >= 500) {
        const attempt = Number(options.request.retryCount ?? 0) + 1;
        const answer = 'response' in error && error.response ? error.response.status : 'no answer';
        const path = options.url.replace(/\?.*$/, '');
        const most = timedOut ? attempt : maxAttempts;
        log(`GitHub: ${answer} to ${options.method} ${path}, attempt ${attempt} of ${most}`);
      }
      throw error;
    });
  };
}
