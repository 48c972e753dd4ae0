import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { LOG_KINDS, type Logs } from '@shadow-gate/harness';
import { UserError } from '@shadow-gate/platform';
import { NO_CALIBRATION } from '../gate/find-calibration.ts';
import { secretOr } from '../gate/option-values.ts';
import type { Endpoint } from '../measure/options.ts';
import type { ActionRun, CalibrateRun, KeyedRun } from './action-run.ts';
import { type Inputs, readInputs } from './input-schema.ts';

const MAX_READABLE_LENGTH = 60;

interface StepSettings {
  /** The working directory. */
  readonly folder: string;
  /** The runner's temporary folder, for results without a folder. */
  readonly temporary: string;
  /** API key of the endpoint: a secret is not an input. */
  readonly apiKey?: string | undefined;
  /** Secret that draws the questions (SHADOW_GATE_SEED). */
  readonly secretSeed?: string | undefined;
}

/**
 * All inputs, validated, as the one thing that this run does.
 * @param read the text of an input, empty if it is not given
 * @throws UserError that names the input, its value and what is allowed
 */
export function parseInputs(
  read: (name: string) => string,
  { folder, temporary, apiKey, secretSeed }: StepSettings,
): ActionRun {
  const inputs = readInputs(read);
  const { key, report, mode, shard, comment } = inputs;
  expectOneJob(inputs);
  const endpoint = endpointOf(inputs, apiKey);
  const slug = slugOf(key);
  const { artifact, issue, 'fail-on': failOn } = inputs;
  const out = resolve(folder, inputs.out ?? join(temporary, 'shadow-gate', slug));
  if (report !== undefined) return { kind: 'publish', report, key, slug, artifact, out, comment, failOn };
  const { baseline, calibration, policy, 'update-baseline': updateBaseline, cache } = inputs;
  if (mode === 'calibrate') return calibrateRun(inputs, { key, slug });
  const judging = { key, slug, baseline, calibration, policy, updateBaseline, cache, out };
  const { skip, override } = inputs;
  const attest = inputs.attest === 'true';
  const reporting = { ...judging, comment, artifact, issue, failOn, skip, override, attest };
  const [logs] = logsIn(inputs);
  if (logs !== undefined) return { kind: 'logs', logs, ...reporting };
  const { reference } = inputs;
  const checkpoint = inputs.checkpoint === '' ? undefined : inputs.checkpoint;
  if (mode === 'merge') return { kind: 'merge', only: inputs.only, checkpoint, reference, ...reporting };
  const { adapter, device, method, only, budget: budgetSeconds, revision } = inputs;
  const seed = secretOr(inputs.seed, secretSeed);
  const baselineEndpoint = baselineEndpointOf(inputs, endpoint);
  const cudaLibraries = inputs['cuda-libraries'];
  const model = { checkpoint, revision, reference, adapter, endpoint, baselineEndpoint };
  const measuring = { ...model, device, cudaLibraries, method, only, seed, budgetSeconds };
  if (shard !== undefined) return { kind: 'shard', shard, skip, ...judging, ...measuring };
  return { kind: 'gate', all: inputs.all === 'true', confirm: inputs.confirm === 'true', ...reporting, ...measuring };
}

/** Inputs about running a model, which exclude logs. */
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
    const path = inputs[kind];
    return path === undefined ? [] : [{ kind, path }];
  });
}

const exclusive = (one: string, other: string, advice = 'give one of them') =>
  new UserError(`inputs ${one} and ${other} exclude each other`, advice);

function expectLogsAlone(inputs: Inputs): void {
  const [logs, otherLogs] = logsIn(inputs);
  if (logs === undefined) return;
  const other = otherLogs?.kind ?? RUN_INPUTS.find((name) => inputs[name] !== undefined && inputs[name] !== '');
  if (other === undefined && inputs.mode !== 'merge') return;
  throw exclusive(logs.kind, other ?? 'mode: merge');
}

/** Inputs about one candidate, without meaning for known-good checkpoints. */
const CANDIDATE_INPUTS = [...RUN_INPUTS.filter((name) => name !== 'reference'), ...LOG_KINDS];

function calibrateRun(inputs: Inputs, keyed: KeyedRun): CalibrateRun {
  const { checkpoints, calibration, policy, 'update-baseline': updateBaseline, cache } = inputs;
  const { reference, device, method, 'cuda-libraries': cudaLibraries } = inputs;
  if (checkpoints.length === 0) {
    throw new UserError('input checkpoints is missing', 'give known-good checkpoints, one path a line');
  }
  if (calibration === NO_CALIBRATION) throw exclusive('mode: calibrate', 'calibration: off');
  return {
    kind: 'calibrate',
    ...keyed,
    checkpoints,
    series: inputs.series === 'true',
    ...{ reference, device, method, cudaLibraries, calibration, policy, updateBaseline, cache },
  };
}

/** Calibration takes known-good checkpoints and no candidate; other modes, the reverse. */
function expectCalibrateAlone(inputs: Inputs): void {
  const { mode, checkpoints, series } = inputs;
  if (mode !== 'calibrate') {
    const given = checkpoints.length > 0 ? 'checkpoints' : series === 'true' ? 'series' : null;
    if (given !== null) throw new UserError(`input ${given} needs mode: calibrate`, 'set the mode, or leave it out');
    return;
  }
  const other = CANDIDATE_INPUTS.find((name) => inputs[name] !== undefined && inputs[name] !== '');
  if (other !== undefined) throw exclusive('mode: calibrate', other);
}

/** To leave out the attestation silently would look as if there were one. */
function expectVerdictToAttest({ attest, mode, shard, report }: Inputs): void {
  const other = mode === 'calibrate' ? 'mode: calibrate' : shard ? 'shard' : report === undefined ? null : 'report';
  if (attest === 'false' || other === null) return;
  throw exclusive('attest', other, 'attest in the job that has the verdict, and leave it out here');
}

function expectOneJob(inputs: Inputs): void {
  expectVerdictToAttest(inputs);
  expectCalibrateAlone(inputs);
  if (inputs.mode === 'calibrate') return;
  expectLogsAlone(inputs);
  const { checkpoint, report, mode, shard, endpoint } = inputs;
  const [logs] = logsIn(inputs);
  if (mode === 'merge' && (shard !== undefined || report !== undefined)) {
    throw exclusive('mode: merge', shard ? 'shard' : 'report');
  }
  if (shard !== undefined && report !== undefined) throw exclusive('shard', 'report');
  // A named checkpoint is to be judged, and publishing a report judges nothing.
  if (checkpoint !== '' && report !== undefined) throw exclusive('checkpoint', 'report');
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

/** The end of a slug other than the key itself. */
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
