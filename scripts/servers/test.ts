// Real servers against the engine of this project: the same scores, texts and verdicts, how many requests, how long.
// Usage: npx tsx scripts/servers/test.ts [--out DIR --python python3.11 --only float32,bfloat16,adapters]
//
// DIR (default .servers) gets a Python environment with vLLM for the CPU and SmolLM2-135M-Instruct (install.py, once).
// Prints a line for every check, and ends with 1 if one of them fails. About half an hour on two cores.
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { at } from '@shadow-gate/platform';
import { readMeasurement } from '../../src/measure/schema/read.ts';
import { arithmeticMean } from '../../src/statistics/descriptive.ts';
import { describeProcessor } from '../machine.ts';
import { CommandLine, type Options } from './command-line.ts';
import { PROMPTS, SEQUENCES } from './requests.ts';
import { Vllm, type VllmOptions } from './vllm.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, '.servers') },
    python: { type: 'string', default: 'python3.11' },
    only: { type: 'string', default: 'float32,bfloat16,adapters' },
  },
});
const out = resolve(values.out);
const only = new Set(values.only.split(','));
const model = join(out, 'model');
const adapters = { memorized: 'examples/real-model/memorized', learned: 'examples/real-model/learned' };

/** What two engines may differ by, in nats; `isExact`: greedy choices are the same. */
interface Limit {
  readonly mean: number;
  readonly max: number;
  readonly isExact?: boolean;
}

/** A line of what `score` and `generate` print. */
interface Scored {
  readonly token_logprobs: readonly number[];
  readonly greedy: boolean;
}
interface Generated {
  readonly text: string;
}

/** An answer of measurement.json. */
interface Answer {
  readonly id: string;
  readonly given: string;
  readonly logprobs: readonly number[];
}

/**
 * Nats between two engines: in float32, where they sum in another order, and where the server rounds to 16 bits, which
 * can decide which token is most likely.
 */
const FLOAT32 = { mean: 1e-3, max: 2e-3, isExact: true };
const BFLOAT16 = { mean: 0.15, max: 1, isExact: false };
/** Nats between two answers of one server (packages/language-model/src/remote/fingerprint.ts). */
const STEADY = { mean: 0.05, max: 0.5 };
/** Requests a question on the built-in suite. */
const MOST_REQUESTS = 1.2;
/** What a broken run may ask again: the answers that were not kept yet, on either side of the break. */
const ASKED_AGAIN = 64;

const failures: string[] = [];
function check(what: string, isRight: boolean, found: string | number): void {
  console.log(`${isRight ? 'ok    ' : 'FAILED'} ${what}: ${found}`);
  if (!isRight) failures.push(what);
}

await mkdir(out, { recursive: true });
run(values.python, [join(root, 'scripts/servers/install.py'), out]);
run(process.execPath, [
  ...process.execArgv,
  join(root, 'scripts/build.ts'),
  '--outdir',
  join(root, 'node_modules/.servers-cli'),
]);
const work = join(out, 'work');
await rm(work, { recursive: true, force: true });
await mkdir(work);
const cli = new CommandLine({ cli: join(root, 'node_modules/.servers-cli/cli.js'), work });
await writeFile(join(work, 'sequences.jsonl'), SEQUENCES.map((line) => JSON.stringify(line)).join('\n'));
await writeFile(join(work, 'prompts.jsonl'), PROMPTS.map((line) => JSON.stringify(line)).join('\n'));
const policy = await writeSubset();
console.log(`${describeProcessor()}, Node ${process.version}`);

