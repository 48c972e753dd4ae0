export class TransientError extends Error {
  /** The time that the server asks to wait; null if it does not say. */
  readonly waitMilliseconds: number | null;

  constructor(message: string, waitMilliseconds: number | null = null) {
    super(message);
    this.waitMilliseconds = waitMilliseconds;
  }
}

/** An answer that is longer than announced, and may never end. */
export class AnswerTooLong extends Error {}

/** Least average speed of a body, from its start: some servers send a byte a minute. */
const SLOWEST_BYTES_PER_SECOND = 16 * 1024;

const LONGEST_TIMER = 2 ** 31 - 1;

/** Limit the size of an answer, and the time without a byte. @throws AnswerTooLong or TransientError */
export async function boundedFetch(
  input: Parameters<typeof fetch>[0],
  init: RequestInit,
  { bytes, stallMilliseconds }: { readonly bytes: number; readonly stallMilliseconds: number },
): Promise<Response> {
  const abort = new AbortController();
  const abortSoon = (message: string) => () => abort.abort(new TransientError(message));
  const stalled = abortSoon(`nothing arrived for ${Math.ceil(stallMilliseconds / 1000)} s`);
  let stall = setTimeout(stalled, stallMilliseconds);
  const longest = stallMilliseconds + (1000 * bytes) / SLOWEST_BYTES_PER_SECOND;
  const slow = setTimeout(abortSoon('the answer is too slow'), Math.min(longest, LONGEST_TIMER));
  const stop = () => {
    clearTimeout(stall);
    clearTimeout(slow);
  };
  try {
    const response = await fetch(input, { ...init, signal: abort.signal });
    if (response.body === null) {
      stop();
      return response;
    }
    let received = 0;
    const body = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          clearTimeout(stall);
          received += chunk.byteLength;
          if (received > bytes) {
            const error = new AnswerTooLong(`more than the ${bytes} bytes that were expected arrived`);
            stop();
            abort.abort(error);
            throw error;
          }
          stall = setTimeout(stalled, stallMilliseconds).unref();
          controller.enqueue(chunk);
        },
        flush: stop,
      }),
    );
    // A body that nobody reads, such as that of an error, must not keep the process alive.
    slow.unref();
    stall.unref();
    const { status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers });
  } catch (error) {
    stop();
    throw error;
  }
}
