import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { LOG_KINDS, type Logs } from '../evaluation-logs/measure-logs.ts';
import { FAIL_ON_CHOICES } from '../github/publish/annotation.ts';
import {
  COUNT_WORDS,
  type Endpoint,
  HALVES,
  parseCount,
  parseSeconds,
  parseSeed,
  parseTimeout,
  SEED_WORDS,
  TIME_WORDS,
  TIMEOUT_WORDS,
} from '../measure/options.ts';
import { parseShard, SHARD_WORDS, type Shard } from '../measure/shards/shard.ts';
import { LIBRARIES_WORDS, parseLibraries } from '../onnx/cuda/settings.ts';
import { DEVICE_CHOICES } from '../onnx/device.ts';
import { UserError } from '../platform/user-error.ts';
import { METHOD_CHOICES } from '../spectra/choose-method.ts';

export const MODE_CHOICES = ['gate', 'merge'] as const;
export const UPDATE_BASELINE_CHOICES = ['off', 'pull-request'] as const;
export const CACHE_CHOICES = ['auto', 'off'] as const;
export const ARTIFACT_CHOICES = ['auto', 'off'] as const;
export const COMMENT_CHOICES = ['sticky', 'off'] as const;
export const ISSUE_CHOICES = ['schedule', 'off'] as const;
/** The same as in action.yml (a test compares them): a workflow may pass an empty string on purpose. */
export const INPUT_DEFAULTS = {
  mode: 'gate',
  baseline: '.shadow-gate/baseline.json',
  'update-baseline': 'off',
  device: 'auto',
  'cuda-libraries': 'auto',
  method: 'auto',
  cache: 'auto',
  artifact: 'auto',
  comment: 'sticky',
  issue: 'schedule',
  key: 'default',
  'fail-on': 'inconclusive',
} as const;

const MAX_KEY_LENGTH = 100;

/** A longer slug would be no easier to read. */
const MAX_READABLE_LENGTH = 60;

const optional = z.string().transform((text) => (text === '' ? undefined : text));

/** Undefined for an empty text; an issue for one that cannot be parsed. */
function parsed<T>(parse: (text: string) => T | null, allowed: string) {
  return z.string().transform((text, context): T | undefined => {
    if (text === '') return undefined;
    const value = parse(text);
    if (value !== null) return value;
    context.addIssue({ code: 'custom', message: allowed });
    return z.NEVER;
  });
}

/** One field per input, named as in action.yml. */
const inputsSchema = z.object({
  checkpoint: z.string(),
  'lm-eval': optional,
  inspect: optional,
  lighteval: optional,
  report: optional,
  mode: z.enum(MODE_CHOICES),
  shard: parsed(parseShard, SHARD_WORDS),
  reference: optional,
  adapter: optional,
  baseline: z.string(),
  'update-baseline': z.enum(UPDATE_BASELINE_CHOICES),
  policy: optional,
  device: z.enum(DEVICE_CHOICES),
  'cuda-libraries': parsed(parseLibraries, LIBRARIES_WORDS).transform((choice) => choice ?? { kind: 'auto' as const }),
  method: z.enum(METHOD_CHOICES),
  only: z.enum([...HALVES, '']).transform((half) => (half === '' ? undefined : half)),
  seed: parsed(parseSeed, SEED_WORDS),
  budget: parsed(parseSeconds, TIME_WORDS),
  endpoint: optional,
  model: optional,
  tokenizer: optional,
  'max-length': parsed(parseCount, COUNT_WORDS),
  concurrency: parsed(parseCount, COUNT_WORDS),
  timeout: parsed(parseTimeout, TIMEOUT_WORDS),
  revision: optional,
  'baseline-endpoint': optional,
  'baseline-model': optional,
  cache: z.enum(CACHE_CHOICES),
  artifact: z.enum(ARTIFACT_CHOICES),
  comment: z.enum(COMMENT_CHOICES),
  issue: z.enum(ISSUE_CHOICES),
  key: z
    .string()
    .regex(new RegExp(`^.{1,${MAX_KEY_LENGTH}}$`, 'u'), `one line of at most ${MAX_KEY_LENGTH} characters`),
  'github-token': z.string(),
  'fail-on': z.enum(FAIL_ON_CHOICES),
  out: optional,
});
export const INPUT_NAMES = Object.keys(inputsSchema.shape);

type Inputs = z.infer<typeof inputsSchema>;

/** What a run does: it gates a checkpoint or logs of an evaluation, measures a shard, merges shards, or publishes the report of another run. */
export type ActionRun = GateRun | LogsRun | ShardRun | MergeRun | PublishRun;

export interface GateRun extends MeasuringRun, ReportingRun {
  readonly kind: 'gate';
}

