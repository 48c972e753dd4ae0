import {
  DEVICE_CHOICES,
  type DeviceChoice,
  LIBRARIES_WORDS,
  type LibrariesChoice,
  parseLibraries,
} from '@shadow-gate/checkpoints/onnx';
import { LOG_KINDS, type LogKind, type Logs } from '@shadow-gate/harness';
import { words } from '@shadow-gate/platform';
import { parseMemory, SIZE_WORDS } from '@shadow-gate/platform/memory';
import { METHOD_CHOICES, type MethodChoice } from '@shadow-gate/spectra';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  ORDER_SEED_WORDS,
  parseCount,
  parseSeconds,
  parseSeed,
  parseTimeout,
  SEED_WORDS,
  TIME_WORDS,
  TIMEOUT_WORDS,
} from '../gate/option-values.ts';
import { FAIL_ON_CHOICES, type FailOn } from '../github/publish/index.ts';
import { HALVES, type Half, type SeedChoice } from '../measure/options.ts';
import { parseShard, SHARD_WORDS } from '../measure/shards/index.ts';
import type { Policy } from '../policy/policy.ts';

export const CHECKPOINT_FLAGS = '--checkpoint <path>';
export const CHECKPOINT_WORDS =
  'Hugging Face directory, PEFT or MLX adapter, safetensors, GGUF or ONNX file, or hf://org/model[@revision]';

/** Options of a command that measures a checkpoint, or a server's model. */
export function candidateOptions(command: Command): Command {
  command.option(CHECKPOINT_FLAGS, `${CHECKPOINT_WORDS}; without it, --endpoint is measured by its answers alone`);
  spectraOptions(command)
    .option('--revision <text>', 'what is served at --endpoint, where there is no --checkpoint: declared, not proven')
    .option(
      '--adapter <path>',
      'PEFT or MLX adapter that was merged into the reference to make the checkpoint; proves the merge',
    );
  halfOption(policyOption(command))
    .option(
      '--seed <n|rotate>',
      'probe seed: an integer, or "rotate" to draw a new seed and run the probes on both models',
      parseSeedOption,
    )
    .option(
      '--order-seed <n>',
      'seed of the order of asking, to reproduce a run: its report and measurement have it (default: drawn)',
      parseOrderSeedOption,
    )
    .option(
      '--budget <time>',
      'time limit for the probes on one model, such as 60s or 5m (default: no limit)',
      parseTimeOption,
    )
    .option('--chat-template', "prompt the model through the checkpoint's chat template");
  return endpointOptions(command);
}

export interface CandidateOptions extends SpectraOptions, EndpointOptions {
  checkpoint?: string;
  revision?: string;
  adapter?: string;
  policy?: string;
  only?: Half;
  seed?: SeedChoice;
  orderSeed?: number;
  /** In seconds. */
  budget?: number;
  chatTemplate?: boolean;
}

/** The first few checks show what is wrong with a server. */
const CONTROLS = 3;

export function controlOption(flags: string): Option {
  const words = `checks of the model against itself, each with new questions: how often the gate would be red on nothing (${CONTROLS} if no number is given)`;
  return new Option(flags, words).preset(String(CONTROLS)).argParser(parseCountOption);
}

export function spectraOptions(command: Command): Command {
  command.option('--reference <path>', 'weights that the checkpoint was trained from; also measures the update ΔW');
  return deviceOptions(command, 'where to compute; webgpu has no float64, so exact spectra stay on the CPU')
    .addOption(
      new Option(
        '--method <method>',
        'how to compute spectra: fast reports guaranteed bounds; auto is exact up to 1024 columns and fast above',
      )
        .choices(METHOD_CHOICES)
        .default('auto'),
    )
    .option('--no-store', 'measure everything instead of reusing cached results (cache folder: SHADOW_GATE_CACHE)')
    .option('--max-memory <size>', MEMORY_WORDS, parseMemoryOption);
}

const MEMORY_WORDS =
  "memory limit, such as 6GB or 6 (GiB): of the matrices in progress (default: 60% of the machine's), and of the model, which runs layer by layer if it is larger (default: the machine's)";

