import { afterAll, beforeEach } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { type FakeHub, startFakeHub } from './fake-hub.ts';

/**
 * A hub for all tests of a file, which the environment names: each begins with an empty cache, and without faults and
 * tokens.
 */
export async function useFakeHub(): Promise<FakeHub> {
  const environment = { ...process.env };
  const hub = await startFakeHub();
  afterAll(async () => {
    process.env = environment;
    await hub.close();
  });
  beforeEach(() => {
    hub.faults = {};
    hub.token = null;
    hub.seen.length = 0;
    process.env.HF_ENDPOINT = hub.endpoint;
    process.env.SHADOW_GATE_CACHE = temporaryFolder();
    delete process.env.HF_TOKEN;
  });
  return hub;
}