const base: VllmOptions = { out, model, name: 'model', dtype: 'float32' };
if (only.has('float32')) await Vllm.during(base, inFloat32);
if (only.has('bfloat16')) await Vllm.during({ ...base, dtype: 'bfloat16' }, inBfloat16);
if (only.has('adapters')) await Vllm.during({ ...base, more: loraFlags() }, besideAdapters);
console.log(failures.length === 0 ? 'all checks passed' : `${failures.length} failed: ${failures.join('; ')}`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function inFloat32(server: Vllm): Promise<void> {
  console.log(`vLLM ${server.version}, float32`);
  const local = { checkpoint: model };
  for (const tokenizer of [model, undefined]) {
    const how = tokenizer ? 'token ids' : 'texts';
    const served = { endpoint: server.url, model: 'model', tokenizer };
    await expectScores(`score, ${how}`, served, local, FLOAT32);
    await expectTexts(`generate, ${how}`, served, local);
  }
  const served = { endpoint: server.url, model: 'model', tokenizer: model };
  const common = ['measure', '--seed', '1', '--no-store'];
  const one = cli.run([...common, ...cli.options(served), '--out', join(work, 'served.json')]);
  const other = cli.run([...common, '--only', 'probes', ...cli.options(local), '--out', join(work, 'local.json')]);
  const perQuestion = Number(/\((\d+(?:\.\d+)?) requests a question\)/.exec(one.text)?.[1] ?? Number.NaN);
  check('requests a question, built-in suite', perQuestion <= MOST_REQUESTS, perQuestion);
  console.log(`       built-in suite: ${one.seconds.toFixed(0)} s at the server, ${other.seconds.toFixed(0)} s here`);
  await expectAnswers('answers, built-in suite', 'served.json', 'local.json', FLOAT32);
  await expectContinued(server, served);
}

async function inBfloat16(server: Vllm): Promise<void> {
  await expectSteady(server);
  const served = { endpoint: server.url, model: 'model', tokenizer: model };
  await expectScores('score in bfloat16, token ids', served, { checkpoint: model }, BFLOAT16);
  const suite = ['measure', '--seed', '1', '--no-store', '--policy', policy];
  cli.run([...suite, ...cli.options(served), '--out', join(work, 'served-16.json')]);
  cli.run([...suite, '--only', 'probes', '--checkpoint', model, '--out', join(work, 'local-subset.json')]);
  await expectAnswers('answers in bfloat16', 'served-16.json', 'local-subset.json', BFLOAT16);
}

function loraFlags(): string[] {
  const modules = Object.entries(adapters).map(([name, path]) => `${name}=${join(root, path)}`);
  return ['--enable-lora', '--max-lora-rank', '8', '--lora-modules', ...modules];
}

async function besideAdapters(server: Vllm): Promise<void> {
  for (const [name, path] of Object.entries(adapters)) {
    const served = { endpoint: server.url, model: name, tokenizer: model };
    const local = { checkpoint: join(root, path), reference: model };
    await expectScores(`score, the adapter ${name}`, served, local, FLOAT32);
    const common = ['check', '--seed', '1', '--no-store', '--policy', policy];
    const there = cli.check([...common, ...cli.options(served), '--baseline-model', 'model'], `served-${name}`);
    const here = cli.check(
      [...common, '--only', 'probes', ...cli.options(local), '--baseline', model],
      `local-${name}`,
    );
    check(`verdict on the adapter ${name}`, there.verdict === here.verdict, `${there.verdict} and ${here.verdict}`);
    await expectAnswers(
      `answers of the adapter ${name}`,
      `served-${name}/measurement.json`,
      `local-${name}/measurement.json`,
      FLOAT32,
    );
  }
}

/** A run is killed after half of its answers: the next run asks only the other half. */
async function expectContinued(server: Vllm, served: Options): Promise<void> {
  const line = [
    'measure',
    '--seed',
    '1',
    '--policy',
    policy,
    ...cli.options(served),
    '--out',
    join(work, 'whole.json'),
  ];
  const before = server.completions();
  cli.run([...line, '--no-store']);
  const whole = server.completions() - before;
  await rm(join(work, 'whole.json'));
  await cli.killWhen(line, () => server.completions() - before - whole > whole / 2);
  const broken = server.completions() - before - whole;
  cli.run(line);
  const rest = server.completions() - before - whole - broken;
  const isContinued = rest < whole && broken + rest <= whole + ASKED_AGAIN;
  check('a run that was killed goes on', isContinued, `${whole} requests in one, ${broken} and ${rest} in two`);
}

/** The lines that `score` or `generate` writes. */
async function answered<T>(command: 'score' | 'generate', requests: string, options: Options): Promise<T[]> {
  const file = join(work, 'answered.jsonl');
  cli.run([command, ...cli.options(options), '--requests', join(work, requests), '--output', file]);
  return linesOf<T>(file);
}

async function expectScores(what: string, served: Options, local: Options, limit: Limit): Promise<void> {
  const there = await answered<Scored>('score', 'sequences.jsonl', served);
  const here = await answered<Scored>('score', 'sequences.jsonl', local);
  const differences = there.flatMap(({ token_logprobs: own }, i) =>
    own.map((value, j) => Math.abs(value - (at(here, i).token_logprobs[j] ?? Number.NaN))),
  );
  const greedy = there.filter((answer, i) => answer.greedy !== at(here, i).greedy).length;
  const isRight = isWithin(differences, limit) && (!limit.isExact || greedy === 0);
  check(what, isRight, `${differences.length} tokens, ${shown(differences)}, ${greedy} greedy flags differ`);
}

async function expectTexts(what: string, served: Options, local: Options): Promise<void> {
  const there = await answered<Generated>('generate', 'prompts.jsonl', served);
  const here = await answered<Generated>('generate', 'prompts.jsonl', local);
  const same = there.filter(({ text }, i) => text === at(here, i).text).length;
  check(what, same === here.length, `${same} of ${here.length} texts of 24 tokens are the same`);
}

async function expectAnswers(what: string, served: string, local: string, limit: Limit): Promise<void> {
  const [there, here] = [await itemsOf(served), await itemsOf(local)];
  const byId = new Map(here.map((item) => [item.id, item]));
  const both = there.flatMap((own) => {
    const other = byId.get(own.id);
    return other === undefined ? [] : [{ own, other }];
  });
  const differences = both.flatMap(({ own, other }) =>
    own.logprobs.map((value, i) => Math.abs(value - at(other.logprobs, i))),
  );
  const other = both.filter(({ own, other }) => own.given !== other.given).length;
  const isSame = both.length === there.length && there.length === here.length && (!limit.isExact || other === 0);
  check(
    what,
    isSame && isWithin(differences, limit),
    `${both.length} items, ${other} answered otherwise; log-likelihoods of choices: ${shown(differences)}`,
  );
}

/** What a batch and a prefix cache change, alone and among 36 others: next tokens and prompts. */
async function expectSteady(server: Vllm): Promise<void> {
  const prompts = SEQUENCES.map(({ context, continuation }) => context + continuation).filter((_, i) => i % 4 === 3);
  for (const echo of [true, false]) {
    const ask = (prompt: string) => server.logprobs({ model: 'model', prompt, echo });
    const alone: (readonly number[])[] = [];
    for (const prompt of prompts) alone.push(await ask(prompt));
    const together = await Promise.all([...prompts, ...prompts, ...prompts].map(ask));
    const differences = together.flatMap((values, i) =>
      values.map((value, j) => Math.abs(value - at(at(alone, i % prompts.length), j))),
    );
    check(
      `the same in a batch, ${echo ? 'prompts' : 'next tokens'}`,
      isWithin(differences, STEADY),
      shown(differences),
    );
  }
}

async function itemsOf(name: string): Promise<Answer[]> {
  const { probes } = await readMeasurement(join(work, name));
  const items = probes?.status === 'measured' ? probes.items : [];
  return items.map(({ id, given, logprobs }) => ({ id, given, logprobs: logprobs ?? [] }));
}

async function linesOf<T>(path: string): Promise<T[]> {
  const text = await readFile(path, 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function spread(differences: readonly number[]): Limit {
  return { mean: arithmeticMean(differences), max: differences.reduce((max, value) => Math.max(max, value), 0) };
}

function isWithin(differences: readonly number[], limit: Limit): boolean {
  const { mean, max } = spread(differences);
  return mean <= limit.mean && max <= limit.max;
}

function shown(differences: readonly number[]): string {
  const { mean, max } = spread(differences);
  return `mean difference ${mean.toExponential(1)}, largest ${max.toExponential(1)}`;
}

/** A policy that asks 60 of the built-in questions, of which this model answers some, each with its twin. */
async function writeSubset(): Promise<string> {
  cli.run(['probes', '--seed', '1', '--export', join(work, 'exported')]);
  const items = await linesOf<{ readonly id: string; readonly level?: number }>(
    join(work, 'exported', 'builtin.jsonl'),
  );
  const isAsked = ({ id }: { readonly id: string }) => /^(?:facts-4|records-1)-[0-2]\d\./.test(id);
  const chosen = items.filter(isAsked).map(({ level: _, ...item }) => JSON.stringify(item));
  await writeFile(join(work, 'subset.jsonl'), chosen.join('\n'));
  const path = join(work, 'policy.yml');
  await writeFile(path, 'probes: [subset.jsonl]\n');
  return path;
}

function run(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${command} ${args[0]} ended with ${status}`);
}
