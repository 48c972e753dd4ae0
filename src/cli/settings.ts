import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { cacheFolder } from '@shadow-gate/platform/files';
import { directoryStore, type KeyValueStore } from '@shadow-gate/platform/key-value-store';
import { SECRET_SEED, secretOr } from '../gate/option-values.ts';
import type { Endpoint, SeedChoice } from '../measure/options.ts';
import type { CandidateOptions, EndpointOptions, SpectraOptions } from './options.ts';
import type { Output } from './output.ts';

type StoreOptions = Pick<SpectraOptions, 'store'>;

/** For the gate, from `check` and `measure`. */
export function commandSettings(options: CandidateOptions, output: Output) {
  const { checkpoint, revision, reference, adapter, device, method, maxMemory: memoryLimit } = options;
  const { orderSeed, budget: budgetSeconds, chatTemplate } = options;
  const seed = chosenSeed(options, output);
  if (checkpoint === undefined && options.endpoint === undefined) {
    throw new UserError(
      'neither --checkpoint nor --endpoint is given',
      'give the checkpoint to measure, or the server that has it',
    );
  }
  const spectrumStore = openSpectrumStore(options, output);
  const endpoint = withAnswers(endpointFromOptions(options, output), options, output);
  return {
    model: { checkpoint, endpoint, revision, reference, adapter },
    weights: { device, method, memoryLimit, spectrumStore },
    probes: { seed, orderSeed, budgetSeconds, chatTemplate },
  };
}

/** @throws UserError for a seed next to a secret one, and for a short secret */
export function chosenSeed({ seed }: Pick<CandidateOptions, 'seed'>, { env }: Output): SeedChoice | undefined {
  return secretOr(seed, env[SECRET_SEED]);
}

export const isSecret = ({ env }: Output): boolean => (env[SECRET_SEED] ?? '') !== '';

/** The store of measurements between runs. There is none with a time limit: a second run may answer more. */
export function openMeasurementStore(
  options: Pick<CandidateOptions, 'store' | 'budget'>,
  output: Output,
): KeyValueStore | undefined {
  return options.budget === undefined ? openStore('measurements', options, output) : undefined;
}

export function openSpectrumStore(options: StoreOptions, output: Output): KeyValueStore | undefined {
  return openStore('spectra', options, output);
}

function openStore(name: string, { store }: StoreOptions, output: Output): KeyValueStore | undefined {
  const folder = cacheFolder(output.env);
  return store && folder !== null ? directoryStore(join(folder, name), (line) => output.warn(line)) : undefined;
}

/** Ask the server again only what it has not answered. Its answers to secret questions would tell about them. */
function withAnswers(endpoint: Endpoint | undefined, options: StoreOptions, output: Output): Endpoint | undefined {
  return endpoint && { ...endpoint, answers: isSecret(output) ? undefined : openStore('answers', options, output) };
}

/**
 * The server that runs the model; undefined if the checkpoint does.
 * @throws UserError for an endpoint without a model, and for the settings of an endpoint without an endpoint
 */
export function endpointFromOptions(
  { endpoint, model, tokenizer, maxLength, concurrency, timeout }: EndpointOptions,
  { env }: Output,
): Endpoint | undefined {
  if (endpoint === undefined) {
    if ((model ?? tokenizer ?? maxLength ?? concurrency ?? timeout) === undefined) return undefined;
    throw new UserError(
      '--model, --tokenizer, --max-length, --concurrency and --timeout need --endpoint',
      'add it, or leave them out',
    );
  }
  if (model === undefined) throw new UserError('--endpoint needs --model', "give the server's name for the model");
  const milliseconds = timeout === undefined ? undefined : timeout * 1000;
  return { endpoint, model, tokenizer, maxLength, concurrency, timeout: milliseconds, apiKey: env.OPENAI_API_KEY };
}

export interface BaselineEndpointOptions {
  baselineEndpoint?: string;
  baselineModel?: string;
}

/**
 * The server that has the baseline, if any. Both models can be at one server, under two names.
 * @throws UserError for a baseline model without any server
 */
export function baselineEndpointFromOptions(
  { baselineEndpoint, baselineModel, ...options }: BaselineEndpointOptions & EndpointOptions & StoreOptions,
  output: Output,
): Endpoint | undefined {
  if (baselineEndpoint === undefined && baselineModel === undefined) return undefined;
  const own = endpointFromOptions(options, output);
  if (!own) {
    throw new UserError('--baseline-endpoint and --baseline-model need --endpoint', 'add it, or leave them out');
  }
  const endpoint = { ...own, endpoint: baselineEndpoint ?? own.endpoint, model: baselineModel ?? own.model };
  return withAnswers(endpoint, options, output);
}
