import { join } from 'node:path';
import process from 'node:process';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type Endpoint,
  HALVES,
  type Half,
  parseSeconds,
  parseSeed,
  SEED_WORDS,
  type SeedChoice,
  TIME_WORDS,
} from '../measure/options.ts';
import { parseShard, SHARD_WORDS, type Shard } from '../measure/shards/shard.ts';
import { DEVICE_CHOICES, type DeviceChoice } from '../onnx/device.ts';
import { cacheFolder } from '../platform/cache-folder.ts';
import { directoryStore, type KeyValueStore } from '../platform/key-value-store.ts';
import { UserError } from '../platform/user-error.ts';
import { METHOD_CHOICES, type MethodChoice } from '../spectra/choose-method.ts';
import { warn } from './output.ts';

/** What every command that measures takes. */
export function subject(command: Command): Command {
  return (
    command
      .requiredOption(
        '--checkpoint <path>',
        'a Hugging Face directory, a PEFT adapter, a safetensors file, an ONNX model, or hf://org/model[@revision]',
      )
      .option('--reference <path>', 'the weights it was trained from: also measure the update ΔW')
      .addOption(device('where to compute (webgpu has no float64: exact spectra stay on the CPU)'))
      .addOption(
        new Option('--method <method>', 'of the spectra: auto is exact up to 1024 columns and fast, in brackets, above')
          .choices(METHOD_CHOICES)
          .default('auto'),
      )
      .option(
        '--no-store',
        'compute every spectrum, also those that are known from an earlier run (SHADOW_GATE_CACHE says where)',
      )
      .option('--max-memory <GiB>', 'memory that one matrix may take (default: 60 % of the machine)', parseGibibytes)
      // What it was called first.
      .addOption(new Option('--memory-limit <GiB>').argParser(parseGibibytes).hideHelp())
  );
}

export function device(description: string): Option {
  return new Option('--device <device>', description).choices(DEVICE_CHOICES).default('auto');
}

export interface SubjectOptions {
  checkpoint: string;
  reference?: string;
  device: DeviceChoice;
  method: MethodChoice;
  maxMemory?: number;
  memoryLimit?: number;
  /** False: `--no-store`. */
  store: boolean;
}

/** Where spectra are kept between runs; undefined: nowhere. */
export function spectrumStore({ store }: Pick<SubjectOptions, 'store'>): KeyValueStore | undefined {
  const folder = cacheFolder();
  return store && folder !== null ? directoryStore(join(folder, 'spectra'), warn) : undefined;
}

/** What a command takes that asks the probes. */
export function probing(command: Command): Command {
  return endpoint(
    command
      .option('--policy <file>', 'policy file (default: shadow-gate.yml if it is there)')
      .addOption(new Option('--only <half>', 'one half of the gate').choices(HALVES))
      .option(
        '--seed <n|rotate>',
        'of the probes; rotate draws a fresh one and asks the baseline as well',
        seedArgument,
      )
      .option(
        '--budget <time>',
        'time that asking one model may take, such as 60s or 5m (default: ask all)',
        timeArgument,
      )
      .option('--chat-template', 'ask through the chat template of the checkpoint'),
  );
}

export interface ProbingOptions extends EndpointOptions {
  policy?: string;
  only?: Half;
  seed?: SeedChoice;
  budget?: number;
  chatTemplate?: boolean;
}

/** A server that answers instead of the checkpoint. */
export function endpoint(command: Command): Command {
  return command
    .option('--endpoint <url>', 'ask an OpenAI-compatible server instead (key in OPENAI_API_KEY)')
    .option('--model <name>', "the server's name for the model")
    .option('--tokenizer <path>', "directory of the server's tokenizer: send token ids instead of text")
    .option('--max-length <tokens>', "the server's context length (default: what it says)", parseTokens);
}

export interface EndpointOptions {
  endpoint?: string;
  model?: string;
  tokenizer?: string;
  maxLength?: number;
}

/** @throws UserError for half an endpoint */
export function endpointOf({ endpoint, model, tokenizer, maxLength }: EndpointOptions): Endpoint | undefined {
  if (endpoint === undefined) {
    if ((model ?? tokenizer ?? maxLength) === undefined) return undefined;
    throw new UserError('--model, --tokenizer and --max-length belong to --endpoint', 'leave them out');
  }
  if (model === undefined) throw new UserError('--endpoint needs --model', 'give the name that the server has for it');
  return { endpoint, model, tokenizer, maxLength, apiKey: process.env.OPENAI_API_KEY };
}

function parseGibibytes(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('not a number of GiB above 0.');
  return value * 1024 ** 3;
}

export function parseMebibytes(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('not a number of MiB above 0.');
  return value * 1024 ** 2;
}

function parseTokens(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value <= 0) throw new InvalidArgumentError('not a number of tokens.');
  return value;
}

export function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value <= 0) throw new InvalidArgumentError('not a whole number above 0.');
  return value;
}

export function seedArgument(text: string): SeedChoice {
  return parseSeed(text) ?? refuse(SEED_WORDS);
}

export function shardArgument(text: string): Shard {
  return parseShard(text) ?? refuse(SHARD_WORDS);
}

export function timeArgument(text: string): number {
  return parseSeconds(text) ?? refuse(TIME_WORDS);
}

function refuse(allowed: string): never {
  throw new InvalidArgumentError(`allowed: ${allowed}.`);
}
