import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { SingleBar } from 'cli-progress';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import picomatch from 'picomatch';
import { openCheckpoint, openReference } from './checkpoint/checkpoint.ts';
import { readMeasurement, readVersioned } from './gate/baseline.ts';
import { check } from './gate/check.ts';
import { compare } from './gate/compare.ts';
import { type MeasureOptions, measure, measureAllSpectra, openMeasuredReference } from './gate/measure.ts';
import type { TensorMeasurement } from './gate/measurement.ts';
import { REPORT_SCHEMA, type Report, reportSchema } from './gate/report.ts';
import { expectWritable, writeFileAtomic, writeJson } from './gate/write-atomic.ts';
import { type Answers, generateFile, type Subject, scoreFile } from './language-model/answer.ts';
import { toJsonLines } from './language-model/requests.ts';
import { DEVICE_CHOICES, type DeviceChoice } from './onnx/device.ts';
import { findPolicy } from './policy/load.ts';
import { renderComment } from './report/comment.ts';
import { printable } from './report/escape.ts';
import { renderSpectra } from './report/spectra-table.ts';
import { renderTerminal } from './report/terminal.ts';
import { describeError, UserError } from './user-error.ts';
import { VERSION } from './version.ts';

/** The exit codes are an interface. */
const EXIT = { pass: 0, fail: 1, couldNotJudge: 2, inconclusive: 3 } as const;

interface SubjectOptions {
  checkpoint: string;
  reference?: string;
  device: DeviceChoice;
  memoryLimit?: number;
}

interface VerdictOptions {
  strict?: boolean;
}

function program(): Command {
  const shadowGate = new Command('shadow-gate')
    .description('Decide whether a new language-model checkpoint may be merged.')
    .version(VERSION)
    .option('--debug', 'show the stack of an error')
    .addHelpText('after', EXIT_HELP)
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ outputError: (text, write) => write(`shadow-gate: ${text.trim()} (see --help)\n`) });

  subject(shadowGate.command('check').description('measure a checkpoint, compare it with a baseline and say a verdict'))
    .option('--baseline <file|path>', 'an approved measurement, or a checkpoint that is measured the same way')
    .option('--policy <file>', 'policy file (default: shadow-gate.yml if it is there)')
    .option('--out <dir>', 'write measurement.json, report.json and comment.md there')
    .option('--strict', 'exit 3 where the verdict is inconclusive')
    .addHelpText('after', CHECK_EXAMPLES)
    .action(runCheck);

  subject(shadowGate.command('measure').description('measure a checkpoint; the file is a baseline'))
    .requiredOption('--out <file>', 'the measurement file to write')
    .addHelpText('after', MEASURE_EXAMPLES)
    .action(runMeasure);

  shadowGate
    .command('compare')
    .description('compare two measurements and say a verdict')
    .argument('<candidate.json>')
    .argument('<baseline.json>')
    .option('--policy <file>', 'policy file (default: shadow-gate.yml if it is there)')
    .option('--out <dir>', 'write report.json and comment.md there')
    .option('--strict', 'exit 3 where the verdict is inconclusive')
    .addHelpText('after', COMPARE_EXAMPLES)
    .action(runCompare);

  shadowGate
    .command('report')
    .description('show a report again')
    .argument('<report.json>')
    .option('--markdown', 'as the pull-request comment')
    .option('--strict', 'exit 3 where the verdict is inconclusive')
    .addHelpText('after', REPORT_EXAMPLES)
    .action(runReport);

  subject(shadowGate.command('spectra').description('print the spectral metrics of every matrix'))
    .option('--tensor <glob>', "only matrices whose name matches, such as '*.q_proj.weight'")
    .option('--values', 'all singular values (with --json)')
    .option('--json', 'as JSON')
    .addHelpText('after', SPECTRA_EXAMPLES)
    .action(runSpectra);

  answerer(
    shadowGate.command('score').description('log-likelihoods of continuations, as lm-evaluation-harness has them'),
  )
    .addHelpText('after', SCORE_EXAMPLES)
    .action((options: AnswererOptions) => runAnswerer(options, 'scored', (subject, file) => scoreFile(subject, file)));

  answerer(shadowGate.command('generate').description('continue prompts by greedy decoding'))
    .addHelpText('after', GENERATE_EXAMPLES)
    .action((options: AnswererOptions) =>
      runAnswerer(options, 'continued', (subject, file) => generateFile(subject, file, new Date())),
    );

  return shadowGate;
}

