import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJunit } from '../cli/read-junit.ts';
import { repository, temporaryFolder } from '../fixtures.ts';
import { describeNeeds } from '../needs.ts';
import { builtDist } from './built-dist.ts';

/** Runs jobs of GitLab CI on this machine. The newest that runs on Node 20. */
const GITLAB_CI_LOCAL = 'gitlab-ci-local@4.71.0';

const succeeds = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;
const canRun =
  succeeds('rsync', '--version') && succeeds('curl', '--version') && succeeds('npm', 'view', GITLAB_CI_LOCAL);

const TOKEN = 'glpat-test';

/** One file of questions, of which ten show nothing. */
const QUESTIONS = readFileSync(repository('examples', 'probes.jsonl'), 'utf8');

let gate: string;
let origin: string;
beforeAll(async () => {
  gate = `${process.execPath} ${join(await builtDist(), 'cli.js')}`;
  origin = temporaryFolder();
  makeRepository(origin);
});

/** A checkout of a branch, as a runner makes it. */
function checkout(branch: string): string {
  const project = join(temporaryFolder(), 'project');
  execFileSync('git', ['clone', '--quiet', '--depth', '1', '--branch', branch, `file://${origin}`, project]);
  return project;
}

describe('the recipe for a shell', () => {
  it.each([
    ['good', {}, 0, 'pass'],
    ['bad', {}, 1, 'fail'],
    ['good', { POLICY: 'few.yml' }, 3, 'inconclusive'],
    ['good', { BASELINE: 'nowhere.json' }, 2, null],
  ] as const)('judges the branch %s with %j by what was merged: %i', async (branch, variables, code, verdict) => {
    const project = checkout(branch);
    const script = repository('examples', 'shell', 'gate.sh');
    const given = { SHADOW_GATE: gate, BASELINE: 'models/base', ...variables };
    const result = await run('sh', [script], project, given);
    expect(result.code, result.log).toBe(code);
    const file = join(project, 'shadow-gate', 'junit.xml');
    expect(existsSync(file) ? readJunit(readFileSync(file, 'utf8')).properties.verdict : null).toBe(verdict);
  });
});

describeNeeds(canRun, `rsync, curl and ${GITLAB_CI_LOCAL} from npm`)('the template for GitLab', () => {
  let tool: string;
  let api: NotesApi;

  beforeAll(async () => {
    tool = temporaryFolder();
    execFileSync('npm', ['install', '--prefix', tool, '--no-audit', '--no-fund', '--ignore-scripts', GITLAB_CI_LOCAL]);
    api = await NotesApi.start();
  }, 300_000);
  afterAll(() => api?.stop());

  async function runJob(branch: string, variables: Readonly<Record<string, string>> = {}) {
    const project = checkout(branch);
    const given = {
      CI_PIPELINE_SOURCE: 'merge_request_event',
      CI_MERGE_REQUEST_PROJECT_ID: '5',
      CI_MERGE_REQUEST_IID: '7',
      CI_API_V4_URL: api.url,
      CI_DEFAULT_BRANCH: 'main',
      SHADOW_GATE: gate,
      BASELINE: 'models/base',
      ...variables,
    };
    const options = Object.entries(given).flatMap(([name, value]) => ['--variable', `${name}=${value}`]);
    const command = join(tool, 'node_modules', '.bin', 'gitlab-ci-local');
    const { code, log } = await run(command, ['shadow-gate', '--force-shell-executor', ...options], project);
    const results = join(project, 'shadow-gate');
    const read = (name: string) => readFileSync(join(results, name), 'utf8');
    return { code, log, read, has: (name: string) => existsSync(join(results, name)) };
  }

  it('passes what is good, with all files', async () => {
    const { code, log, read } = await runJob('good');
    expect(code, log).toBe(0);
    expect(readJunit(read('junit.xml'))).toMatchObject({ failures: 0, errors: 0, properties: { verdict: 'pass' } });
    expect(read('report.html')).toContain('<!doctype html>');
    expect(api.notes).toEqual([]);
  });

  it('fails what is bad, although its branch has a policy, probes and a calibration that let it through', async () => {
    const { code, log, read } = await runJob('bad', { SHADOW_GATE_TOKEN: TOKEN });
    expect(code, log).not.toBe(0);
    expect(log).toMatch(/✘ fail: /);
    const { failures, properties } = readJunit(read('junit.xml'));
    expect({ failures, properties }).toMatchObject({ failures: 1, properties: { verdict: 'fail' } });
    expect(api.notes.map(({ id, body }) => ({ id, body }))).toEqual([{ id: 1, body: read('comment.md') }]);
  });

  it('keeps one note up to date, and leaves those of others', async () => {
    const [own] = api.notes;
    api.notes.unshift({ id: 90, author: { id: 2 }, body: own?.body ?? '' });
    const { log } = await runJob('good', { SHADOW_GATE_TOKEN: TOKEN });
    expect(
      api.notes.map(({ id }) => id),
      log,
    ).toEqual([90, 1]);
    expect(api.notes[1]?.body).toContain('pass');
    expect(api.notes[0]?.body).not.toContain('**pass**');
  });

  it('fails what cannot be judged, and a pipeline without a baseline', async () => {
    const few = await runJob('good', { POLICY: 'few.yml' });
    expect(few.code, few.log).not.toBe(0);
    expect(few.log).toMatch(/\? inconclusive: /);
    expect(readJunit(few.read('junit.xml')).errors).toBeGreaterThan(0);
    const without = await runJob('good', { BASELINE: 'nowhere.json' });
    expect(without.code).not.toBe(0);
    expect(without.has('junit.xml')).toBe(false);
  });

  it('lets no answer of a model begin a line with a quick action', async () => {
    api.notes.length = 0;
    const fake = join(temporaryFolder(), 'gate.sh');
    const lines = ['for junit; do :; done', 'results=$(dirname "$junit")', 'mkdir -p "$results"'];
    const answers = `printf '<!-- m -->\\n/merge\\nand /close\\n' > "$results/comment.md"`;
    writeFileSync(fake, [...lines, answers].join('\n'));
    await runJob('good', { SHADOW_GATE: `bash ${fake}`, SHADOW_GATE_TOKEN: TOKEN });
    expect(api.notes.map(({ body }) => body)).toEqual(['<!-- m -->\n&#47;merge\nand /close\n']);
  });
});

