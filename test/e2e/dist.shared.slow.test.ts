import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { fixture } from '../fixtures.ts';
import { buildInto, builtDist } from './built-dist.ts';
import { writeTinyCheckpoint } from './tiny-checkpoint.ts';

const run = promisify(execFile);
const BUILD = fileURLToPath(new URL('../../scripts/build.ts', import.meta.url));

let dist: string;
let folder: string;
beforeAll(async () => {
  dist = await builtDist();
  folder = await mkdtemp(join(tmpdir(), 'shadow-gate-dist-test-'));
  await writeTinyCheckpoint(join(folder, 'model'));
});
afterAll(() => rm(folder, { recursive: true }));

async function contents(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile())
      found[path.slice(root.length + 1)] = createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
  }
  return found;
}

it('the same sources give the same bytes, and nothing of an earlier build stays', async () => {
  const again = join(folder, 'again', 'dist');
  await mkdir(again, { recursive: true });
  await writeFile(join(again, 'stale.js'), '');
  await buildInto(again);
  expect(await contents(again)).toEqual(await contents(dist));
  expect(await readdir(dirname(again))).toEqual(['dist']);
});

it('dist contains no path of the machine that built it', async () => {
  const repository = dirname(dirname(BUILD));
  for (const name of await readdir(dist)) {
    if (!/\.(js|json|txt)$/.test(name)) continue;
    expect(await readFile(join(dist, name), 'utf8'), name).not.toContain(repository);
  }
});

it('the command line is executable and knows its version', async () => {
  const { mode } = await stat(join(dist, 'cli.js'));
  expect(mode & 0o111).toBe(0o111);
  const { stdout } = await run(join(dist, 'cli.js'), ['--version'], { env: { PATH: dirname(process.execPath) } });
  expect(stdout.trim()).toBe(packageJson.version);
});

it('licenses.txt has the license of every package in the bundle', async () => {
  const text = await readFile(join(dist, 'licenses.txt'), 'utf8');
  for (const name of ['@actions/core', '@octokit/core', 'onnxruntime-node', 'zod', 'commander']) {
    expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
  }
});

it.each([
  ['darwin', 'this copy of Shadow Gate carries onnxruntime for linux-x64, and this is darwin-x64'],
  ['linux', 'onnxruntime could not be loaded (on Linux it needs glibc 2.28 or later)'],
])('without onnxruntime for %s, help works, and measuring explains what is missing', async (platform, message) => {
  const bare = await mkdtemp(join(folder, 'bare-'));
  for (const name of await readdir(dist)) {
    if (name !== 'ort') await copyFile(join(dist, name), join(bare, name));
  }
  const disguise = `data:text/javascript,Object.defineProperty(process,'platform',{value:'${platform}'});Object.defineProperty(process,'arch',{value:'x64'})`;
  const cli = (...args: string[]) => run(process.execPath, ['--import', disguise, join(bare, 'cli.js'), ...args]);
  expect((await cli('--help')).stdout).toContain('Usage');
  const failure = await cli('check', '--checkpoint', join(folder, 'model')).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  expect(failure).toMatchObject({ stderr: expect.stringMatching(/^[^\n]*\n$/) });
});

it.each(['process-bridge.js', 'tokenizer-process.js'])(
  'without %s, no tokenizer runs where it cannot be stopped',
  async (missing) => {
    const bare = await mkdtemp(join(folder, 'bare-'));
    for (const name of await readdir(dist)) {
      if (name !== 'ort' && name !== missing) await copyFile(join(dist, name), join(bare, name));
    }
    const requests = join(folder, 'requests.jsonl');
    await writeFile(requests, '{"id": 1, "context": "a", "continuation": "b"}\n');
    const model = fixture('tokenizers', 'llama3');
    const args = ['--endpoint', 'http://127.0.0.1:9', '--model', 'm', '--tokenizer', model, '--requests', requests];
    const failure = await run(process.execPath, [
      join(bare, 'cli.js'),
      'score',
      ...args,
      '--output',
      join(folder, 'answers.jsonl'),
    ]).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${missing} is missing, without which a tokenizer cannot be run safely`),
    });
    expect(failure).toMatchObject({ stderr: expect.stringMatching(/^[^\n]*\n$/) });
  },
);
