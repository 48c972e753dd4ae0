import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../platform/user-error.ts';
import type { HubSettings } from './hub-settings.ts';

/** Tries of one request: a hub under load, a connection that is cut. */
const TRIES = 5;
const FIRST_WAIT_MILLISECONDS = 500;
/** A hub that asks for a longer rest is not waited for. */
const MAX_WAIT_MILLISECONDS = 60_000;

/** Something that may go well the next time. */
class Hiccup extends Error {
  readonly waitMilliseconds: number | null;

  constructor(message: string, waitMilliseconds: number | null = null) {
    super(message);
    this.waitMilliseconds = waitMilliseconds;
  }
}

/** Requests to one hub about one repository, with errors that say what to do. */
export class HubClient {
  readonly #settings: HubSettings;
  readonly #subject: string;
  readonly #repository: string;

  /**
   * @param repository `org/model`
   * @param subject what errors are about: the path as the user wrote it
   */
  constructor(settings: HubSettings, repository: string, subject: string) {
    this.#settings = settings;
    this.#repository = repository;
    this.#subject = subject;
  }

  /**
   * In place of `fetch`: adds the token, to requests to the hub itself and to no other host, and throws for what is not there
   * or not allowed.
   */
  readonly fetch: typeof fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const headers = new Headers(init?.headers);
    const { token, endpoint } = this.#settings;
    // fetch itself takes it off where a request is redirected to another host.
    if (token !== null && new URL(url).origin === new URL(endpoint).origin) {
      headers.set('Authorization', `Bearer ${token}`);
    }
    const response = await fetch(input, { ...init, headers });
    if (response.ok) return response;
    await response.body?.cancel();
    throw this.#refusal(response);
  };

  /**
   * Do something that asks the hub, again if need be.
   * @throws UserError where it does not get better
   */
  async ask<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (!isHiccup(error)) throw error;
        const asked = error instanceof Hiccup ? error.waitMilliseconds : null;
        const wait = asked ?? FIRST_WAIT_MILLISECONDS * 2 ** (attempt - 1);
        if (attempt === TRIES || isHopeless(error) || wait > MAX_WAIT_MILLISECONDS) throw this.#unreachable(error);
        await sleep(wait);
      }
    }
  }

  #refusal(response: Response): Error {
    const { status, headers } = response;
    if (status === 408 || status === 429 || status >= 500) {
      const seconds = Number(headers.get('Retry-After') ?? Number.NaN);
      return new Hiccup(`status ${status}`, Number.isFinite(seconds) ? 1000 * Math.max(0, seconds) : null);
    }
    const code = headers.get('X-Error-Code');
    const page = `${this.#settings.endpoint}/${this.#repository}`;
    if (status === 401 || status === 403) {
      const what = code === 'GatedRepo' ? 'is gated' : 'is private or gated, or does not exist';
      const mend = `accept its licence at ${page}`;
      return this.#settings.token === null
        ? this.#error(`${what} (status ${status})`, `set HF_TOKEN to a token that may read it, and ${mend}`)
        : this.#error(
            `${what}, and HF_TOKEN may not read it (status ${status})`,
            `${mend} with the account of the token, and let the token read gated repositories`,
          );
    }
    if (status === 404) {
      if (code === 'RevisionNotFound') return this.#error('has no such revision', `see ${page}/commits/main`);
      if (code === 'EntryNotFound') return this.#error('has no such folder or file', `see ${page}/tree/main`);
      return this.#error('does not exist', `check the name at ${page}`);
    }
    return this.#error(`was refused with status ${status}`, `see ${page}`);
  }

  #unreachable(error: Error): UserError {
    const { cause } = error;
    const reason = cause instanceof Error && cause.message !== '' ? cause.message : error.message;
    return this.#error(
      `could not be read from ${this.#settings.endpoint}: ${reason}`,
      'check the network and HF_ENDPOINT, and run again: what has arrived is kept',
    );
  }

  #error(what: string, mend: string): UserError {
    return new UserError(`${this.#subject} ${what}`, mend);
  }
}

/** fetch throws a TypeError for every connection that cannot be made or breaks. */
function isHiccup(error: unknown): error is Error {
  if (error instanceof Hiccup) return true;
  return error instanceof TypeError && /fetch failed|terminated|network/i.test(error.message);
}

/** No such host, or nobody there: offline, or a typing error, and neither passes in seconds. */
function isHopeless({ cause }: Error): boolean {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOTFOUND' || code === 'ECONNREFUSED';
}

/** An answer that is not what was asked for, and may be the next time. */
export function hiccup(message: string): Error {
  return new Hiccup(message);
}
