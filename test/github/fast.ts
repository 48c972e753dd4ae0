import type { ClientOptions } from '../../src/github/client/client.ts';

type Queue = NonNullable<NonNullable<ClientOptions['queues']>['write']>;

/** Lets everything through. It has what the throttling plugin uses of a Bottleneck.Group. */
const open = { key: () => ({ schedule: (_: object, work: (...given: unknown[]) => unknown) => work() }) };
const queue = open as unknown as Queue;

/** For a client that does not wait: a second of waiting is a millisecond, and there are no queues. */
export const FAST: ClientOptions = { second: 1, queues: { write: queue, notifications: queue } };
