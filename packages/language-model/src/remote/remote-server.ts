import { UserError } from '@shadow-gate/platform';
import { parseJson } from '@shadow-gate/platform/json';
import { z } from 'zod';
import type { Pace } from './pace.ts';
import { remoteAddress, usableKey } from './remote-address.ts';
import {
  isTransient,
  MAX_ATTEMPTS,
  MAX_TOTAL_WAIT_MILLISECONDS,
  retryDelay,
  sleep,
  type Wait,
} from './remote-retry.ts';

const TIMEOUT_MILLISECONDS = 240_000;
/** Less than the 300 s after which Node's own fetch gives up, so that the error can give the reason. */
export const MAX_TIMEOUT_SECONDS = 290;
/** vLLM returns about 300 bytes per prompt token (with its own `prompt_logprobs`): enough for 400 000 tokens. */
const MAX_RESPONSE_BYTES = 128 * 2 ** 20;
/** Limits on a server's error messages. */
const MAX_ERROR_BYTES = 64 * 2 ** 10;
const MAX_REASON_CHARACTERS = 300;

export interface RemoteServerOptions {
  /** `http://host:8000`, `…/v1` or `…/v1/completions`. */
  readonly endpoint: string;
  /** Sent to the endpoint as a bearer token, to no other host, and never part of a message. */
  readonly apiKey?: string | undefined;
  /** For one request, in milliseconds. */
  readonly timeout?: number | undefined;
  /** Limits concurrent requests; absent: unlimited. */
  readonly pace?: Pace;
  readonly fetch?: typeof globalThis.fetch;
  readonly wait?: Wait;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** The server refused the request, and would refuse it again. */
export class ServerRefusal extends UserError {
  readonly status: number;
  /** The server's message, on one line. */
  readonly reason: string;

  constructor(server: string, status: number, reason: string, hint: string) {
    super(`the server at ${server} refuses the request (${status}): ${reason}`, hint);
    this.status = status;
    this.reason = reason;
  }
}

/** A failure that can be temporary. */
interface TransientFailure {
  readonly problem: string;
  readonly retryAfter: string | null;
  readonly isOverload: boolean;
}

type Attempt = { readonly text: string } | TransientFailure;

const isOverload = (attempt: Attempt): boolean => 'problem' in attempt && attempt.isOverload;

const OVERLOAD_STATUSES: ReadonlySet<number> = new Set([429, 503]);

/** JSON over HTTP to one server, with retries after temporary failures. */
export class RemoteServer {
  readonly shown: string;
  readonly #endpoint: (name: string) => string;
  readonly #key: string | undefined;
  readonly #timeout: number;
  readonly #pace: Pace | null;
  #completions = 0;
  readonly #fetch: typeof globalThis.fetch;
  readonly #wait: Wait;
  readonly #now: () => number;
  readonly #random: () => number;

  /** @throws UserError for an invalid address or key */
  constructor(options: RemoteServerOptions) {
    const { shown, endpoint } = remoteAddress(options.endpoint);
    this.shown = shown;
    this.#endpoint = endpoint;
    this.#key = usableKey(options.apiKey);
    this.#timeout = options.timeout ?? TIMEOUT_MILLISECONDS;
    this.#pace = options.pace ?? null;
    this.#fetch = options.fetch ?? globalThis.fetch;
    this.#wait = options.wait ?? sleep;
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? Math.random;
  }

  /** Requests for completions so far, repeated ones included. */
  get completions(): number {
    return this.#completions;
  }

