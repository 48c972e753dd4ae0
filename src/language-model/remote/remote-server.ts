import { z } from 'zod';
import { UserError } from '../../platform/user-error.ts';
import { remoteAddress, usableKey } from './remote-address.ts';
import {
  isTransient,
  MAX_ATTEMPTS,
  MAX_TOTAL_WAIT_MILLISECONDS,
  retryDelay,
  sleep,
  type Wait,
} from './remote-retry.ts';

/** Below the 300 s of silence after which Node's own fetch gives up, so that the reason can be said. */
const TIMEOUT_MILLISECONDS = 240_000;
/** vLLM takes about 300 bytes a prompt token (its own `prompt_logprobs` come along): room for 400 000 of them. */
const MAX_ANSWER_BYTES = 128 * 2 ** 20;
/** What a server says about its trouble is cut here. */
const MAX_ERROR_BYTES = 64 * 2 ** 10;
const MAX_REASON_CHARACTERS = 300;

export interface RemoteServerOptions {
  /** `http://host:8000`, `…/v1` or `…/v1/completions`. */
  readonly endpoint: string;
  /** Goes to the endpoint as a bearer token, nowhere else, and into no message. */
  readonly apiKey?: string | undefined;
  /** For one request, in milliseconds. */
  readonly timeout?: number;
  readonly fetch?: typeof globalThis.fetch;
  readonly wait?: Wait;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** The server answered and will answer the same the next time. */
export class Refusal extends UserError {
  readonly status: number;
  /** Its own words, in one line. */
  readonly reason: string;

  constructor(server: string, status: number, said: string, mend: string) {
    super(`the server at ${server} refuses (${status}): ${said}`, mend);
    this.status = status;
    this.reason = said;
  }
}

/** One try that failed in a way that may pass. */
interface TransientFailure {
  readonly problem: string;
  readonly retryAfter: string | null;
}

/** JSON over HTTP to one server, again and again until there is an answer or no hope. */
export class RemoteServer {
  /** How messages call it. */
  readonly shown: string;
  readonly #endpoint: (name: string) => string;
  readonly #key: string | undefined;
  readonly #timeout: number;
  readonly #fetch: typeof globalThis.fetch;
  readonly #wait: Wait;
  readonly #now: () => number;
  readonly #random: () => number;

  /** @throws UserError for an address or key that cannot work */
  constructor(options: RemoteServerOptions) {
    const { shown, endpoint } = remoteAddress(options.endpoint);
    this.shown = shown;
    this.#endpoint = endpoint;
    this.#key = usableKey(options.apiKey);
    this.#timeout = options.timeout ?? TIMEOUT_MILLISECONDS;
    this.#fetch = options.fetch ?? globalThis.fetch;
    this.#wait = options.wait ?? sleep;
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? Math.random;
  }

  /**
   * GET without a body, POST with one.
   *
   * @param name the endpoint: `completions`, `models`
   * @returns the JSON of the answer
   * @throws Refusal where the server says no, UserError where it cannot be reached or understood, the signal's reason
   *   where that is aborted
   */
  async request(name: string, body: object | null, signal: AbortSignal): Promise<unknown> {
    let patience = MAX_TOTAL_WAIT_MILLISECONDS;
    for (let tries = 1; ; tries++) {
      const answer = await this.#try(name, body, signal);
      if ('text' in answer) return this.#parse(answer.text);
      const delay = retryDelay(tries, answer.retryAfter, this.#random(), this.#now());
      patience -= delay;
      if (tries >= MAX_ATTEMPTS || patience < 0) throw this.#giveUp(answer, tries, delay);
      await this.#wait(delay, signal);
    }
  }

  async #try(
    name: string,
    body: object | null,
    signal: AbortSignal,
  ): Promise<{ readonly text: string } | TransientFailure> {
    signal.throwIfAborted();
    const timeout = AbortSignal.timeout(this.#timeout);
    try {
      const response = await this.#fetch(this.#endpoint(name), {
        method: body === null ? 'GET' : 'POST',
        headers: {
          accept: 'application/json',
          ...(body === null ? {} : { 'content-type': 'application/json' }),
          ...(this.#key === undefined ? {} : { authorization: `Bearer ${this.#key}` }),
        },
        body: body === null ? null : JSON.stringify(body),
        // Followed, a POST turns into a GET, and the prompts may go to another host.
        redirect: 'manual',
        signal: AbortSignal.any([signal, timeout]),
      });
      if (response.ok) return { text: await this.#answerOf(response) };
      return await this.#complaintOf(response);
    } catch (error) {
      if (error instanceof UserError) throw error;
      signal.throwIfAborted();
      const what = timeout.aborted ? `gave no answer within ${this.#timeout / 1000} s` : `cannot be reached`;
      return { problem: timeout.aborted ? what : `${what} (${this.#oneLine(reasonOf(error))})`, retryAfter: null };
    }
  }

  async #answerOf(response: Response): Promise<string> {
    const text = await readUpTo(response, MAX_ANSWER_BYTES);
    if (text !== null) return text;
    throw new UserError(
      `the server at ${this.shown} answers with more than ${MAX_ANSWER_BYTES / 2 ** 20} MiB`,
      'ask for shorter sequences (maximum length)',
    );
  }

