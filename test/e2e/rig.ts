import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeGithub } from '../github/fake-github.ts';
import { ResultsService } from './results-service.ts';
import { HEAD_SHA, type Job, type Outcome, PULL_REQUEST, refOf, runAction } from './run-action.ts';
import type { Command } from './runner-log.ts';
import { TINY_NAMES, writeTinyCheckpoint } from './tiny-checkpoint.ts';

/** These tiny models have no tokenizer: their weights are all there is to judge. */
export const WEIGHTS = { only: 'spectra' };

/** GitHub with its services, and a checkout: `model` is sound, `broken` holds NaN. */
export class Rig {
  readonly github = new FakeGithub();
  readonly results = new ResultsService();
  readonly #dist: string;
  #workspace = '';
  #runs = 0;

  private constructor(dist: string) {
    this.#dist = dist;
    this.github.results = this.results;
    // A push has moved it there.
    this.github.refs.set('heads/main', HEAD_SHA);
  }

  static async open(dist: string): Promise<Rig> {
    const rig = new Rig(dist);
    await rig.github.start();
    await rig.results.start();
    rig.#workspace = await mkdtemp(join(tmpdir(), 'shadow-gate-workspace-'));
    await writeTinyCheckpoint(rig.path('model'));
    await writeTinyCheckpoint(rig.path('broken'), {
      edit: (name, values) => {
        if (name === TINY_NAMES[3]) values[5] = Number.NaN;
      },
    });
    return rig;
  }

  async close(): Promise<void> {
    await this.github.stop();
    await this.results.stop();
    await rm(this.#workspace, { recursive: true, force: true });
  }

  /** In the checkout. */
  path(...parts: string[]): string {
    return join(this.#workspace, ...parts);
  }

  /** One job of a run; a run of its own unless `runId` says which. */
  async gate(
    inputs: Record<string, string>,
    more: Pick<Job, 'event' | 'environment'> & { node?: string; runId?: number } = {},
  ): Promise<Outcome> {
    const { event = PULL_REQUEST, runId = 1000 + this.#runs, node = process.execPath, environment = {} } = more;
    this.#runs += 1;
    const folder = join(this.#workspace, `.run-${this.#runs}`);
    const run = { runId, jobId: `job-${this.#runs}`, ref: refOf(event.name) };
    const { url: api } = this.github;
    const { results } = this;
    const job = { dist: this.#dist, folder, workspace: this.#workspace, api };
    return runAction({ ...job, inputs, event, node, run, results, environment });
  }

  /** Let a run end, so that others find what it left. */
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

export const annotations = ({ commands }: Outcome): Command[] =>
  commands.filter(({ name }) => ['error', 'warning', 'notice'].includes(name));
export const levels = (outcome: Outcome): string[] => annotations(outcome).map(({ name }) => name);
