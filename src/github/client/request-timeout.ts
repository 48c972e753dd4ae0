import type { Octokit } from './author.ts';

/** An octokit as a plugin sees it. */
export type Plugged = Pick<Octokit, 'hook'>;

/** A plugin for one attempt of a request; stands inside of the one that tries again. */
export function attempts({ patience, most, say }: { patience: number; most: number; say: (line: string) => void }) {
  return ({ hook }: Plugged): void => {
    hook.before('request', (options) => {
      // A copy: the plugins count in it, and it is the client's own where a request brings none.
      options.request = { ...options.request, signal: AbortSignal.timeout(patience) };
    });

    hook.after('request', ({ data, headers, status }, options) => {
      // octokit hands over an answer that breaks off as a text, as if it were whole. A raw file is a text.
      const type = headers['content-type'] ?? '';
      if (status === 204 || typeof data !== 'string' || !/\bjson\b/.test(type) || /\braw\b/.test(type)) return;
      throw Object.assign(new Error('the answer broke off'), { status: 500, request: options });
    });

    hook.error('request', (error, options) => {
      const hung = options.request.signal?.aborted === true;
      // It had its time. Thrice that would hold the job after all.
      if (hung) options.request.retries = 0;
      if (!('status' in error) || error.status >= 500) {
        const attempt = Number(options.request.retryCount ?? 0) + 1;
        const answer = 'response' in error && error.response ? error.response.status : 'no answer';
        const path = options.url.replace(/\?.*$/, '');
        say(`GitHub: ${answer} to ${options.method} ${path}, attempt ${attempt} of ${hung ? attempt : most}`);
      }
      throw error;
    });
  };
}