/** Of logs of an evaluation, in place of a checkpoint. */
export interface LogsRun extends ReportingRun {
  readonly kind: 'logs';
  readonly logs: Logs;
}

export interface ShardRun extends MeasuringRun {
  readonly kind: 'shard';
  readonly shard: Shard;
}

export interface MergeRun extends ReportingRun {
  readonly kind: 'merge';
  /** The half that the shards were asked for, if not both. */
  readonly only: Inputs['only'];
}

export interface PublishRun extends PagedRun, CommentingRun {
  readonly kind: 'publish';
  /** Path of the report. */
  readonly report: string;
  /** That of the run that made the report: how it ended has to agree with the verdict. */
  readonly failOn: Inputs['fail-on'];
}

export interface KeyedRun {
  readonly key: string;
  /** The key as a name for a folder, an artifact or a branch: always safe, and different for different keys. */
  readonly slug: string;
}

/** A run that leaves the report as a page. */
export interface PagedRun extends KeyedRun {
  readonly artifact: Inputs['artifact'];
  /** The folder for results, as an absolute path. */
  readonly out: string;
}

export interface CommentingRun {
  readonly comment: Inputs['comment'];
}

/** A run that needs to know what the checkpoint is judged by. */
export interface JudgingRun extends KeyedRun {
  readonly baseline: string;
  readonly policy: string | undefined;
  readonly updateBaseline: Inputs['update-baseline'];
  readonly cache: Inputs['cache'];
  /** The folder for results, as an absolute path. */
  readonly out: string;
}

/** A run that measures a checkpoint. */
export interface MeasuringRun extends JudgingRun {
  /** Undefined for what an endpoint has without one. */
  readonly checkpoint: string | undefined;
  readonly revision: string | undefined;
  readonly reference: string | undefined;
  readonly adapter: string | undefined;
  readonly device: Inputs['device'];
  readonly cudaLibraries: Inputs['cuda-libraries'];
  readonly method: Inputs['method'];
  readonly only: Inputs['only'];
  readonly seed: Inputs['seed'];
  readonly budgetSeconds: number | undefined;
  readonly endpoint: Endpoint | undefined;
  readonly baselineEndpoint: Endpoint | undefined;
}

/** A run that ends with a verdict. */
export interface ReportingRun extends JudgingRun, PagedRun, CommentingRun {
  readonly issue: Inputs['issue'];
  readonly failOn: Inputs['fail-on'];
}

/** What a run knows besides its inputs. */
export interface StepSettings {
  /** The working directory. */
  readonly folder: string;
  /** The runner's temporary folder, for results without a folder of their own. */
  readonly temporary: string;
  /** API key of the endpoint: a secret is not an input. */
  readonly apiKey?: string | undefined;
}

/**
 * All inputs, validated, as the one thing that this run does.
 * @param read the text of an input, empty if it is not given
 * @throws UserError that names the input, its value and what is allowed
 */
export function parseInputs(read: (name: string) => string, { folder, temporary, apiKey }: StepSettings): ActionRun {
  const inputs = readInputs(read);
  const { key, report, mode, shard, comment } = inputs;
  expectOneJob(inputs);
  const endpoint = endpointOf(inputs, apiKey);
  const slug = slugOf(key);
  const { artifact, issue, 'fail-on': failOn } = inputs;
  const out = resolve(folder, inputs.out ?? join(temporary, 'shadow-gate', slug));
  if (report !== undefined) return { kind: 'publish', report, key, slug, artifact, out, comment, failOn };
  const { baseline, policy, 'update-baseline': updateBaseline, cache } = inputs;
  const judging = { key, slug, baseline, policy, updateBaseline, cache, out };
  const reporting = { ...judging, comment, artifact, issue, failOn };
  const [logs] = logsIn(inputs);
  if (logs !== undefined) return { kind: 'logs', logs, ...reporting };
  if (mode === 'merge') return { kind: 'merge', only: inputs.only, ...reporting };
  const { reference, adapter, device, method, only, seed, budget: budgetSeconds, revision } = inputs;
  const checkpoint = inputs.checkpoint === '' ? undefined : inputs.checkpoint;
  const baselineEndpoint = baselineEndpointOf(inputs, endpoint);
  const cudaLibraries = inputs['cuda-libraries'];
  const model = { checkpoint, revision, reference, adapter, endpoint, baselineEndpoint };
  const measuring = { ...model, device, cudaLibraries, method, only, seed, budgetSeconds };
  if (shard !== undefined) return { kind: 'shard', shard, ...judging, ...measuring };
  return { kind: 'gate', ...reporting, ...measuring };
}

