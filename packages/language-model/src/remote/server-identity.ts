import { UserError } from '@shadow-gate/platform';
import { validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { contextLength, untrusted } from './completions-api.ts';
import { type RemoteServer, ServerRefusal } from './remote-server.ts';

/** A server's statements about itself and a model. */
export interface ServerIdentity {
  /** The address, without what can be secret. */
  readonly address: string;
  readonly model: string;
  /** Source of the server's weights; null if unknown. */
  readonly root: string | null;
  /** The base model of an adapter, else null. */
  readonly parent: string | null;
  /** In tokens, generated ones included; null if unknown. */
  readonly contextLength: number | null;
  /** Version of the engine; null if unknown. */
  readonly version: string | null;
}

const modelsSchema = z.object({
  data: z.array(z.object({ id: z.string(), root: z.string().nullish(), parent: z.string().nullish() })),
});
const versionSchema = z.object({ version: z.string() });

/** Ask a server what it is. @throws UserError if it cannot be reached */
export async function identifyServer(
  server: RemoteServer,
  model: string,
  signal: AbortSignal = new AbortController().signal,
) {
  // Not every server lists its models, and a proxy can refuse to: a wrong key is refused again later.
  const models = await ask(server, 'models', ServerRefusal, signal);
  const listed = validate(modelsSchema, models);
  const all = listed.success ? listed.data.data : [];
  const own = all.find(({ id }) => id === model);
  // vLLM's own endpoint, outside the API: a proxy in front of a server can refuse it in any way.
  const stated = await ask(server, 'version', UserError, signal);
  const version = validate(versionSchema, stated);
  const identity: ServerIdentity = {
    address: server.shown,
    model,
    root: own?.root ?? null,
    parent: own?.parent ?? null,
    contextLength: contextLength(models, model),
    version: version.success ? version.data.version : null,
  };
  return {
    identity,
    /** Does it list an adapter in addition to its base model? */
    hasAdapters: all.some(({ parent }) => (parent ?? null) !== null),
    /** The names of its models; empty if it does not list them. */
    models: all.map(({ id }) => id),
  };
}

/** @returns null for an error that is expected */
async function ask(
  server: RemoteServer,
  name: string,
  expected: typeof ServerRefusal | typeof UserError,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    return await server.request(name, null, signal);
  } catch (error) {
    if (error instanceof expected) return null;
    throw error;
  }
}

/** @throws UserError that names what changed */
export function expectSameIdentity(now: ServerIdentity, before: ServerIdentity): void {
  const keys = Object.keys(before) as (keyof ServerIdentity)[];
  const changed = keys.find((key) => now[key] !== before[key]);
  if (changed === undefined) return;
  const shown = (value: string | number | null) => JSON.stringify(value)?.slice(0, 100);
  throw untrusted(
    `the server at ${before.address} changed during the run: its ${CALLED[changed]} was ${shown(before[changed])}, and is ${shown(now[changed])}`,
    'run again while nothing changes the server',
  );
}

const CALLED: Readonly<Record<keyof ServerIdentity, string>> = {
  address: 'address',
  model: 'model',
  root: 'root of the model',
  parent: 'base model',
  contextLength: 'context length',
  version: 'version',
};
