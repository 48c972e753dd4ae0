const MAX_MESSAGE = 200;

/** The status of GitHub's answer; null if there was no answer. */
export function requestErrorStatus(error: unknown): number | null {
  return isRequestError(error) && error.response !== undefined ? Number(error.status) : null;
}

/** GitHub answers 403 as well as 429 to a rate limit, and names the limit in a header or in the message. */
export function isRateLimit(error: unknown): boolean {
  const status = requestErrorStatus(error);
  if (status !== 403) return status === 429;
  const { message, response } = error as Error & { response: { headers: Record<string, string> } };
  return (
    response.headers['x-ratelimit-remaining'] === '0' ||
    'retry-after' in response.headers ||
    /rate limit/i.test(message)
  );
}

/** An error in one line, such as `403: Resource not accessible` or `no answer: connect ECONNREFUSED`. */
export function describeGithubError(error: unknown): string {
  const message = messageOf(error).replace(/\s+/g, ' ').slice(0, MAX_MESSAGE);
  return isRequestError(error) ? `${requestErrorStatus(error) ?? 'no answer'}: ${message}` : message;
}

interface WriteFailure {
  /** The consequence: `no comment on o/r#7`. */
  readonly missing: string;
  /** The permissions that the job needs: `pull-requests: write`. */
  readonly permissions: string;
  /** A cause that is specific to this write; null for a general one. */
  readonly ownCause?: (status: number, message: string) => string | null;
}

/** Why something was not written to GitHub, and what would help, in one line. */
export function describeWriteFailure(error: unknown, failure: WriteFailure): string {
  return `${failure.missing}: ${causeOf(error, failure)} (${describeGithubError(error)})`;
}

function causeOf(error: unknown, { permissions, ownCause }: WriteFailure): string {
  const status = requestErrorStatus(error);
  if (status === null) return 'GitHub could not be reached';
  if (status === 401) return 'GitHub does not accept the token; check the input github-token';
  if (isRateLimit(error)) return 'GitHub rate limit';
  const own = ownCause?.(status, messageOf(error)) ?? null;
  if (own !== null) return own;
  if (status === 403 || status === 404) {
    return `the token lacks permission; add \`permissions: ${permissions}\` to the job`;
  }
  if (status === 422) return 'GitHub rejected the request';
  if (status >= 500) return 'GitHub had an internal error; the next run tries again';
  return 'unexpected answer';
}

function isRequestError(error: unknown): error is Error & { status: unknown; response?: unknown } {
  return error instanceof Error && 'status' in error;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
