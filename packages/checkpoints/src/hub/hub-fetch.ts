import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '@shadow-gate/platform';
import { AnswerTooLong, boundedFetch, TransientError } from './bounded-response.ts';
import type { HubSettings } from './hub-settings.ts';

const MAX_ATTEMPTS = 5;
const MAX_WAIT_MILLISECONDS = 60_000;

/** The repository exists, but a revision or entry does not. */
export class MissingOnHub extends UserError {
  readonly missing: 'revision' | 'entry';

  constructor(missing: MissingOnHub['missing'], message: string, hint: string) {
    super(message, hint);
    this.missing = missing;
  }
}

export class HubClient {
  readonly #settings: HubSettings;
  readonly #path: string;
  readonly #repository: string;

  /** @param repository the path of its page: `org/model`, or `datasets/org/name` */
  constructor(settings: HubSettings, repository: string, path: string) {
    this.#settings = settings;
    this.#repository = repository;
    this.#path = path;
  }

  /** A replacement for `fetch` that sends the token to the hub only, and throws for a response that is not OK. */
  fetchUpTo(bytes: number): typeof fetch {
    return async (input, init) => {
      const url = input instanceof Request ? input.url : String(input);
      const headers = new Headers(init?.headers);
      const { token, stallMilliseconds } = this.#settings;
      // fetch removes the header if a request is redirected to another host.
      if (token !== null && this.isOwn(url)) headers.set('Authorization', `Bearer ${token}`);
      const response = await boundedFetch(input, { ...init, headers }, { bytes, stallMilliseconds });
      if (response.ok) return response;
      await response.body?.cancel();
      throw this.#refusal(response);
    };
  }

  isOwn(url: string): boolean {
    return new URL(url).origin === new URL(this.#settings.endpoint).origin;
  }

  /** Work with the hub, with retries. @throws UserError if all attempts fail, and for answers that no hub sends */
  async retry<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof UserError) throw error;
        // fetch throws a TypeError for a connection that cannot be made or breaks.
        const isBroken = error instanceof TypeError && /fetch failed|terminated|network/i.test(error.message);
        if (!isBroken && !(error instanceof TransientError)) throw this.#unusable(error);
        const requested = error instanceof TransientError ? error.waitMilliseconds : null;
        const wait = requested ?? this.#settings.retryMilliseconds * 2 ** (attempt - 1);
        if (attempt === MAX_ATTEMPTS || isHopeless(error) || wait > MAX_WAIT_MILLISECONDS)
          throw this.#unreachable(error);
        await sleep(wait);
      }
    }
  }

  #refusal(response: Response): Error {
    const { status, headers } = response;
    if (status === 408 || status === 429 || status >= 500) {
      const seconds = Number(headers.get('Retry-After') ?? Number.NaN);
      return new TransientError(`status ${status}`, Number.isFinite(seconds) ? 1000 * Math.max(0, seconds) : null);
    }
    const code = headers.get('X-Error-Code');
    const page = `${this.#settings.endpoint}/${this.#repository}`;
    if (status === 401 || status === 403) {
      const what = code === 'GatedRepo' ? 'is gated' : 'is private or gated, or does not exist';
      const accept = `accept its license at ${page}`;
      return this.#settings.token === null
        ? this.#error(`${what} (status ${status})`, `set HF_TOKEN to a token with access, and ${accept}`)
        : this.#error(
            `${what}, and HF_TOKEN has no access (status ${status})`,
            `${accept} with the account of the token, and give the token access to gated repositories`,
          );
    }
    if (status === 404) {
      if (code === 'RevisionNotFound')
        return new MissingOnHub('revision', `${this.#path} has no such revision`, `choose one of ${page}/commits/main`);
      if (code === 'EntryNotFound')
        return new MissingOnHub('entry', `${this.#path} has no such folder or file`, `choose one of ${page}/tree/main`);
      return this.#error('does not exist', `check the name at ${page}`);
    }
    return this.#error(`was refused with status ${status}`, `check ${page}`);
  }

  #unreachable(error: Error): UserError {
    const { cause } = error;
    const reason = cause instanceof Error && cause.message !== '' ? cause.message : error.message;
    return this.#error(
      `could not be read from ${this.#settings.endpoint}: ${reason}`,
      'check the network and HF_ENDPOINT, and run again (finished downloads are kept)',
    );
  }

  /** All other errors come from the answer: too much, no JSON, or JSON of another form. */
  #unusable(error: unknown): UserError {
    const what = error instanceof AnswerTooLong ? error.message : 'it is not what a hub sends';
    return this.#error(`cannot be used as ${this.#settings.endpoint} sent it: ${what}`, 'check HF_ENDPOINT');
  }

  #error(what: string, hint: string): UserError {
    return new UserError(`${this.#path} ${what}`, hint);
  }
}

/** The machine is offline, or the address is wrong: retries do not help. */
function isHopeless({ cause }: Error): boolean {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOTFOUND' || code === 'ECONNREFUSED';
}
