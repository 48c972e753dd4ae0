import { cacheFolder } from '../platform/cache-folder.ts';
import { UserError } from '../platform/user-error.ts';

export interface HubSettings {
  /** Address of the hub, without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | null;
  /** Folder of everything that was downloaded. */
  readonly cache: string;
}

const ENDPOINT = 'https://huggingface.co';

/**
 * The hub's own variables, and where to keep what comes from it.
 * @throws UserError for an endpoint that is no address, and where nothing may be kept
 */
export function hubSettings(env: NodeJS.ProcessEnv): HubSettings {
  const endpoint = (env.HF_ENDPOINT || ENDPOINT).replace(/\/+$/, '');
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new UserError(`HF_ENDPOINT is ${JSON.stringify(endpoint)}`, `give an address, such as ${ENDPOINT}`);
  }
  const token = env.HF_TOKEN?.trim() || null;
  const cache = cacheFolder(env);
  if (cache === null) {
    throw new UserError('SHADOW_GATE_CACHE is off, and what comes from a hub needs a place', 'name a folder there');
  }
  return { endpoint, token, cache };
}
