import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { listen } from '../github/fake/server.ts';
import { FakeGithub } from '../github/fake-github.ts';
import { ResultsService } from './results-service.ts';
import {
  type Executable,
  HEAD_SHA,
  type Job,
  type Outcome,
  PULL_REQUEST,
  refOf,
  runAction,
  spawnAction,
} from './run-action.ts';
import type { Command } from './runner-log.ts';
import { TINY_NAMES, writeTinyCheckpoint } from './tiny-checkpoint.ts';

/** These tiny models have no tokenizer: only their weights can be judged. */
export const WEIGHTS = { only: 'spectra' };
/** A pass, a warning (there is no baseline) and a failure. */
export const PASS = { ...WEIGHTS, checkpoint: 'model', baseline: 'model' };
export const WARN = { ...WEIGHTS, checkpoint: 'model' };
export const FAIL = { ...WEIGHTS, checkpoint: 'broken', baseline: 'model' };

type JobOptions = Pick<Job, 'event' | 'environment' | 'now'> & { readonly runId?: number };

/** One address for the GitHub of every test in a file: @actions/github reads it once, when it is imported. */
let server: Promise<Server> | undefined;

interface RigOptions {
  /** False: a runner without cache and artifacts. */
  readonly hasServices?: boolean;
}

/** GitHub with its services, and a checkout: `model` is sound, `broken` contains NaN. */
export class Rig {
  github = new FakeGithub();
  results = new ResultsService();
  readonly #hasServices: boolean;
  #workspace = '';
  #runs = 0;

  constructor({ hasServices = true }: RigOptions = {}) {
    this.#hasServices = hasServices;
  }

  /** Start anew: nothing of an earlier test is left. */
  async open(): Promise<void> {
    this.github = new FakeGithub();
    this.results = new ResultsService();
    this.github.results = this.results;
    // A push has moved it there.
    this.github.refs.set('heads/main', HEAD_SHA);
    server ??= listen(createServer());
    await this.github.start(await server);
    await this.results.start();
    this.#workspace = await mkdtemp(join(tmpdir(), 'shadow-gate-workspace-'));
    await this.checkOut('.', HEAD_SHA);
    await writeTinyCheckpoint(this.path('model'));
    await writeTinyCheckpoint(this.path('broken'), {
      edit: (name, values) => {
        if (name === TINY_NAMES[3]) values[5] = Number.NaN;
      },
    });
  }

  async close(): Promise<void> {
    await this.github.stop();
    await this.results.stop();
    await rm(this.#workspace, { recursive: true, force: true });
  }

  /** Mark a folder as actions/checkout does. */
  async checkOut(folder: string, sha: string, repository = 'o/r'): Promise<void> {
    const git = this.path(folder, '.git');
    await mkdir(git, { recursive: true });
    await writeFile(join(git, 'config'), `[remote "origin"]\n\turl = https://github.com/${repository}\n`);
    await writeFile(join(git, 'HEAD'), `${sha}\n`);
  }

  /** In the checkout. */
  path(...parts: string[]): string {
    return join(this.#workspace, ...parts);
  }

  /** One job of a run, in this process; a run of its own unless `runId` says which. */
  gate(inputs: Record<string, string>, options: JobOptions = {}): Promise<Outcome> {
    return runAction(this.#job(inputs, options));
  }

  /** The same with the built action, in a process of its own. */
  spawn(executable: Executable, inputs: Record<string, string>, options: JobOptions = {}): Promise<Outcome> {
    return spawnAction(executable, this.#job(inputs, options));
  }

  #job(inputs: Record<string, string>, options: JobOptions): Job {
    const { event = PULL_REQUEST, runId = 1000 + this.#runs, ...rest } = options;
    this.#runs += 1;
    const folder = join(this.#workspace, `.run-${this.#runs}`);
    const run = { runId, jobId: `job-${this.#runs}`, ref: refOf(event.name) };
    const { url: api } = this.github;
    const job = { folder, workspace: this.#workspace, api, inputs, event, run, ...rest };
    return this.#hasServices ? { ...job, results: this.results } : job;
  }

  /** Let a run end, so that others find what it has left. */
  end(
    id: number,
    event: string,
    conclusion: string,
    more: { head_branch?: string; head_sha?: string; fork?: boolean } = {},
  ): void {
    const { head_branch = 'main', head_sha = HEAD_SHA, fork = false } = more;
    const head = fork ? { head_repository: { id: 99 } } : {};
    this.github.runs.push({ id, event, conclusion, head_branch, head_sha, ...head });
  }
}

/**
 * A rig for the tests of a file, new for each. No test may send GitHub what the description of its API does not allow.
 */
export function useRig(options?: RigOptions): Rig {
  const rig = new Rig(options);
  beforeEach(() => rig.open());
  afterEach(async () => {
    await rig.close();
    expect(rig.github.invalid).toEqual([]);
  });
  return rig;
}

export const annotations = ({ commands }: Outcome): Command[] =>
  commands.filter(({ name }) => ['error', 'warning', 'notice'].includes(name));
export const levels = (outcome: Outcome): string[] => annotations(outcome).map(({ name }) => name);
