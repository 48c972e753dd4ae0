import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { UserError } from '../user-error.ts';

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
 * @throws UserError for an endpoint that is no address
 */
export function hubSettings(env: NodeJS.ProcessEnv): HubSettings {
  const endpoint = (env.HF_ENDPOINT || ENDPOINT).replace(/\/+$/, '');
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new UserError(`HF_ENDPOINT is ${JSON.stringify(endpoint)}`, `give an address, such as ${ENDPOINT}`);
  }
  const token = env.HF_TOKEN?.trim() || null;
  const cache = env.SHADOW_GATE_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'shadow-gate');
  return { endpoint, token, cache: resolve(cache) };
}