  /** @throws Refusal where trying again is no use */
  async #complaintOf(response: Response): Promise<TransientFailure> {
    const { status } = response;
    const location = response.headers.get('location');
    if (status >= 300 && status < 400) {
      await response.body?.cancel();
      const target = location === null ? 'nowhere' : this.#oneLine(location);
      throw new Refusal(this.shown, status, `it redirects to ${target}`, 'give that address, if you trust it');
    }
    const text = (await readUpTo(response, MAX_ERROR_BYTES)) ?? '';
    const said = this.#oneLine(messageIn(text) || response.statusText || 'no reason given');
    if (!isTransient(status, said)) throw new Refusal(this.shown, status, said, hintFor(status));
    return { problem: `has trouble (${status}): ${said}`, retryAfter: response.headers.get('retry-after') };
  }

  #giveUp({ problem, retryAfter }: TransientFailure, tries: number, delay: number): UserError {
    const asks = tries < MAX_ATTEMPTS && retryAfter !== null ? ` and asks to wait ${Math.ceil(delay / 1000)} s` : '';
    return new UserError(
      `the server at ${this.shown} ${problem}${asks}, ${tries === 1 ? 'once' : `${tries} times`}`,
      'see that it runs, is reachable from here and not overloaded, then try again',
    );
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw new UserError(
        `the server at ${this.shown} does not answer in JSON: ${this.#oneLine(text.slice(0, 100))}`,
        'see that the endpoint is an OpenAI-compatible API and not a web page or a proxy',
      );
    }
  }

  /** What others wrote, fit for one line of a log: no control characters, no key, not endless. */
  #oneLine(text: string): string {
    const clean = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
    const mute = this.#key === undefined ? clean : clean.replaceAll(this.#key, '***');
    return mute.length > MAX_REASON_CHARACTERS ? `${mute.slice(0, MAX_REASON_CHARACTERS)}…` : mute;
  }
}

/** The text of a body; null, and no more read, if it is longer. */
async function readUpTo(response: Response, limit: number): Promise<string | null> {
  if (response.body === null) return '';
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body) {
    size += part.length;
    if (size > limit) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

const errorSchema = z.union([
  z.object({ error: z.object({ message: z.string() }) }).transform(({ error }) => error.message), // OpenAI, vLLM, llama.cpp
  z.object({ error: z.string() }).transform(({ error }) => error), // text-generation-inference
  z.object({ message: z.string() }).transform(({ message }) => message), // vLLM before 0.10
  z.object({ detail: z.string() }).transform(({ detail }) => detail), // FastAPI
  z
    .object({ detail: z.array(z.object({ msg: z.string() })).min(1) }) // FastAPI, a field of the wrong shape
    .transform(({ detail }) => detail.map(({ msg }) => msg).join('; ')),
]);

function messageIn(text: string): string {
  try {
    const complaint = errorSchema.safeParse(JSON.parse(text));
    return complaint.success ? complaint.data : text;
  } catch {
    return text;
  }
}

function hintFor(status: number): string {
  if (status === 401 || status === 403) return 'check the key in OPENAI_API_KEY';
  if (status === 404) return 'check the name of the model (GET /v1/models lists them) and the endpoint';
  return 'change the request as it says, or see the log of the server';
}

/** fetch says «fetch failed» and hides what happened in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : error;
  return ('code' in cause && String(cause.code)) || cause.message;
}
