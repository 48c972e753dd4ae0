import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeGithub } from '../github/fake-github.ts';
import { cacheArchive, cacheVersion } from './results/cache-archive.ts';
import type { WorkflowRun } from './results/run-token.ts';
import { ResultsService } from './results-service.ts';
import { type ToolkitCall, toolkit } from './toolkit.ts';

const MAIN: WorkflowRun = { runId: 1, ref: 'refs/heads/main' };
const PULL: WorkflowRun = { runId: 2, ref: 'refs/pull/7/merge' };
const OTHER: WorkflowRun = { runId: 3, ref: 'refs/pull/8/merge' };
const PATHS = ['.shadow-gate/baseline.json'];
const FILE = '.shadow-gate/baseline.json';

let service: ResultsService;
let workspace: string;

/** One for all tests: @actions/github reads its address once, when it is imported. */
const github = new FakeGithub();
beforeAll(() => github.start());
afterAll(() => github.stop());

beforeEach(async () => {
  service = await new ResultsService().start();
  workspace = await mkdtemp(join(tmpdir(), 'shadow-gate-results-'));
});
afterEach(async () => {
  await service.stop();
  await rm(workspace, { recursive: true, force: true });
});

const environmentOf = (run: WorkflowRun) => ({ ...service.environment(run), GITHUB_API_URL: github.url });

async function step(run: WorkflowRun, ...calls: ToolkitCall[]) {
  const { results, log } = await toolkit(workspace, environmentOf(run), ...calls);
  return { results, values: results.map(({ value }) => value), log };
}

async function write(text: string, path = FILE): Promise<void> {
  await mkdir(dirname(join(workspace, path)), { recursive: true });
  await writeFile(join(workspace, path), text);
}

const read = (path = FILE) => readFile(join(workspace, path), 'utf8');
const save = (key: string): ToolkitCall => ['saveCache', PATHS, key];
const restore = (key: string, ...others: string[]): ToolkitCall => ['restoreCache', PATHS, key, others];

describe('the cache of the fake results service', () => {
  it('an entry is restored by its key, or as the newest whose key begins with another', async () => {
    await write('one');
    expect((await step(MAIN, save('base-1'))).values).toEqual([1]);
    await write('two');
    expect((await step(MAIN, save('base-2'))).values).toEqual([2]);
    await write('gone');
    expect((await step(MAIN, restore('base-1'))).values).toEqual(['base-1']);
    expect(await read()).toBe('one');
    expect((await step(MAIN, restore('nothing', 'base-'))).values).toEqual(['base-2']);
    expect(await read()).toBe('two');
    expect((await step(MAIN, restore('nothing'), ['restoreCache', ['other'], 'base-1'])).values).toEqual([null, null]);
  });

  it('entries of a pull request are visible to it only; it sees those of main last', async () => {
    await write('main');
    await step(MAIN, save('base'));
    await write('pull');
    expect((await step(PULL, restore('base'))).values).toEqual(['base']);
    expect(await read()).toBe('main');
    await write('pull');
    await step(PULL, save('base'));
    for (const [run, text] of [
      [MAIN, 'main'],
      [OTHER, 'main'],
      [PULL, 'pull'],
    ] as const) {
      await write('gone');
      expect((await step(run, restore('base'))).values).toEqual(['base']);
      expect(await read()).toBe(text);
    }
    expect(service.cache.find('base').map(({ ref }) => ref)).toEqual(['refs/pull/7/merge', 'refs/heads/main']);
  });

  it('an entry never changes, and a run that may not write saves none; both are only logged', async () => {
    await write('one');
    const { values, log } = await step(MAIN, save('base'), save('base'));
    expect(values).toEqual([1, -1]);
    expect(log).toContain('another job may be creating this cache');
    const refused = await step({ ...PULL, mayWrite: false }, save('other'), restore('base'));
    expect(refused.values).toEqual([-1, 'base']);
    expect(refused.log).toContain('cache write denied: token has no writable scopes');
    expect(service.cache.all).toHaveLength(1);
  });

  it('a test can forge an entry with an archive like that of the toolkit', async () => {
    const version = await cacheVersion(PATHS);
    const bytes = await cacheArchive({ [FILE]: 'poison', '../outside': 'escaped' });
    service.cache.put({ ref: 'refs/heads/main', key: 'base', version, bytes });
    await mkdir(join(workspace, 'checkout'));
    const checkout = join(workspace, 'checkout');
    const { results } = await toolkit(checkout, environmentOf(PULL), restore('base'));
    expect(results).toEqual([{ value: 'base' }]);
    expect(await read(`checkout/${FILE}`)).toBe('poison');
    expect(await read('outside')).toBe('escaped');
    const [entry] = service.cache.find('base');
    if (entry) service.cache.poison(entry, Buffer.from('no archive'));
    expect((await step(PULL, restore('base'))).log).toContain('::warning::Failed to restore:');
  });

  it('a test can make the cache fail, and the toolkit goes on', async () => {
    await write('one');
    service.faults.push({ request: /CreateCacheEntry/, status: 403 }, { request: /GetCacheEntry/, status: 'reset' });
    const { values, log } = await step(MAIN, save('base'), restore('base'));
    expect(values).toEqual([-1, null]);
    expect(log).toContain('::warning::Failed to restore: Failed to GetCacheEntryDownloadURL');
  });
});

