import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { DOCS_URL, UserError } from '@shadow-gate/platform';
import { parseJson } from '@shadow-gate/platform/json';
import { type KeyValueStore, withKeyPrefix } from '@shadow-gate/platform/key-value-store';
import { SECRET_SEED } from '../gate/option-values.ts';
import type { Workspace } from '../github/approved/index.ts';
import {
  type ClientOptions,
  githubRunner,
  type Octokit,
  openClient,
  type Repository,
  type Runner,
} from '../github/client/index.ts';
import { eventBaseBranch, eventDefaultBranch, isOnDefaultBranch, type WorkflowEvent } from '../github/event/index.ts';
import type { OpenedCheckRun } from '../github/publish/index.ts';
import {
  type ActionsCache,
  type Artifacts,
  cacheScope,
  hasArtifactService,
  openActionsCache,
  openArtifacts,
  openSpectrumBundle,
  type SpectrumBundle,
} from '../github/storage/index.ts';
import { formatCount } from '../report/text/index.ts';
import type { JudgingRun } from './action-run.ts';

export interface ActionContext {
  readonly event: WorkflowEvent;
  readonly repository: Repository;
  /** The address of the repository, without a slash at the end. */
  readonly repositoryUrl: string;
  readonly workflowRun: { readonly id: number; readonly attempt: number; readonly url: string };
  /** The workflow's file in this repository; null if it is one of another repository. */
  readonly workflowFile: string | null;
  readonly runner: Runner;
  /** Null without a token. */
  readonly octokit: Octokit | null;
  /** This run's check run, in progress; null for a run without a verdict. */
  readonly checkRun?: OpenedCheckRun | null;
  readonly artifacts: Artifacts;
  readonly canUploadArtifacts: boolean;
  /** The job may ask for an identity to sign with: `permissions: id-token: write`. */
  readonly hasIdentity: boolean;
  readonly workspace: Workspace;
  /** The runner's folder for temporary files. */
  readonly temporary: string;
  /** Address of the action's documentation, without a slash at the end. */
  readonly docs: string;
  /** Key of the endpoint (OPENAI_API_KEY). */
  readonly apiKey: string | undefined;
  /** SHADOW_GATE_SEED. */
  readonly secretSeed: string | undefined;
  readonly now: () => Date;
  readonly started: Date;
  /** Such as `Linux X64, 4 cores`. */
  readonly machine: string;
}

export type StepEnvironment = Readonly<Record<string, string | undefined>>;

export interface ActionContextOptions {
  /** The working directory. */
  readonly folder: string;
  readonly now: () => Date;
  readonly client?: ClientOptions;
}

/** @throws UserError if GITHUB_EVENT_PATH names a file that is not JSON */
export function openContext(
  environment: StepEnvironment,
  { folder, now, client }: ActionContextOptions,
): ActionContext {
  const runner = githubRunner(environment);
  const repository = repositoryOf(environment);
  const { GITHUB_SERVER_URL: server = 'https://github.com', RUNNER_TEMP: temporary = '.' } = environment;
  const { GITHUB_EVENT_NAME: name = '', GITHUB_REF: ref = '', GITHUB_SHA: sha = '' } = environment;
  const repositoryUrl = `${server}/${repository.owner}/${repository.repo}`;
  const id = Number(environment.GITHUB_RUN_ID);
  const token = runner.input('github-token');
  const print = runner.info;
  return {
    event: { name, ref, sha, payload: payloadOf(environment) },
    repository,
    repositoryUrl,
    workflowRun: { id, attempt: Number(environment.GITHUB_RUN_ATTEMPT), url: `${repositoryUrl}/actions/runs/${id}` },
    workflowFile: workflowFileOf(environment),
    runner,
    octokit:
      token === '' ? null : openClient(token, { baseUrl: environment.GITHUB_API_URL || undefined, print, ...client }),
    artifacts: openArtifacts({ token, repository, temporary }, print),
    canUploadArtifacts: hasArtifactService(environment),
    hasIdentity: (environment.ACTIONS_ID_TOKEN_REQUEST_URL ?? '') !== '',
    workspace: { folder, alias: environment.GITHUB_WORKSPACE, repository },
    temporary,
    docs: docsOf(environment, server),
    apiKey: environment.OPENAI_API_KEY,
    secretSeed: environment[SECRET_SEED],
    now,
    started: now(),
    machine: machineOf(environment),
  };
}

function machineOf({ RUNNER_OS: system = process.platform, RUNNER_ARCH: chip = process.arch }: StepEnvironment) {
  return `${system} ${chip}, ${formatCount(availableParallelism(), 'core')}`;
}

function payloadOf({ GITHUB_EVENT_PATH: file = '' }: StepEnvironment): WorkflowEvent['payload'] {
  if (!existsSync(file)) return {};
  const name = `the file of the event, ${file}, which GITHUB_EVENT_PATH names,`;
  const hint = 'run the action as a step of a job, whose runner writes that file';
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(`${name} cannot be read (${(error as Error).message})`, hint);
  }
  return parseJson(text, { name, hint });
}

/** The docs at the commit that a workflow uses; for a local action (`uses: ./`), those of its version. */
function docsOf({ GITHUB_ACTION_REPOSITORY: name = '', GITHUB_ACTION_REF: ref = '' }: StepEnvironment, server: string) {
  const isPlain = /^[\w.-]+\/[\w.-]+$/.test(name) && /^[\w./-]+$/.test(ref);
  return isPlain ? `${server}/${name}/blob/${ref}/docs` : DOCS_URL;
}

/** `.github/workflows/gate.yml` of `o/r/.github/workflows/gate.yml@refs/pull/7/merge`. */
function workflowFileOf({ GITHUB_WORKFLOW_REF: ref = '', GITHUB_REPOSITORY: name = '' }: StepEnvironment) {
  const prefix = `${name}/`;
  if (!ref.toLowerCase().startsWith(prefix.toLowerCase())) return null;
  return /^[^@]+/.exec(ref.slice(prefix.length))?.[0] ?? null;
}

function repositoryOf({ GITHUB_REPOSITORY: name = '' }: StepEnvironment): Repository {
  const [owner = '', repo = ''] = name.split('/');
  return { owner, repo };
}

/** GitHub's cache, with whole measurements and single spectra of earlier runs. */
export interface Caches {
  readonly entries: ActionsCache;
  readonly measurements: KeyValueStore;
  readonly spectra: SpectrumBundle;
}

/** Null if the cache is off. @param saves whether the run may leave entries for later runs */
export function openCaches(
  { cache, slug }: Pick<JudgingRun, 'cache' | 'slug'>,
  context: ActionContext,
  { saves = isOnDefaultBranch(context.event) }: { readonly saves?: boolean } = {},
): Caches | null {
  if (cache === 'off') return null;
  const { event, octokit, repository, runner, temporary } = context;
  const branches = [eventDefaultBranch(event), eventBaseBranch(event)].filter((branch) => branch !== null);
  const trusted = branches.map((branch) => `refs/heads/${branch}`);
  const entries = openActionsCache({
    temporary,
    saves,
    scope: cacheScope(octokit, repository, { visible: [event.ref], trusted }),
    print: runner.info,
  });
  return {
    entries,
    measurements: withKeyPrefix(entries, 'shadow-gate-measurement/'),
    spectra: openSpectrumBundle(entries, slug, runner.info),
  };
}
