import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { repository, temporaryFolder } from '../../fixtures.ts';
import { REPOSITORY_ID } from '../../github/fake/repository.ts';
import { FakeGithub } from '../../github/fake-github.ts';
import { type WorkflowRun, writeToken } from '../results/run-token.ts';
import { ResultsService } from '../results-service.ts';
import { refOf } from '../run-action.ts';
import { localActions } from './actions.ts';
import { type ActRun, HAS_ACT, runAct } from './run-act.ts';

/** What act cannot find out by itself, as GitHub's events have it. */
export const REPOSITORY = {
  id: REPOSITORY_ID,
  name: 'r',
  full_name: 'o/r',
  owner: { login: 'o' },
  default_branch: 'main',
};

/** The host, in place of a container with GitHub's image. */
const HOST = '-self-hosted';

interface Options {
  /** Payload of the event, without its repository. */
  readonly payload?: Readonly<Record<string, unknown>>;
  /** One job alone. */
  readonly job?: string;
  /** Labels of runners that this machine stands in for; by default `ubuntu-latest`. */
  readonly labels?: readonly string[];
  /** By default one that no other run has. */
  readonly runId?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A repository of a user on this machine, at the same time `o/r` of the fake GitHub, whose workflows act runs. */
export class ActRig {
  github = new FakeGithub();
  results = new ResultsService();
  #actions: Readonly<Record<string, string>> = {};
  #home = '';
  #runs = 100;

  async prepare(): Promise<void> {
    this.#actions = await localActions(temporaryFolder());
  }

  async open(): Promise<void> {
    this.github = new FakeGithub();
    this.results = new ResultsService();
    this.github.results = this.results;
    await this.github.start();
    await this.results.start();
    this.#home = temporaryFolder();
    mkdirSync(this.path());
    this.#git('init', '--quiet', '--initial-branch', 'main');
    this.#git('config', 'user.name', 'a');
    this.#git('config', 'user.email', 'a@b.c');
    this.#git('remote', 'add', 'origin', 'https://github.com/o/r');
  }

  async close(): Promise<void> {
    await this.github.stop();
    await this.results.stop();
    rmSync(this.#home, { recursive: true, force: true });
  }

  /** In the repository. */
  path(...parts: string[]): string {
    return join(this.#home, 'repository', ...parts);
  }

  /** The packaged action. */
  get action(): string {
    return Object.values(this.#actions)[0] ?? '';
  }

  /** One of the examples, as a user copies it. */
  copy(example: string, path: string): void {
    rmSync(this.path(path), { recursive: true, force: true });
    cpSync(repository('examples', ...example.split('/')), this.path(path), { recursive: true });
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text);
  }

  /** Put in what a user puts in. */
  edit(path: string, from: string, to: string): void {
    const text = readFileSync(this.path(path), 'utf8');
    expect(text).toContain(from);
    writeFileSync(this.path(path), text.replaceAll(from, to));
  }

  /**
   * Commit everything, as GitHub then has it too.
   * @param branch that it is pushed to; none for that of a pull request
   */
  commit(branch?: string): string {
    this.#git('add', '--all');
    this.#git('commit', '--quiet', '--allow-empty', '--message', 'change');
    const sha = this.#git('rev-parse', 'HEAD').trim();
    for (const line of this.#git('ls-tree', '-r', sha).trim().split('\n')) {
      const [, blob = '', path = ''] = /^\S+ blob (\S+)\t(.*)$/.exec(line) ?? [];
      // Which bytes the weights have is all that is compared.
      const text = path.endsWith('.safetensors') ? blob : readFileSync(this.path(path), 'utf8');
      this.github.files.set(`${sha}:${path}`, text);
    }
    if (branch !== undefined) this.github.refs.set(`heads/${branch}`, sha);
    return sha;
  }

  /** Run a workflow of the repository. */
  async run(event: string, workflow: string, options: Options = {}): Promise<ActRun> {
    const { payload = {}, job, labels = ['ubuntu-latest'], runId = this.#runs++, environment = {} } = options;
    const file = join(this.#home, 'event.json');
    writeFileSync(file, JSON.stringify({ ref: 'refs/heads/main', ...payload, repository: REPOSITORY }));
    const { url } = this.github;
    const run: WorkflowRun = { runId, ref: refOf(event) };
    const variables = {
      ...{ GITHUB_API_URL: url, GITHUB_GRAPHQL_URL: `${url}/graphql`, GITHUB_RUN_ID: String(runId) },
      ...(event === 'merge_group' ? { GITHUB_REF: run.ref } : {}),
    };
    return runAct(
      [
        ...[event, '--eventpath', file, '--workflows', this.path('.github', 'workflows', workflow)],
        ...(job === undefined ? [] : ['--job', job]),
        ...labels.flatMap((label) => ['--platform', `${label}=${HOST}`]),
        ...Object.entries(this.#actions).flatMap(([uses, folder]) => ['--local-repository', `${uses}=${folder}`]),
        ...Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
        ...['--secret', 'GITHUB_TOKEN=ghs_test', '--cache-server-addr', '127.0.0.1'],
        ...['--cache-server-path', join(this.#home, 'cache'), '--action-cache-path', join(this.#home, 'actions')],
      ],
      {
        folder: this.path(),
        environment: {
          ...{ PATH: process.env.PATH, HOME: this.#home, SHADOW_GATE_CACHE: join(this.#home, 'hub') },
          // act's own service for artifacts panics if it lists before an upload, and refuses the field mime_type.
          ...{ ACTIONS_RESULTS_URL: `${this.results.url}/`, ACTIONS_RUNTIME_TOKEN: writeToken(run) },
          ...environment,
        },
      },
    );
  }

  #git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.path(), encoding: 'utf8' });
  }
}

/** A rig for the tests of a file: the actions are packed once, everything else is new for each test. */
export function useActRig(): ActRig {
  const rig = new ActRig();
  if (!HAS_ACT) return rig;
  beforeAll(() => rig.prepare());
  beforeEach(() => rig.open());
  afterEach(async () => {
    await rig.close();
    expect(rig.github.invalid).toEqual([]);
  });
  return rig;
}
