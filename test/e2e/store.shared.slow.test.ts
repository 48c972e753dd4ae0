import { execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { repository, temporaryFolder } from '../fixtures.ts';
import { builtDist } from './built-dist.ts';

let dist: string;
beforeAll(async () => {
  dist = await builtDist();
});

const run = promisify(execFile);
const MEASURE = ['measure', '--checkpoint', repository('examples', 'base'), '--only', 'spectra', '--device', 'cpu'];

it('killed at any moment, the spectrum cache holds only whole entries, and the next run continues from there', async () => {
  const folder = temporaryFolder();
  const cache = join(folder, 'cache');
  const out = join(folder, 'measurement.json');
  const args = [join(dist, 'cli.js'), ...MEASURE, '--out', out];
  const env = { ...process.env, SHADOW_GATE_CACHE: cache };
  const measure = async (...more: string[]) => (await run(process.execPath, [...args, ...more], { env })).stdout;
  const result = () => ({ ...JSON.parse(readFileSync(out, 'utf8')), run: null });
  const entries = () => {
    try {
      return readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
    } catch {
      return [];
    }
  };
  for (const enough of [1, 4, 9]) {
    const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('close', resolve));
    let done = false;
    void ended.then(() => {
      done = true;
    });
    while (!done && entries().length < enough) await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill('SIGKILL');
    await ended;
    for (const name of entries()) expect(() => JSON.parse(readFileSync(join(cache, name), 'utf8')), name).not.toThrow();
  }
  expect(entries().length).toBeGreaterThanOrEqual(9);
  const stdout = await measure();
  expect(Number(/\((\d+) from cache\)/.exec(stdout)?.[1])).toBeGreaterThanOrEqual(9);
  const resumed = result();
  await measure('--no-store');
  expect(resumed).toEqual(result());
});