function readInputs(read: (name: string) => string): Inputs {
  const given = Object.fromEntries(INPUT_NAMES.map((name) => [name, read(name)]).filter(([, text]) => text !== ''));
  const empty = Object.fromEntries(INPUT_NAMES.map((name) => [name, '']));
  const parsedInputs = inputsSchema.safeParse({ ...empty, ...INPUT_DEFAULTS, ...given });
  if (parsedInputs.success) return parsedInputs.data;
  throw describeIssue(parsedInputs.error, given);
}

/** What says how a model is run: where logs are read nothing runs. */
const RUN_INPUTS = [
  'checkpoint',
  'reference',
  'adapter',
  'report',
  'shard',
  'only',
  'seed',
  'budget',
  'endpoint',
  'model',
] as const;

function logsIn(inputs: Inputs): Logs[] {
  return LOG_KINDS.flatMap((kind) => {
    const folder = inputs[kind];
    return folder === undefined ? [] : [{ kind, folder }];
  });
}

function expectLogsAlone(inputs: Inputs): void {
  const [logs, otherLogs] = logsIn(inputs);
  if (logs === undefined) return;
  const other = otherLogs?.kind ?? RUN_INPUTS.find((name) => inputs[name] !== undefined && inputs[name] !== '');
  if (other === undefined && inputs.mode !== 'merge') return;
  throw new UserError(`inputs ${logs.kind} and ${other ?? 'mode: merge'} exclude each other`, 'give one of them');
}

function expectOneJob(inputs: Inputs): void {
  expectLogsAlone(inputs);
  const { checkpoint, report, mode, shard, endpoint } = inputs;
  const [logs] = logsIn(inputs);
  if (mode === 'merge' && (shard !== undefined || report !== undefined)) {
    throw new UserError(`inputs mode: merge and ${shard ? 'shard' : 'report'} exclude each other`, 'give one of them');
  }
  if (shard !== undefined && report !== undefined) {
    throw new UserError('inputs shard and report exclude each other', 'give one of them');
  }
  if (checkpoint !== '' && report !== undefined) {
    // A named checkpoint is to be judged, and publishing a report judges nothing.
    throw new UserError('inputs checkpoint and report exclude each other', 'give one of them');
  }
  if (checkpoint === '' && report === undefined && mode !== 'merge' && endpoint === undefined && logs === undefined) {
    throw new UserError(
      'input checkpoint is missing',
      `give the path of a checkpoint, an endpoint that serves one, or logs (${LOG_KINDS.join(', ')})`,
    );
  }
}

const SERVER_SETTINGS = [
  'tokenizer',
  'max-length',
  'concurrency',
  'timeout',
  'revision',
  'baseline-endpoint',
  'baseline-model',
] as const;

function endpointOf(inputs: Inputs, apiKey: string | undefined): Endpoint | undefined {
  const { endpoint, model, tokenizer, 'max-length': maxLength, concurrency, timeout } = inputs;
  if (endpoint === undefined && model === undefined) {
    const given = SERVER_SETTINGS.find((name) => inputs[name] !== undefined);
    if (given === undefined) return undefined;
    throw new UserError(`input ${given} needs endpoint and model`, 'give all three, or leave it out');
  }
  if (endpoint === undefined || model === undefined) {
    throw new UserError('inputs endpoint and model belong together', 'give both or neither');
  }
  const milliseconds = timeout === undefined ? undefined : timeout * 1000;
  return { endpoint, model, tokenizer, maxLength, concurrency, timeout: milliseconds, apiKey };
}

/** Both models can be at one server, under two names. */
function baselineEndpointOf(inputs: Inputs, own: Endpoint | undefined): Endpoint | undefined {
  const { 'baseline-endpoint': endpoint, 'baseline-model': model, 'update-baseline': update } = inputs;
  if (own === undefined || (endpoint === undefined && model === undefined)) return undefined;
  if (update !== 'off') {
    throw new UserError(
      'update-baseline: pull-request proposes a measurement file, and a server has the baseline',
      'turn it off, or leave out baseline-endpoint and baseline-model',
    );
  }
  return { ...own, endpoint: endpoint ?? own.endpoint, model: model ?? own.model };
}

/** How the name of a key ends that is not readable as it is. */
const HASHED = /-[0-9a-f]{8}$/;

function slugOf(key: string): string {
  const readable = key
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, MAX_READABLE_LENGTH);
  // A key that ends like a hash could be the name of another key.
  if (readable === key && !HASHED.test(key)) return key;
  return `${readable}-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;
}

function describeIssue({ issues: [issue] }: z.ZodError, given: Record<string, string>): UserError {
  const name = String(issue?.path[0]);
  const value = given[name];
  const allowed = issue?.code === 'invalid_value' ? issue.values.join(', ') : issue?.message;
  return new UserError(
    value === undefined ? `input ${name} is missing` : `input ${name} is ${JSON.stringify(value)}`,
    `allowed: ${allowed}`,
  );
}