/** What every command that asks a model takes. */
function answerer(command: Command): Command {
  return command
    .option('--checkpoint <path>', 'a Hugging Face directory, or a PEFT adapter')
    .option('--reference <path>', 'the base model of an adapter')
    .requiredOption('--requests <file.jsonl>', 'what to answer, one JSON object a line')
    .requiredOption('--output <file.jsonl>', 'where the answers go, in the same order')
    .addOption(new Option('--device <device>', 'where to compute').choices(DEVICE_CHOICES).default('auto'))
    .option('--batch-memory <MiB>', 'memory that the values of one batch may take (default: 512)', parseMebibytes)
    .option('--endpoint <url>', 'ask an OpenAI-compatible server instead (key in OPENAI_API_KEY)')
    .option('--model <name>', "the server's name for the model")
    .option('--tokenizer <path>', "directory of the server's tokenizer: send token ids instead of text")
    .option('--max-length <tokens>', "the server's context length (default: what it says)", parseTokens);
}

interface AnswererOptions {
  checkpoint?: string;
  reference?: string;
  requests: string;
  output: string;
  device: DeviceChoice;
  batchMemory?: number;
  endpoint?: string;
  model?: string;
  tokenizer?: string;
  maxLength?: number;
}

function subjectOf(options: AnswererOptions): Subject {
  const { checkpoint, reference, device, batchMemory, endpoint, model, tokenizer, maxLength } = options;
  if ((checkpoint === undefined) === (endpoint === undefined)) {
    throw new UserError('give either --checkpoint or --endpoint', 'one of them answers');
  }
  if (checkpoint !== undefined) {
    const foreign = model ?? tokenizer ?? maxLength;
    if (foreign !== undefined) {
      throw new UserError('--model, --tokenizer and --max-length belong to --endpoint', 'leave them out');
    }
    return { kind: 'checkpoint', checkpoint, reference, device, batchBytes: batchMemory };
  }
  if (model === undefined) throw new UserError('--endpoint needs --model', 'give the name that the server has for it');
  if (reference !== undefined || batchMemory !== undefined) {
    throw new UserError('--reference and --batch-memory belong to --checkpoint', 'leave them out');
  }
  const apiKey = process.env.OPENAI_API_KEY;
  return { kind: 'endpoint', endpoint: endpoint as string, model, tokenizer, maxLength, apiKey };
}

async function runAnswerer<T extends object>(
  options: AnswererOptions,
  did: string,
  ask: (subject: Subject, file: string) => Promise<Answers<T>>,
): Promise<void> {
  const subject = subjectOf(options);
  await expectWritable(options.output, 'file');
  if ((await realpath(options.requests).catch(() => '')) === (await realpath(options.output).catch(() => null))) {
    throw new UserError('--output is the file of the requests', 'give another one');
  }
  const { answers, by, truncated } = await ask(subject, options.requests);
  const [first] = truncated;
  if (first !== undefined) {
    const others = truncated.length > 1 ? ` and ${truncated.length - 1} more` : '';
    process.stderr.write(`shadow-gate: warning: ${printable(first)}${others}: cut on the left to fit the model\n`);
  }
  await writeFileAtomic(options.output, toJsonLines(answers));
  const count = `${answers.length} ${answers.length === 1 ? 'request' : 'requests'}`;
  print(`${did} ${count} ${printable(by)}: ${printable(options.output)}`);
}

/** What every command that measures takes. */
function subject(command: Command): Command {
  return command
    .requiredOption('--checkpoint <path>', 'a Hugging Face directory, a PEFT adapter or a safetensors file')
    .option('--reference <path>', 'the weights it was trained from: also measure the update ΔW')
    .addOption(
      new Option('--device <device>', 'where to compute (webgpu has no float64: not for exact spectra)')
        .choices(DEVICE_CHOICES)
        .default('auto'),
    )
    .option('--memory-limit <GiB>', 'memory that one matrix may take (default: 60 % of the machine)', parseGibibytes);
}

function parseGibibytes(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('not a number of GiB above 0.');
  return value * 1024 ** 3;
}

function parseMebibytes(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('not a number of MiB above 0.');
  return value * 1024 ** 2;
}

function parseTokens(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value <= 0) throw new InvalidArgumentError('not a number of tokens.');
  return value;
}

