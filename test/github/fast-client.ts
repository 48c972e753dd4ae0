import { type ClientOptions, openClient } from '../../src/github/client/client.ts';
import type { FakeGithub } from './fake-github.ts';

type Queue = NonNullable<NonNullable<ClientOptions['queues']>['write']>;

/** Lets everything through; of a Bottleneck.Group, what the throttling plugin uses. */
const open = { key: () => ({ schedule: (_: object, work: (...given: unknown[]) => unknown) => work() }) };
const queue = open as unknown as Queue;

/** The action's client for a fake GitHub, that does not wait. */
export function fastClient(github: FakeGithub, options: ClientOptions = {}) {
  return openClient('t', {
    baseUrl: github.url,
    second: 1,
    queues: { write: queue, notifications: queue },
    ...options,
  });
}
