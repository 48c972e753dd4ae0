import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { BASE_SHA, HEAD_SHA } from '../github/fake/repository.ts';
import { FAST } from '../github/fast.ts';
import { asProcess } from './as-process.ts';
import type { WorkflowRun } from './results/run-token.ts';
import type { ResultsService } from './results-service.ts';
import { type Command, commandsIn } from './runner-log.ts';

export { BASE_SHA, HEAD_SHA };

const ACTION_YML = fileURLToPath(new URL('../../action.yml', import.meta.url));

export interface Job {
  /** An empty folder for this run's files. */
  readonly folder: string;
  /** Working directory, where the repository is checked out. */
  readonly workspace: string;
  /** GitHub's API. */
  readonly api: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** By default a pull request, number 7 of o/r. */
  readonly event?: { readonly name: string; readonly payload: unknown };
  /** By default number 1, of the event's ref. */
  readonly run?: WorkflowRun;
  /** Cache and artifacts; without it the runner has none. */
  readonly results?: ResultsService;
  /** The time of the run, for one in this process; by default the real time. */
  readonly now?: Date;
  /** Variables that differ from what the runner usually sets. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Outcome {
  readonly code: number | null;
  /** Standard output and error, as the log shows them. */
  readonly log: string;
  /** The commands in the log that the runner would carry out. */
  readonly commands: Command[];
  readonly outputs: Record<string, string>;
  readonly summary: string;
  /** What the end of the step finds. */
  readonly state: Record<string, string>;
}

const REPOSITORY = { name: 'r', full_name: 'o/r', owner: { login: 'o' }, default_branch: 'main' };
const MAIN = 'refs/heads/main';
export const PULL_REQUEST = {
  name: 'pull_request',
  payload: {
    pull_request: { number: 7, user: { login: 'author' }, base: { sha: BASE_SHA, ref: 'main' } },
    repository: REPOSITORY,
  },
};
export const MERGE_GROUP = {
  name: 'merge_group',
  payload: { merge_group: { base_sha: BASE_SHA, base_ref: MAIN }, repository: REPOSITORY },
};
export const SCHEDULE = { name: 'schedule', payload: { schedule: '0 3 * * *', repository: REPOSITORY } };
/** Somebody has pressed the button of a workflow. */
export const DISPATCH = { name: 'workflow_dispatch', payload: { inputs: null, repository: REPOSITORY } };
export const PUSH = { name: 'push', payload: { repository: REPOSITORY } };

/**
 * Run the action in this process, from its source, with the environment that GitHub's runner sets and nothing of ours.
 */
export function runAction(job: Job): Promise<Outcome> {
  return asRunnerDoes(job, (environment) =>
    asProcess({ environment, folder: job.workspace }, async () => {
      // Loaded with this environment: @actions/github reads the address of the API when it is imported.
      const { openContext } = await import('../../src/action/context.ts');
      const { runAction: run } = await import('../../src/action/run.ts');
      await run(openContext(environment, { folder: job.workspace, now: () => job.now ?? new Date(), client: FAST }));
    }),
  );
}

export interface Executable {
  /** The folder of the built action. */
  readonly dist: string;
  readonly node?: string;
}

/** Run the built action in a process of its own, as GitHub's runner does. */
export function spawnAction({ dist, node = process.execPath }: Executable, job: Job): Promise<Outcome> {
  return asRunnerDoes(job, (env) => runProcess(node, [join(dist, 'index.js')], { cwd: job.workspace, env }));
}

/** Prepare the files and the environment of a step, run it, and collect what it leaves in them. */
async function asRunnerDoes(
  job: Job,
  runStep: (environment: Record<string, string>) => Promise<{ code: number | null; log: string }>,
): Promise<Outcome> {
  const { folder, workspace, event = PULL_REQUEST } = job;
  const { run: workflowRun = { runId: 1, ref: refOf(event.name) } } = job;
  const files = {
    output: join(folder, 'output'),
    summary: join(folder, 'summary'),
    state: join(folder, 'state'),
    event: join(folder, 'event.json'),
  };
  await mkdir(join(folder, 'temporary'), { recursive: true });
  await writeFile(files.output, '');
  await writeFile(files.summary, '');
  await writeFile(files.state, '');
  await writeFile(files.event, JSON.stringify(event.payload));
  const { code, log } = await runStep({
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__self',
    GITHUB_API_URL: job.api,
    GITHUB_GRAPHQL_URL: `${job.api}/graphql`,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_EVENT_NAME: event.name,
    GITHUB_EVENT_PATH: files.event,
    GITHUB_JOB: 'gate',
    GITHUB_OUTPUT: files.output,
    GITHUB_REF: workflowRun.ref,
    GITHUB_REPOSITORY: 'o/r',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: String(workflowRun.runId),
    GITHUB_SHA: HEAD_SHA,
    GITHUB_STATE: files.state,
    GITHUB_STEP_SUMMARY: files.summary,
    GITHUB_WORKFLOW: 'gate',
    GITHUB_WORKSPACE: workspace,
    RUNNER_TEMP: join(folder, 'temporary'),
    ...job.results?.environment(workflowRun),
    ...inputsOf(job.inputs),
    ...job.environment,
  });
  return {
    code,
    log,
    commands: commandsIn(log),
    outputs: parseOutputs(await readFile(files.output, 'utf8')),
    summary: await readFile(files.summary, 'utf8'),
    state: parseOutputs(await readFile(files.state, 'utf8')),
  };
}

/** The ref that a run of an event belongs to, and its caches. */
export function refOf(event: string): string {
  if (event === 'pull_request') return 'refs/pull/7/merge';
  return event === 'merge_group' ? 'refs/heads/gh-readonly-queue/main/pr-7' : MAIN;
}

/** Defaults of the inputs, from action.yml. */
const DEFAULTS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries((parse(readFileSync(ACTION_YML, 'utf8')) as ActionYml).inputs).map(
    ([name, { default: text = '' }]) => {
      const value = text.replace('$' + '{{ github.token }}', 'ghs_test');
      if (value.includes('{{')) throw new Error(`the default of ${name} is unknown here`);
      return [name, value];
    },
  ),
);

interface ActionYml {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
}

/** The runner fills in defaults and warns of unknown inputs; here they are errors. */
function inputsOf(given: Readonly<Record<string, string>>): Record<string, string> {
  const unknown = Object.keys(given).filter((name) => !(name in DEFAULTS));
  if (unknown.length > 0) throw new Error(`action.yml has no input ${unknown.join(', ')}`);
  return Object.fromEntries(
    Object.entries({ ...DEFAULTS, ...given }).map(([name, value]) => [
      `INPUT_${name.toUpperCase().replaceAll(' ', '_')}`,
      value,
    ]),
  );
}

function runProcess(command: string, args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
  return new Promise<{ code: number | null; log: string }>((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
    }
    child.on('error', reject).on('close', (code) => resolve({ code, log }));
  });
}

/** `name<<word`, lines, `word`: the format that @actions/core writes. */
function parseOutputs(text: string): Record<string, string> {
  const matches = text.matchAll(/^(.+?)<<(.+)\n([\s\S]*?)\n?\2\n/gm);
  return Object.fromEntries([...matches].map(([, name = '', , value = '']) => [name, value]));
}
