import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Octokit } from '../../src/github/client/types.ts';
import { ResultsService } from '../e2e/results-service.ts';
import { toolkit } from '../e2e/toolkit.ts';
import { BASE_SHA } from './fake/repository.ts';
import { FakeGithub } from './fake-github.ts';
import { fastClient } from './fast-client.ts';

const O_R = { owner: 'o', repo: 'r' };
const PATH = '.shadow-gate/baseline.json';
const BRANCH = 'shadow-gate/baseline';

let github: FakeGithub;
let rest: Octokit['rest'];

beforeEach(async () => {
  github = await new FakeGithub().start();
  ({ rest } = fastClient(github));
});
afterEach(async () => {
  await github.stop();
  expect(github.invalid).toEqual([]);
});

const status = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: { status: number; message: string }) => `${error.status} ${error.message}`,
  );

/** Commit one file on top of a commit. */
async function commit(text: string, parent: string): Promise<string> {
  const { data: base } = await rest.git.getCommit({ ...O_R, commit_sha: parent });
  const { data: blob } = await rest.git.createBlob({ ...O_R, content: text, encoding: 'utf-8' });
  const entry = { path: PATH, mode: '100644', type: 'blob', sha: blob.sha } as const;
  const { data: tree } = await rest.git.createTree({ ...O_R, base_tree: base.tree.sha, tree: [entry] });
  const made = await rest.git.createCommit({ ...O_R, message: 'Approve', tree: tree.sha, parents: [parent] });
  return made.data.sha;
}

async function textOf(ref: string, path = PATH): Promise<unknown> {
  return (await rest.repos.getContent({ ...O_R, path, ref, mediaType: { format: 'raw' } })).data;
}

describe('pull requests of the fake GitHub', () => {
  const pull = { ...O_R, title: 'Approve', head: BRANCH, base: 'main' };

  it('a pull request with one file keeps all other files, and follows its branch', async () => {
    github.files.set(`${BASE_SHA}:README.md`, 'read me').set(`${BASE_SHA}:${PATH}`, 'old');
    const { data: repository } = await rest.repos.get(O_R);
    expect(repository.default_branch).toBe('main');
    const { data: main } = await rest.git.getRef({ ...O_R, ref: `heads/${repository.default_branch}` });
    const first = await commit('new', main.object.sha);
    await rest.git.createRef({ ...O_R, ref: `refs/heads/${BRANCH}`, sha: first });
    expect(await textOf(BRANCH)).toBe('new');
    expect(await textOf(BRANCH, 'README.md')).toBe('read me');
    expect(await textOf('main')).toBe('old');

    const opened = await rest.pulls.create({ ...pull, body: 'why' });
    expect(opened.data.html_url).toBe(github.pulls[0]?.html_url);
    expect(await status(rest.pulls.create(pull))).toMatch(/^422 .*already exists for o:shadow-gate\/baseline/);

    const second = await commit('newer', first);
    await rest.git.updateRef({ ...O_R, ref: `heads/${BRANCH}`, sha: second });
    const { data: found } = await rest.pulls.list({ ...O_R, head: `o:${BRANCH}`, base: 'main', state: 'open' });
    expect(found).toMatchObject([{ number: opened.data.number, title: 'Approve', head: { sha: second } }]);
    await rest.pulls.update({ ...O_R, pull_number: opened.data.number, state: 'closed' });
    expect((await rest.pulls.list({ ...O_R, head: `o:${BRANCH}` })).data).toEqual([]);
  });

  it('a pull request is refused if its branch does not exist, has moved on, or has one already', async () => {
    expect(await status(rest.git.getRef({ ...O_R, ref: `heads/${BRANCH}` }))).toMatch(/^404/);
    expect(await status(rest.pulls.create(pull))).toMatch(/^422/);
    const [one, two] = [await commit('one', BASE_SHA), await commit('two', BASE_SHA)];
    const branch = { ...O_R, ref: `refs/heads/${BRANCH}`, sha: one };
    await rest.git.createRef(branch);
    expect(await status(rest.git.createRef(branch))).toMatch(/^422 Reference already exists/);
    const move = { ...O_R, ref: `heads/${BRANCH}`, sha: two };
    expect(await status(rest.git.updateRef(move))).toMatch(/^422 Update is not a fast forward/);
    expect(await status(rest.git.updateRef({ ...move, force: true }))).toBe('done');
  });

  it('a pull request needs a setting of the repository, and a token that may write', async () => {
    await rest.git.createRef({ ...O_R, ref: `refs/heads/${BRANCH}`, sha: await commit('new', BASE_SHA) });
    github.mayOpenPullRequests = false;
    expect(await status(rest.pulls.create(pull))).toMatch(/^403 GitHub Actions is not permitted to create/);
    github.canWrite = false;
    const comment = rest.issues.createComment({ ...O_R, issue_number: 7, body: 'hello' });
    expect(await status(comment)).toMatch(/^403 Resource not accessible by integration/);
    expect(github.comments).toEqual([]);
    expect(github.pulls).toEqual([]);
  });
});

