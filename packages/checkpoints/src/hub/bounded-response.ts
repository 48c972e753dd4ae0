import { transientError } from './transient-error.ts';

/** What an answer may take. */
interface AnswerLimits {
  /** Most bytes of its body. */
  readonly bytes: number;
  /** Longest time without a byte. */
  readonly stallMilliseconds: number;
}

/** Least average speed of a body, from its start: some servers send a byte a minute. */
const SLOWEST_BYTES_PER_SECOND = 16 * 1024;

/** An answer that is longer than what was announced, and may never end. */
export class AnswerTooLong extends Error {}

/** Send a request with limits on the bytes and the time of its answer. @throws AnswerTooLong, or a temporary failure */
export async function boundedFetch(
  input: Parameters<typeof fetch>[0],
  init: RequestInit,
  { bytes, stallMilliseconds }: AnswerLimits,
): Promise<Response> {
  const abort = new AbortController();
  const seconds = Math.ceil(stallMilliseconds / 1000);
  const stalled = () => abort.abort(transientError(`nothing arrived for ${seconds} s`));
  let stall = setTimeout(stalled, stallMilliseconds);
  const longest = stallMilliseconds + (1000 * bytes) / SLOWEST_BYTES_PER_SECOND;
  const slow = setTimeout(() => abort.abort(transientError('the answer is too slow')), Math.min(longest, MAX_TIMER));
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

/** The longest time of a timer. */
const MAX_TIMER = 2 ** 31 - 1;