async function runCheck(
  options: SubjectOptions & VerdictOptions & { baseline?: string; policy?: string; out?: string },
): Promise<void> {
  const { checkpoint, reference, baseline, policy, out } = options;
  if (out !== undefined) await expectWritable(out, 'folder');
  const { measurement, report } = await withProgress((onProgress) =>
    check({ ...settingsOf(options), checkpoint, reference, baseline, policy, onProgress }),
  );
  if (out !== undefined) {
    await writeJson(join(out, 'measurement.json'), measurement);
    await writeReport(report, out);
  }
  show(report, options);
}

async function runMeasure(options: SubjectOptions & { out: string }): Promise<void> {
  await expectWritable(options.out, 'file');
  const reference = await openMeasuredReference(options.reference);
  const measurement = await withProgress((onProgress) =>
    measure({ ...settingsOf(options), checkpoint: options.checkpoint, reference, onProgress }),
  );
  await writeJson(options.out, measurement);
  const { tensors, skipped, nonFinite } = measurement;
  warnNonFinite(nonFinite);
  print(`measured ${tensors.length} spectra, skipped ${skipped.length}: ${printable(options.out)}`);
}

async function runCompare(
  candidateFile: string,
  baselineFile: string,
  options: VerdictOptions & { policy?: string; out?: string },
): Promise<void> {
  const found = await findPolicy(options.policy);
  const candidate = await readMeasurement(candidateFile);
  const baseline = await readMeasurement(baselineFile);
  const report = compare({ candidate, baseline, baselinePath: baselineFile, ...found });
  if (options.out !== undefined) await writeReport(report, options.out);
  show(report, options);
}

async function runReport(file: string, options: VerdictOptions & { markdown?: boolean }): Promise<void> {
  const report = await readVersioned(file, REPORT_SCHEMA, reportSchema, "make it with 'shadow-gate check --out'");
  if (options.markdown) {
    process.stdout.write(`${renderComment(report)}\n`);
    setExitCode(report, options);
  } else show(report, options);
}

async function runSpectra(
  options: SubjectOptions & { tensor?: string; values?: boolean; json?: boolean },
): Promise<void> {
  const { tensor: glob } = options;
  if (options.values && !options.json) throw new UserError('--values needs --json', 'add it');
  const isWanted = glob === undefined ? undefined : matcher(glob);
  const found: Array<TensorMeasurement & { singularValues: number[] }> = [];
  const checkpoint = await openCheckpoint(options.checkpoint);
  const reference = options.reference === undefined ? null : await openReference(options.reference);
  const { nonFinite } = await withProgress((onProgress) =>
    measureAllSpectra(checkpoint, reference, {
      ...settingsOf(options),
      onProgress,
      isWanted,
      onSpectrum: (tensor, values) => found.push({ ...tensor, singularValues: options.values ? [...values] : [] }),
    }),
  );
  warnNonFinite(nonFinite);
  if (found.length === 0 && glob !== undefined)
    throw new UserError(`no matrix matches ${glob}`, 'see spectra without --tensor');
  if (!options.json) {
    print(renderSpectra(found, terminal()));
    return;
  }
  const tensors = found.map(({ singularValues, spectrum: _, ...tensor }) => ({
    ...tensor,
    ...(options.values ? { singularValues } : {}),
  }));
  process.stdout.write(`${JSON.stringify({ tensors }, null, 2)}\n`);
}

function settingsOf({ device, memoryLimit }: SubjectOptions) {
  return { device, memoryLimit };
}

function matcher(glob: string): (name: string) => boolean {
  try {
    return picomatch(glob, { literalBrackets: true });
  } catch (error) {
    throw new UserError(`--tensor ${JSON.stringify(glob.slice(0, 80))}: ${(error as Error).message}`, 'give a glob');
  }
}

/** A bar on standard error while a terminal watches; nothing in a log. */
async function withProgress<T>(work: (onProgress: MeasureOptions['onProgress']) => Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work(undefined);
  // The terminal is left as it is, so that Ctrl-C can end the process at once: a handler would wait for the spectrum in
  // work, since this thread computes it.
  const format = '{bar} {value}/{total} {name}';
  const bar = new SingleBar({ format, hideCursor: false, linewrap: true, barsize: 24, clearOnComplete: true });
  bar.start(1, 0, { name: 'reading' });
  try {
    return await work(({ done, total, name }) => {
      bar.setTotal(total);
      bar.update(done, { name: printable(name, 40) });
      bar.render();
    });
  } finally {
    bar.stop();
  }
}

async function writeReport(report: Report, out: string): Promise<void> {
  await writeJson(join(out, 'report.json'), report);
  await writeFileAtomic(join(out, 'comment.md'), `${renderComment(report)}\n`);
}