describe('artifacts and caches of the fake GitHub', () => {
  let results: ResultsService;
  let workspace: string;

  beforeEach(async () => {
    results = await new ResultsService().start();
    github.results = results;
    workspace = await mkdtemp(join(tmpdir(), 'shadow-gate-left-'));
    await writeFile(join(workspace, 'file'), 'text');
  });
  afterEach(async () => {
    await results.stop();
    await rm(workspace, { recursive: true, force: true });
  });

  async function upload(runId: number, ...names: string[]): Promise<void> {
    const environment = results.environment({ runId, ref: 'refs/heads/main' });
    const file = join(workspace, 'file');
    await toolkit(workspace, environment, ...names.map((name) => ['uploadArtifact', name, [file], workspace] as const));
  }

  it('artifacts are found by name in all runs, newest first, with their run', async () => {
    github.runs.push({ id: 11, event: 'push', conclusion: 'success', head_branch: 'main' });
    const stranger = { event: 'pull_request', conclusion: 'failure', head_branch: 'main', head_repository: { id: 2 } };
    github.runs.push({ id: 12, ...stranger });
    await upload(11, 'measurement', 'report');
    await upload(12, 'measurement');

    const { data } = await rest.actions.listArtifactsForRepo({ ...O_R, name: 'measurement', per_page: 1 });
    expect(data.total_count).toBe(2);
    expect(data.artifacts).toMatchObject([
      { name: 'measurement', expired: false, workflow_run: { id: 12, head_branch: 'main', head_repository_id: 2 } },
    ]);
    const ofRun = await rest.actions.listWorkflowRunArtifacts({ ...O_R, run_id: 11, name: 'measurement' });
    expect(ofRun.data.artifacts.map(({ workflow_run }) => workflow_run?.id)).toEqual([11]);
    const run = await rest.actions.getWorkflowRun({ ...O_R, run_id: 12 });
    expect(run.data).toMatchObject({ event: 'pull_request', conclusion: 'failure', head_repository: { id: 2 } });

    const id = ofRun.data.artifacts[0]?.id ?? 0;
    const zip = { ...O_R, artifact_id: id, archive_format: 'zip' };
    const downloaded = await rest.actions.downloadArtifact(zip);
    const [stored] = results.artifacts.all;
    expect(Buffer.from(downloaded.data as ArrayBuffer)).toEqual(stored && results.artifacts.bytesOf(stored));
    if (stored) stored.expired = true;
    expect(await status(rest.actions.downloadArtifact(zip))).toMatch(/^410/);
  });

  it('caches are listed by the prefix of a key and by ref', async () => {
    for (const [ref, key] of [
      ['refs/heads/main', 'base-1'],
      ['refs/pull/7/merge', 'base-1'],
      ['refs/heads/main', 'other'],
    ] as const) {
      results.cache.put({ ref, key, version: 'v', bytes: Buffer.from(key) });
    }
    const list = async (more: object) => (await rest.actions.getActionsCacheList({ ...O_R, ...more })).data;
    expect(await list({ key: 'base' })).toMatchObject({
      total_count: 2,
      actions_caches: [{ ref: 'refs/pull/7/merge', size_in_bytes: 6 }, { ref: 'refs/heads/main' }],
    });
    expect((await list({ key: 'base', ref: 'refs/heads/main' })).total_count).toBe(1);
  });
});

describe('what GitHub does not allow', () => {
  it.each([
    ['POST', 'issues', { title: 'a', labels: 'b' }, /^POST .*: body\/labels must be array$/],
    ['POST', 'issues', undefined, /body is missing/],
    ['PATCH', 'issues/100', { state: 'shut' }, /body\/state must be equal to one of the allowed values/],
    ['POST', 'issues/7/comments', { body: 'a', text: 'b' }, /must NOT have additional properties \(text\)/],
    ['GET', 'pulls?state=shut&nonsense=red', undefined, /query must .* \(nonsense\), query\/state must be equal/],
    ['GET', 'issues/seven/comments', undefined, /path\/issue_number must be integer/],
    ['GET', 'stargazers', undefined, /no such path/],
    ['POST', 'issues/8/comments', { body: 'a' }, /does not know/],
  ])('%s %s %j is refused and noted', async (method, path, body, mistake) => {
    const init = { method, headers: { authorization: 'token t' } };
    const url = `${github.url}/repos/o/r/${path}`;
    const answer = await fetch(url, { ...init, ...(body ? { body: JSON.stringify(body) } : {}) });
    expect([404, 422]).toContain(answer.status);
    expect(github.invalid).toEqual([expect.stringMatching(mistake)]);
    github.invalid.length = 0;
  });
});