/** For a command that runs a model and measures no spectra. */
export function modelMemoryOption(command: Command): Command {
  return command.option(
    '--max-memory <size>',
    "memory limit, such as 6GB or 6 (GiB): a model that is larger runs layer by layer (default: the machine's memory)",
    parseMemoryOption,
  );
}

export interface ModelMemoryOptions {
  /** In bytes. */
  maxMemory?: number;
}

export interface SpectraOptions extends DeviceOptions, ModelMemoryOptions {
  reference?: string;
  method: MethodChoice;
  /** False with `--no-store`. */
  store: boolean;
}

export function deviceOptions(command: Command, description: string): Command {
  return command
    .addOption(new Option('--device <device>', description).choices(DEVICE_CHOICES).default('auto'))
    .option(
      '--cuda-libraries <choice>',
      "CUDA's libraries that this machine does not have: download, off, a folder that has them, or auto, which downloads on runners that GitHub hosts (default: auto)",
      parseLibrariesOption,
    );
}

export interface DeviceOptions {
  device: DeviceChoice;
  cudaLibraries?: LibrariesChoice;
}

export function halfOption(command: Command): Command {
  return command.addOption(new Option('--only <half>', 'run only one half of the gate').choices(HALVES));
}

export function policyOption(command: Command): Command {
  return command.option('--policy <file>', 'policy file (default: shadow-gate.yml if it exists)');
}

export function calibrationOptions(command: Command): Command {
  return command
    .option(
      '--calibration <file>',
      "limits that 'shadow-gate calibrate' has set (default: .shadow-gate/calibration.json if it exists)",
    )
    .option('--no-calibration', 'use no calibration');
}

export interface CalibrationOptions {
  /** False with `--no-calibration`. */
  calibration?: string | false;
}

/** A server that runs the model, in place of a checkpoint. */
export function endpointOptions(command: Command): Command {
  return command
    .option('--endpoint <url>', 'run the model on an OpenAI-compatible server (API key in OPENAI_API_KEY)')
    .option('--model <name>', 'name of the model on the server')
    .option('--tokenizer <path>', "directory of the server's tokenizer; sends token ids instead of text")
    .option(
      '--max-length <tokens>',
      'longest prompt with its answer on the server (default: as it reports)',
      parseTokens,
    )
    .option('--concurrency <n>', 'requests to the server at the same time (default: 8)', parseCountOption)
    .option('--timeout <time>', 'time limit for one request to the server (default: 240s)', parseTimeoutOption);
}

export interface EndpointOptions {
  endpoint?: string;
  model?: string;
  tokenizer?: string;
  maxLength?: number;
  concurrency?: number;
  /** In seconds. */
  timeout?: number;
}

/** Options about running a model, which exclude logs. */
const RUN_OPTIONS = words(
  'checkpoint revision reference adapter only seed orderSeed budget chatTemplate',
  'endpoint model tokenizer maxLength concurrency timeout',
);

/** Names of the options that read logs, and what they read. */
const LOG_OPTIONS = {
  'lm-eval': ['lmEval', 'what lm-evaluation-harness wrote (--output_path with --log_samples)'],
  inspect: ['inspect', 'logs of Inspect AI (--log-dir)'],
  lighteval: ['lighteval', 'what lighteval wrote (--output-dir with --save-details)'],
  'every-eval-ever': ['everyEvalEver', 'logs in the format of Every Eval Ever, with their samples'],
  counts: ['counts', 'right answers and samples of each item, in JSON lines'],
} as const satisfies Record<LogKind, readonly [keyof LogOptions, string]>;

/**
 * Logs of an evaluation in place of a model.
 * @param others options of the command that are about running a model
 */
export function logOptions(command: Command, others: readonly string[]): Command {
  const names = Object.values(LOG_OPTIONS).map(([name]) => name);
  return LOG_KINDS.reduce((so, kind) => {
    const [name, words] = LOG_OPTIONS[kind];
    const conflicts = [...RUN_OPTIONS, ...others, ...names.filter((other) => other !== name)];
    const option = new Option(
      `--${kind} <${kind === 'counts' ? 'file' : 'dir'}>`,
      `read ${words} in place of a checkpoint; runs no model`,
    );
    return so.addOption(option.conflicts(conflicts));
  }, command);
}

