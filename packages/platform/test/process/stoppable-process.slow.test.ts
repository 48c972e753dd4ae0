import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { StoppableProcess } from '@shadow-gate/platform/process';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { repository, temporaryFolder } from '../../../../test/fixtures.ts';
import { bundleScript, withSources } from '../../../../test/run-script.ts';
import type { ProcessOptions } from '../../src/process/stoppable-process.ts';

/**
 * The real bridge, which also wakes the caller a thousand times a second, as the notification of the answer before does
 * under load.
 */
const RESTLESS = `
  import { workerData } from 'node:worker_threads';
  import '#platform/process/process-bridge.ts';
  const flag = new Int32Array(workerData.shared);
  setInterval(() => Atomics.notify(flag, 0), 1);
`;
/** Answers after as many milliseconds as it is asked for. */
const SLOW = `
  import { serveProcess } from '#platform/process/serve-process.ts';
  const never = new Int32Array(new SharedArrayBuffer(4));
  serveProcess(() => ({
    loaded: process.pid,
    answer({ name, milliseconds }) {
      Atomics.wait(never, 0, 0, milliseconds);
      return name;
    },
  }));
`;

let entries: Pick<ProcessOptions, 'bridge' | 'entry'>;
beforeAll(async () => {
  const outdir = temporaryFolder();
  const bundled = async (name: string, script: string) => {
    const outfile = join(outdir, name);
    const stdin = { contents: withSources(script), resolveDir: repository(), loader: 'ts' as const };
    await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile });
    return pathToFileURL(outfile);
  };
  entries = { bridge: await bundled('bridge.mjs', RESTLESS), entry: await bundled('slow.mjs', SLOW) };
});

/** Starts a process, and asks it for what takes ten minutes. */
const CALLER = `
  import { StoppableProcess } from '#platform/process/stoppable-process.ts';
  const [, , bridge, entry] = process.argv;
  const options = { bridge: new URL(bridge), entry: new URL(entry), heapMiB: 64, milliseconds: 60_000 };
  const { process: server, loaded } = await StoppableProcess.start({}, options);
  process.stdout.write(String(loaded));
  server.ask({ name: 'never', milliseconds: 600_000 }, 600_000);
`;

interface Request {
  readonly name: string;
  readonly milliseconds: number;
}

const start = () =>
  StoppableProcess.start<Request, string, number>({}, { ...entries, heapMiB: 64, milliseconds: 60_000 });

describe('a process that can be stopped', () => {
  it('is waited for until it answers, however often the caller is woken before', async () => {
    const { process: server, loaded } = await start();
    try {
      expect(loaded).not.toBe(process.pid);
      for (const [index, milliseconds] of [100, 0, 200, 0, 0, 100].entries()) {
        const name = `question ${index}`;
        expect(server.ask({ name, milliseconds }, 30_000)).toBe(name);
      }
    } finally {
      await server.stop();
    }
  });

  it('is stopped at its deadline, and not before it', async () => {
    const { process: server } = await start();
    const begin = performance.now();
    const late = expect.objectContaining({ reason: 'deadline' });
    expect(() => server.ask({ name: 'never', milliseconds: 600_000 }, 500)).toThrow(late);
    expect(performance.now() - begin).toBeGreaterThan(500);
    expect(() => server.ask({ name: 'again', milliseconds: 0 }, 500)).toThrow(late);
    await server.stop();
  });

  it('ends when the process that asks is killed, also while it is busy', async () => {
    const caller = await bundleScript(CALLER);
    const child = spawn(process.execPath, [caller, entries.bridge.href, entries.entry.href]);
    const [data] = (await once(child.stdout, 'data')) as [Buffer];
    const pid = Number(data.toString());
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), { timeout: 20_000 });
  });
});
