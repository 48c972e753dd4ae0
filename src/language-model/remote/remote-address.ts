import { UserError } from '../../platform/user-error.ts';

/** Where an OpenAI-compatible server has its endpoints, and how it is called in messages. */
export interface RemoteAddress {
  /** The address of one endpoint: `completions`, `models`. */
  endpoint(name: string): string;
  /** Without what may be secret: no user, no query. */
  readonly shown: string;
}

/**
 * Reads an address as people give it: `http://host:8000`, `…/v1`, `…/v1/completions`, with or without a slash at the
 * end. A query (Azure's `?api-version=`) is kept.
 *
 * @throws UserError where it is no http(s) address, or holds a user and password
 */
export function remoteAddress(given: string): RemoteAddress {
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UserError(
      `the endpoint ${JSON.stringify(given.slice(0, 200))} is no http address`,
      'give one like http://localhost:8000/v1',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new UserError(
      `the endpoint at ${url.host} holds a user or password`,
      'take it out of the address and put the key into OPENAI_API_KEY',
    );
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/(?:chat\/)?completions$/, '');
  const root = /\/v\d+$/.test(path) ? path : `${path}/v1`;
  return {
    endpoint: (name) => `${url.origin}${root}/${name}${url.search}`,
    shown: `${url.origin}${root}`,
  };
}

/**
 * The key as a header can carry it; undefined for an empty one.
 *
 * @throws UserError, which does not repeat the key
 */
export function usableKey(given: string | undefined): string | undefined {
  const key = given?.trim();
  if (!key) return undefined;
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new UserError(
      'the API key holds characters that no HTTP header can carry',
      'look for line breaks, spaces or quotation marks in OPENAI_API_KEY',
    );
  }
  return key;
}