  /**
   * GET without a body, POST with one.
   * @returns the JSON of the response
   * @throws ServerRefusal if the server refuses the request, UserError if it cannot be reached or its response is
   *   invalid, and the signal's reason if that is aborted
   */
  async request(name: string, body: object | null, signal: AbortSignal): Promise<unknown> {
    let remaining = MAX_TOTAL_WAIT_MILLISECONDS;
    for (let attempts = 1; ; attempts++) {
      const attempt = () => this.#attempt(name, body, signal);
      const result = await (this.#pace ? this.#pace.run(attempt, isOverload) : attempt());
      if ('text' in result) return this.#parse(result.text);
      const delay = retryDelay(attempts, result.retryAfter, this.#random(), this.#now());
      remaining -= delay;
      if (attempts >= MAX_ATTEMPTS || remaining < 0) throw this.#giveUp(result, attempts, delay);
      await this.#wait(delay, signal);
    }
  }

  async #attempt(name: string, body: object | null, signal: AbortSignal): Promise<Attempt> {
    signal.throwIfAborted();
    if (name === 'completions') this.#completions++;
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
        // A followed redirect would turn a POST into a GET, and could send the prompts to another host.
        redirect: 'manual',
        signal: AbortSignal.any([signal, timeout]),
      });
      if (!response.ok) return await this.#failureOf(response);
      const text = await readUpTo(response, MAX_RESPONSE_BYTES);
      if (text !== null) return { text };
      throw new UserError(
        `the response of the server at ${this.shown} is larger than ${MAX_RESPONSE_BYTES / 2 ** 20} MiB`,
        'use shorter sequences (a smaller maximum length)',
      );
    } catch (error) {
      if (error instanceof UserError) throw error;
      signal.throwIfAborted();
      const problem = timeout.aborted
        ? `did not respond within ${this.#timeout / 1000} s`
        : `cannot be reached (${this.#oneLine(reasonOf(error))})`;
      return { problem, retryAfter: null, isOverload: timeout.aborted };
    }
  }

  /** @throws ServerRefusal if another attempt is useless */
  async #failureOf(response: Response): Promise<TransientFailure> {
    const { status } = response;
    const location = response.headers.get('location');
    if (status >= 300 && status < 400) {
      await response.body?.cancel();
      const target = location === null ? 'nowhere' : this.#oneLine(location);
      throw new ServerRefusal(this.shown, status, `it redirects to ${target}`, 'give that address if you trust it');
    }
    const text = (await readUpTo(response, MAX_ERROR_BYTES)) ?? '';
    const reason = this.#oneLine(messageIn(text) || response.statusText || 'no reason given');
    if (!isTransient(status, reason)) throw new ServerRefusal(this.shown, status, reason, hintFor(status));
    return {
      problem: `fails (${status}): ${reason}`,
      retryAfter: response.headers.get('retry-after'),
      isOverload: OVERLOAD_STATUSES.has(status),
    };
  }

  #giveUp({ problem, retryAfter }: TransientFailure, attempts: number, delay: number): UserError {
    const wait =
      attempts < MAX_ATTEMPTS && retryAfter !== null ? `, with Retry-After of ${Math.ceil(delay / 1000)} s` : '';
    const count = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
    return new UserError(
      `the server at ${this.shown} ${problem}${wait} (${count})`,
      'check that it runs, is reachable from here and is not overloaded, then try again',
      { code: 'server' },
    );
  }

  #parse(text: string): unknown {
    return parseJson(text, {
      name: `the response of the server at ${this.shown}`,
      hint: 'check that the endpoint is an OpenAI-compatible API, not a web page or a proxy',
      notJson: () => ` is not JSON: ${this.#oneLine(text.slice(0, 100))}`,
    });
  }

  /** Foreign text as one short line for a log, without control characters and without the key. */
  #oneLine(text: string): string {
    const clean = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
    const masked = this.#key === undefined ? clean : clean.replaceAll(this.#key, '***');
    return masked.length > MAX_REASON_CHARACTERS ? `${masked.slice(0, MAX_REASON_CHARACTERS)}…` : masked;
  }
}

/** The text of a body; null if it is too long: then reading stops. */
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
  // OpenAI, vLLM, llama.cpp
  z.object({ error: z.object({ message: z.string() }) }).transform(({ error }) => error.message),
  z.object({ error: z.string() }).transform(({ error }) => error), // text-generation-inference
  z.object({ message: z.string() }).transform(({ message }) => message), // vLLM before 0.10
  z.object({ detail: z.string() }).transform(({ detail }) => detail), // FastAPI
  z
    .object({ detail: z.array(z.object({ msg: z.string() })).min(1) }) // FastAPI, a field of the wrong shape
    .transform(({ detail }) => detail.map(({ msg }) => msg).join('; ')),
]);

function messageIn(text: string): string {
  try {
    const error = errorSchema.safeParse(parseJson(text, { name: 'the error', hint: '' }));
    return error.success ? error.data : text;
  } catch {
    return text;
  }
}

function hintFor(status: number): string {
  if (status === 401 || status === 403) return 'check the key in OPENAI_API_KEY';
  if (status === 404) return 'check the name of the model (GET /v1/models lists them) and the endpoint';
  return 'change the request accordingly, or check the log of the server';
}

/** The message of fetch is always “fetch failed”; the cause has the reason. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : error;
  return ('code' in cause && String(cause.code)) || cause.message;
}