export interface LogOptions {
  lmEval?: string;
  inspect?: string;
  lighteval?: string;
  everyEvalEver?: string;
  counts?: string;
}

/** The logs to read; null for a model. */
export function logsFromOptions(options: LogOptions): Logs | null {
  for (const kind of LOG_KINDS) {
    const path = options[LOG_OPTIONS[kind][0]];
    if (path !== undefined) return { kind, path };
  }
  return null;
}

export function junitOption(command: Command): Command {
  return command.addOption(
    // Test results that say "not judged" would contradict an exit code that says "passed".
    new Option('--junit <file>', 'also write the checks as JUnit XML, whatever the verdict').conflicts(
      'allowInconclusive',
    ),
  );
}

export interface JunitFileOptions {
  junit?: string;
}

/** As the input `fail-on` of the action. */
export function failOnOption(): Option {
  return new Option('--fail-on <verdict>', 'the mildest verdict that makes the exit code non-zero')
    .choices(FAIL_ON_CHOICES)
    .default('inconclusive' satisfies FailOn);
}

/** What the change is meant to be, for one check. */
export function expectOption(): Option {
  return new Option(
    '--expect <change>',
    'what the change is meant to be: same-model for quantized, converted or merged weights, or another engine',
  ).choices(['same-model'] satisfies ReadonlyArray<NonNullable<ExpectOptions['expect']>>);
}

export interface ExpectOptions {
  expect?: NonNullable<Policy['expect']>;
}

export function verdictOptions(command: Command): Command {
  return (
    command
      .option('--allow-inconclusive', 'exit with code 0 instead of 3 if the verdict is inconclusive')
      .addOption(failOnOption().conflicts('allowInconclusive'))
      .addOption(new Option('--json', 'print the report as JSON on standard output').conflicts('quiet'))
      .option('--quiet', 'print the verdict alone')
      .addOption(new Option('--verbose', 'print all tables and findings').conflicts(['json', 'quiet']))
      // The default since 0.3: older scripts may still give it.
      .addOption(new Option('--strict').hideHelp().conflicts('allowInconclusive'))
  );
}

export interface VerdictOptions {
  allowInconclusive?: boolean;
  failOn?: FailOn;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
}

/** A parser for Commander, which shows `problem` for a value that has no meaning. */
function parser<T>(parse: (text: string) => T | null, problem: string): (text: string) => T {
  return (text) => {
    const value = parse(text);
    if (value === null) throw new InvalidArgumentError(problem);
    return value;
  };
}

function parseMebibytesOrNull(text: string): number | null {
  const value = Number(text);
  return value > 0 ? value * 1024 ** 2 : null;
}

function parseOrderSeed(text: string): number | null {
  const seed = parseSeed(text);
  return typeof seed === 'number' ? seed : null;
}

const parseMemoryOption = parser(parseMemory, `Allowed: ${SIZE_WORDS}.`);
const parseTokens = parser(parseCount, 'Not a number of tokens.');
const parseTimeoutOption = parser(parseTimeout, `Allowed: ${TIMEOUT_WORDS}.`);
const parseOrderSeedOption = parser(parseOrderSeed, `Allowed: ${ORDER_SEED_WORDS}.`);
const parseLibrariesOption = parser(parseLibraries, `Allowed: ${LIBRARIES_WORDS}.`);
export const parseMebibytes = parser(parseMebibytesOrNull, 'Not a number of MiB above 0.');
export const parseCountOption = parser(parseCount, 'Not a whole number above 0.');
export const parseSeedOption = parser(parseSeed, `Allowed: ${SEED_WORDS}.`);
export const parseShardOption = parser(parseShard, `Allowed: ${SHARD_WORDS}.`);
export const parseTimeOption = parser(parseSeconds, `Allowed: ${TIME_WORDS}.`);