/** A repository with a base model on its default branch, and a branch for each candidate. */
function makeRepository(folder: string): void {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], { cwd: folder });
  const copy = (name: string, to: string) =>
    cpSync(repository('examples', name), join(folder, to), { recursive: true });
  const commit = (message: string) => {
    git('add', '--all');
    git('commit', '--quiet', '--message', message);
  };
  git('init', '--quiet', '--initial-branch', 'main');
  // A runner with a shell has no image, and gitlab-ci-local would take the paths of one.
  const template = readFileSync(repository('examples', 'gitlab', '.gitlab-ci.yml'), 'utf8');
  writeFileSync(join(folder, '.gitlab-ci.yml'), template.replace(/^ +image: .*\n/m, ''));
  copy('base', 'models/base');
  copy('shadow-gate.yml', 'shadow-gate.yml');
  copy('probes.jsonl', 'probes.jsonl');
  writeFileSync(join(folder, 'few.jsonl'), QUESTIONS.split('\n').slice(0, 30).join('\n'));
  writeFileSync(join(folder, 'few.yml'), 'probes: [few.jsonl]\n');
  commit('base');
  git('checkout', '--quiet', '-b', 'good');
  copy('coverage-expanding', 'models/candidate');
  commit('a good candidate');
  git('checkout', '--quiet', '-b', 'bad', 'main');
  copy('benchmark-aligned', 'models/candidate');
  writeFileSync(join(folder, 'shadow-gate.yml'), 'probes: [few.jsonl]\nshadow-delta: { level: info }\n');
  rmSync(join(folder, 'probes.jsonl'));
  mkdirSync(join(folder, '.shadow-gate'));
  writeFileSync(join(folder, '.shadow-gate', 'calibration.json'), '{}');
  copy('benchmark-aligned', 'models/base');
  // What the job writes is there already, green.
  mkdirSync(join(folder, 'shadow-gate'));
  writeFileSync(join(folder, 'shadow-gate', 'junit.xml'), '<testsuites/>');
  commit('a bad candidate that loosens its check');
  git('checkout', '--quiet', 'main');
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; log: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      command,
      args,
      { cwd, env: { ...process.env, ...env }, maxBuffer: 1e8 },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, log: stdout + stderr }),
    );
  });
}

interface Note {
  readonly id: number;
  readonly author: { readonly id: number };
  body: string;
}

/** The part of GitLab's API that the job uses: https://docs.gitlab.com/api/notes/#merge-requests. */
class NotesApi {
  readonly notes: Note[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<NotesApi> {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      const { status, body } = api.#answer(request.method ?? '', request.url ?? '', {
        token: request.headers['private-token'],
        text: form.get('body'),
      });
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    const api = new NotesApi(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api/v4`;
  }

  stop(): void {
    this.#server.close();
  }

  #answer(method: string, url: string, { token, text }: { token: unknown; text: string | null }) {
    const [path = ''] = url.replace('/api/v4', '').split('?');
    const notes = '/projects/5/merge_requests/7/notes';
    if (token !== TOKEN) return { status: 401, body: {} };
    if (path === '/user') return { status: 200, body: { id: 1 } };
    if (method === 'GET' && path === notes) return { status: 200, body: this.notes };
    if (text === null) return { status: 400, body: {} };
    if (method === 'POST' && path === notes) {
      this.notes.push({ id: this.notes.length + 1, author: { id: 1 }, body: text });
      return { status: 201, body: {} };
    }
    const note = this.notes.find(({ id }) => method === 'PUT' && path === `${notes}/${id}`);
    if (note === undefined) return { status: 404, body: {} };
    note.body = text;
    return { status: 200, body: {} };
  }
}
