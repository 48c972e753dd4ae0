import { UserError } from '@shadow-gate/platform';

/**
 * Parse an address in any common form: `http://host:8000`, `…/v1`, `…/v1/completions`, with or without a trailing
 * slash. A query (Azure's `?api-version=`) is kept.
 * @throws UserError for any other address than http(s), and for one with a user or password
 */
export function remoteAddress(given: string) {
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UserError(
      `the endpoint ${JSON.stringify(given.slice(0, 200))} is not an http address`,
      'give an address like http://localhost:8000/v1',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new UserError(
      `the endpoint at ${url.host} contains a user or password`,
      'remove it from the address and put the key into OPENAI_API_KEY',
    );
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/(?:chat\/)?completions$/, '');
  const root = /\/v\d+$/.test(path) ? path : `${path}/v1`;
  return {
    /** The address of one endpoint: `completions`, `models`; or `version`, which is outside the API. */
    endpoint: (name: string) => {
      const folder = name === 'version' ? root.replace(/\/v\d+$/, '') : root;
      return `${url.origin}${folder}/${name}${url.search}`;
    },
    /** Without user and query, which can be secret. */
    shown: `${url.origin}${root}`,
  };
}

/** The key for a header, if not empty. @throws UserError, without the key in it, if a header cannot contain it */
export function usableKey(given: string | undefined): string | undefined {
  const key = given?.trim();
  if (!key) return undefined;
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new UserError(
      'the API key has characters that are not allowed in an HTTP header',
      'remove line breaks, spaces and quotation marks from OPENAI_API_KEY',
    );
  }
  return key;
}
