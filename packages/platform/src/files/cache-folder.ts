import os from 'node:os';
import { join, resolve } from 'node:path';

/** SHADOW_GATE_CACHE, or `shadow-gate` in the user's cache (XDG Base Directory Specification); null if `off`. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string | null {
  const { SHADOW_GATE_CACHE: own, XDG_CACHE_HOME: shared } = environment;
  if (own === 'off') return null;
  if (own !== undefined && own !== '') return resolve(own);
  return join(shared !== undefined && shared !== '' ? shared : join(os.homedir(), '.cache'), 'shadow-gate');
}
