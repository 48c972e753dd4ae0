import { type ClientOptions, openClient } from '../../src/github/client/client.ts';
import type { FakeGithub } from './fake-github.ts';
import { FAST } from './fast.ts';

/** The action's client for a fake GitHub, without any waiting. */
export function fastClient(github: FakeGithub, options: ClientOptions = {}) {
  return openClient('t', { baseUrl: github.url, ...FAST, ...options });
}