describe('artifacts of the fake results service', () => {
  const upload = (name: string): ToolkitCall => ['uploadArtifact', name, [join(workspace, FILE)], workspace];

  it('artifacts are listed, downloaded and deleted by their run only', async () => {
    await write('one');
    const { values } = await step(MAIN, upload('measurement'), ['getArtifact', 'measurement']);
    expect(values[0]).toMatchObject({
      id: 1,
      size: expect.any(Number),
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const [stored] = service.artifacts.all;
    const digest = `sha256:${(values[0] as { digest: string }).digest}`;
    expect(stored).toMatchObject({ runId: '1', name: 'measurement', digest, complete: true });
    expect(values[1]).toMatchObject({ artifact: { id: 1, name: 'measurement', digest } });

    const { results } = await step(PULL, ['listArtifacts'], ['downloadArtifact', 1]);
    expect(results).toEqual([
      { value: { artifacts: [] } },
      { error: expect.stringContaining('ArtifactNotFoundError') },
    ]);

    const path = join(workspace, 'downloaded');
    const got = await step(MAIN, ['downloadArtifact', 1, { path, expectedHash: digest }]);
    expect(got.values).toEqual([{ downloadPath: path, digestMismatch: false }]);
    expect(await read(`downloaded/${FILE}`)).toBe('one');
    expect((await step(MAIN, ['deleteArtifact', 'measurement'], ['listArtifacts'])).values).toEqual([
      { id: 1 },
      { artifacts: [] },
    ]);
  });

  it('an artifact of another run is downloaded with a token for the repository', async () => {
    github.results = service;
    github.runs.push({ id: 1, event: 'push', conclusion: 'success', head_branch: 'main' });
    await write('one');
    await step(MAIN, upload('measurement'));
    const findBy = { token: 't', workflowRunId: 1, repositoryOwner: 'o', repositoryName: 'r' };
    const path = join(workspace, 'downloaded');
    const { results } = await step(
      PULL,
      ['getArtifact', 'measurement', { findBy }],
      ['downloadArtifact', 1, { findBy, path }],
    );
    expect(results).toMatchObject([{ value: { artifact: { id: 1 } } }, { value: { digestMismatch: false } }]);
    expect(await read(`downloaded/${FILE}`)).toBe('one');
    expect(github.invalid).toEqual([]);
  });

  it('two artifacts of a run cannot have the same name', async () => {
    await write('one');
    const { results } = await step(MAIN, upload('measurement'), upload('measurement'));
    expect(results[1]?.error).toMatch(
      /\(409\) Conflict: an artifact with this name already exists on the workflow run/,
    );
    expect((await step(PULL, upload('measurement'))).values).toEqual([expect.objectContaining({ id: 2 })]);
  });

  it('large artifacts are stored in blocks, read in ranges, and need a signature', async () => {
    // More than one block of 8 MiB, and nothing that a zip makes smaller.
    await writeFile(join(workspace, 'large'), randomBytes(9 * 2 ** 20));
    const large = ['uploadArtifact', 'large', [join(workspace, 'large')], workspace] as const;
    expect((await step(MAIN, large)).results[0]?.error).toBeUndefined();
    const [artifact] = service.artifacts.all;
    if (!artifact) throw new Error('nothing was uploaded');
    const bytes = service.artifacts.bytesOf(artifact);
    expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(artifact.digest);

    const url = service.artifacts.signedUrl(artifact, service.url);
    const head = await fetch(url, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(bytes.length));
    const part = await fetch(url, { headers: { range: 'bytes=10-19' } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 10-19/${bytes.length}`);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(10, 20));
    expect((await fetch(url.replace(/sig=.*/, 'sig=forged'))).status).toBe(403);
  });

  it('a test can add an artifact of another run', async () => {
    service.artifacts.put({ runId: 1, name: 'measurement', bytes: Buffer.from('no zip') });
    const [artifact] = (await step(MAIN, ['listArtifacts'])).values;
    expect(artifact).toMatchObject({ artifacts: [{ id: 1, name: 'measurement', size: 6 }] });
  });

  it('a test can make an upload fail', async () => {
    await write('one');
    service.faults.push({ request: /CreateArtifact/, status: 403, message: 'forbidden' });
    expect((await step(MAIN, upload('measurement'))).results[0]?.error).toMatch(/\(403\) Forbidden: forbidden/);
    expect(service.artifacts.all).toEqual([]);
  });
});
