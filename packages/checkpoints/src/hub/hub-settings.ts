import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { cacheFolder } from '@shadow-gate/platform/files';

export interface HubSettings {
  /** Address of the hub, without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | null;
  readonly cache: string;
  /** Longest time without a byte of an answer. */
  readonly stallMilliseconds: number;
  /** Time before the second attempt at a request; it doubles each time. */
  readonly retryMilliseconds: number;
}

const ENDPOINT = 'https://huggingface.co';

export function cacheOfHub({ endpoint, cache }: HubSettings): string {
  return join(cache, 'hub', new URL(endpoint).host.replaceAll(/[^\w.-]/g, '_'));
}

/** Settings of Hugging Face's own tools, and the cache. @throws UserError for an invalid endpoint or no cache */
export function hubSettings(env: NodeJS.ProcessEnv): HubSettings {
  const endpoint = (env.HF_ENDPOINT || ENDPOINT).replace(/\/+$/, '');
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new UserError(`HF_ENDPOINT is ${JSON.stringify(endpoint)}`, `give an address, such as ${ENDPOINT}`);
  }
  const token = env.HF_TOKEN?.trim() || null;
  const cache = cacheFolder(env);
  if (cache === null) {
    throw new UserError('SHADOW_GATE_CACHE is off, and downloads from a hub need a folder', 'set it to a folder');
  }
  return { endpoint, token, cache, stallMilliseconds: 60_000, retryMilliseconds: 500 };
}