function show(report: Report, options: VerdictOptions): void {
  print(renderTerminal(report, terminal()));
  setExitCode(report, options);
}

function setExitCode({ verdict }: Report, { strict }: VerdictOptions): void {
  if (verdict === 'fail') process.exitCode = EXIT.fail;
  else if (verdict === 'inconclusive' && strict) process.exitCode = EXIT.inconclusive;
  else process.exitCode = EXIT.pass;
}

function warnNonFinite(nonFinite: ReadonlyArray<{ name: string; nan: number; inf: number }>): void {
  for (const { name, nan, inf } of nonFinite) {
    process.stderr.write(`shadow-gate: warning: tensor ${printable(name)} holds ${nan} NaN and ${inf} Inf\n`);
  }
}

/** A table needs some room; a terminal without a size says 0. */
const MIN_WIDTH = 40;
const DEFAULT_WIDTH = 100;

function terminal(): { color: boolean; width: number } {
  const { stdout, env } = process;
  return {
    color: stdout.isTTY === true && env.NO_COLOR === undefined,
    width: Math.max(MIN_WIDTH, stdout.columns || DEFAULT_WIDTH),
  };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const EXIT_HELP = `
Exit codes: 0 pass or warn, 1 fail, 2 could not judge (bad input, usage), 3 inconclusive under --strict.
Run 'shadow-gate help <command>' for examples.`;

const CHECK_EXAMPLES = `
Examples:
  # a fine-tune against its base model, compared with an approved run
  shadow-gate check --checkpoint out/step-4000 --reference base --baseline .shadow-gate/baseline.json --out report
  # two checkpoints, no files needed
  shadow-gate check --checkpoint new --baseline approved`;

const MEASURE_EXAMPLES = `
Examples:
  shadow-gate measure --checkpoint approved --reference base --out .shadow-gate/baseline.json
  shadow-gate measure --checkpoint adapter --reference base --out baseline.json   # a PEFT LoRA directory`;

const COMPARE_EXAMPLES = `
Example:
  shadow-gate compare report/measurement.json .shadow-gate/baseline.json --policy shadow-gate.yml`;

const REPORT_EXAMPLES = `
Examples:
  shadow-gate report report/report.json
  shadow-gate report report/report.json --markdown > comment.md`;

const SPECTRA_EXAMPLES = `
Examples:
  shadow-gate spectra --checkpoint model --tensor '*.layers.0.*'
  shadow-gate spectra --checkpoint model --reference base --values --json > spectra.json`;

const SCORE_EXAMPLES = `
Requests: {"id", "context", "continuation"}, {"id", "context_ids", "continuation_ids"}, or {"id", "rolling": text or ids}.
Answers: {"id", "logprob", "token_logprobs", "greedy"}.

Examples:
  shadow-gate score --checkpoint model --requests requests.jsonl --output answers.jsonl
  shadow-gate score --checkpoint adapter --reference base --requests requests.jsonl --output answers.jsonl
  shadow-gate score --endpoint http://localhost:8000/v1 --model NAME --requests requests.jsonl --output answers.jsonl`;

const GENERATE_EXAMPLES = `
Requests: {"id", "prompt"}, {"id", "prompt_ids"} or {"id", "messages"}, and "max_new_tokens", "stop" if you like.
Answers: {"id", "text", "tokens", "finish"}.

Example:
  shadow-gate generate --checkpoint model --requests prompts.jsonl --output texts.jsonl`;

/** Errors are one line; a stack only with --debug. */
function reportError(error: unknown, debug: boolean): void {
  if (error instanceof CommanderError) {
    // Commander has printed its own message; help and version are no errors.
    process.exitCode = error.exitCode === 0 ? EXIT.pass : EXIT.couldNotJudge;
    return;
  }
  process.exitCode = EXIT.couldNotJudge;
  const { message, kind } = describeError(error);
  process.stderr.write(`shadow-gate: ${kind}: ${printable(message, 2000)}\n`);
  if (debug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}

// A reader that has seen enough (`| head`) is no error; a full disk is one, and must not look like the verdict "fail".
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`shadow-gate: error: cannot write to standard output: ${error.message}\n`);
  process.exit(EXIT.couldNotJudge);
});

// Nobody listens to the error: the exit code still says it.
process.stderr.on('error', () => {});

try {
  await program().parseAsync();
} catch (error) {
  reportError(error, process.argv.includes('--debug'));
}
