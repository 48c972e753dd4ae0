import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../platform/user-error.ts';
import type { HubSettings } from './hub-settings.ts';

/** Attempts at one request, for a hub under load or a connection that breaks. */
const MAX_ATTEMPTS = 5;
const FIRST_WAIT_MILLISECONDS = 500;
/** If the hub asks to wait longer than this, the request fails. */
const MAX_WAIT_MILLISECONDS = 60_000;

/** A failure that can be temporary. */
class TransientError extends Error {
  readonly waitMilliseconds: number | null;

  constructor(message: string, waitMilliseconds: number | null = null) {
    super(message);
    this.waitMilliseconds = waitMilliseconds;
  }
}

/** Requests to one hub about one repository, with errors that the user can act on. */
export class HubClient {
  readonly #settings: HubSettings;
  readonly #path: string;
  readonly #repository: string;

  /**
   * @param repository `org/model`
   * @param path as the user wrote it: errors name it
   */
  constructor(settings: HubSettings, repository: string, path: string) {
    this.#settings = settings;
    this.#repository = repository;
    this.#path = path;
  }

  /**
   * A replacement for `fetch`. It adds the token to requests to the hub itself, and to no other host, and throws for a
   * response that is not OK.
   */
  readonly fetch: typeof fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const headers = new Headers(init?.headers);
    const { token, endpoint } = this.#settings;
    // fetch itself removes the header if a request is redirected to another host.
    if (token !== null && new URL(url).origin === new URL(endpoint).origin) {
      headers.set('Authorization', `Bearer ${token}`);
    }
    const response = await fetch(input, { ...init, headers });
    if (response.ok) return response;
    await response.body?.cancel();
    throw this.#refusal(response);
  };

  /**
   * Do some work with the hub, and retry it after a temporary failure.
   * @throws UserError if all attempts fail
   */
  async retry<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (!isTransientError(error)) throw error;
        const requested = error instanceof TransientError ? error.waitMilliseconds : null;
        const wait = requested ?? FIRST_WAIT_MILLISECONDS * 2 ** (attempt - 1);
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
      if (code === 'RevisionNotFound') return this.#error('has no such revision', `choose one of ${page}/commits/main`);
      if (code === 'EntryNotFound') return this.#error('has no such folder or file', `choose one of ${page}/tree/main`);
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

  #error(what: string, hint: string): UserError {
    return new UserError(`${this.#path} ${what}`, hint);
  }
}

/** fetch throws a TypeError for a connection that cannot be made or breaks. */
function isTransientError(error: unknown): error is Error {
  if (error instanceof TransientError) return true;
  return error instanceof TypeError && /fetch failed|terminated|network/i.test(error.message);
}

/** No such host, or no server there: the machine is offline, or the address is wrong. Retries do not help. */
function isHopeless({ cause }: Error): boolean {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOTFOUND' || code === 'ECONNREFUSED';
}

/** The error for a wrong response that can be right at the next attempt. */
export function transientError(message: string): Error {
  return new TransientError(message);
}
