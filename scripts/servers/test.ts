// Real servers against the engine of this project: the same scores, texts and verdicts, how many requests, how long.
// Usage: npm run test:servers [-- --out DIR --python python3.11 --only float32,bfloat16,adapters]
//
// DIR (default .servers) gets a Python environment with vLLM for the CPU and SmolLM2-135M-Instruct (install.py, once).
// Prints a line for every check, and ends with 1 if one of them fails. About half an hour on two cores.
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CommandLine } from './command-line.ts';
import { PROMPTS, SEQUENCES } from './requests.ts';
import { Vllm } from './vllm.ts';

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

/**
 * Nats. Between two engines in float32, whose sums are in another order; and where the server rounds to 16 bits, which can
 * decide what is most likely.
 */
const FLOAT32 = { mean: 1e-3, max: 2e-3, isExact: true };
const BFLOAT16 = { mean: 0.15, max: 1, isExact: false };
/** Of a server with itself (src/language-model/remote/fingerprint.ts). */
const STEADY = { mean: 0.05, max: 0.5 };
/** Requests a question on the built-in suite. */
const MOST_REQUESTS = 1.2;
/** What a broken run may ask again: the answers that were not kept yet, on either side of the break. */
const ASKED_AGAIN = 64;

const failures = [];
function check(what, isRight, found) {
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
console.log(`${cpus()[0]?.model.trim()}, ${availableParallelism()} threads, Node ${process.version}`);

const base = { out, model, name: 'model', dtype: 'float32' };
if (only.has('float32')) await Vllm.during(base, inFloat32);
if (only.has('bfloat16')) await Vllm.during({ ...base, dtype: 'bfloat16' }, inBfloat16);
if (only.has('adapters')) await Vllm.during({ ...base, more: loraFlags() }, besideAdapters);
console.log(failures.length === 0 ? 'all checks passed' : `${failures.length} failed: ${failures.join('; ')}`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function inFloat32(server) {
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

async function inBfloat16(server) {
  await expectSteady(server);
  const served = { endpoint: server.url, model: 'model', tokenizer: model };
  await expectScores('score in bfloat16, token ids', served, { checkpoint: model }, BFLOAT16);
  const suite = ['measure', '--seed', '1', '--no-store', '--policy', policy];
  cli.run([...suite, ...cli.options(served), '--out', join(work, 'served-16.json')]);
  cli.run([...suite, '--only', 'probes', '--checkpoint', model, '--out', join(work, 'local-subset.json')]);
  await expectAnswers('answers in bfloat16', 'served-16.json', 'local-subset.json', BFLOAT16);
}

function loraFlags() {
  const modules = Object.entries(adapters).map(([name, path]) => `${name}=${join(root, path)}`);
  return ['--enable-lora', '--max-lora-rank', '8', '--lora-modules', ...modules];
}

async function besideAdapters(server) {
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

/** A run that is killed after half of its answers is finished by another, which asks the other half. */
async function expectContinued(server, served) {
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

async function expectScores(what, served, local, limit) {
  const [there, here] = [served, local].map((options, i) => {
    const file = join(work, `scores-${i}.jsonl`);
    cli.run(['score', ...cli.options(options), '--requests', join(work, 'sequences.jsonl'), '--output', file]);
    return file;
  });
  const [a, b] = await Promise.all([there, here].map(linesOf));
  const differences = a.flatMap(({ token_logprobs: own }, i) =>
    own.map((value, j) => Math.abs(value - (b[i].token_logprobs[j] ?? Number.NaN))),
  );
  const greedy = a.filter((answer, i) => answer.greedy !== b[i].greedy).length;
  const isRight = isWithin(differences, limit) && (!limit.isExact || greedy === 0);
  check(what, isRight, `${differences.length} tokens, ${shown(differences)}, ${greedy} greedy flags differ`);
}

async function expectTexts(what, served, local) {
  const [there, here] = [served, local].map((options, i) => {
    const file = join(work, `texts-${i}.jsonl`);
    cli.run(['generate', ...cli.options(options), '--requests', join(work, 'prompts.jsonl'), '--output', file]);
    return file;
  });
  const [a, b] = await Promise.all([there, here].map(linesOf));
  const same = a.filter(({ text }, i) => text === b[i].text).length;
  check(what, same === b.length, `${same} of ${b.length} texts of 24 tokens are the same`);
}

async function expectAnswers(what, served, local, limit) {
  const [a, b] = await Promise.all([served, local].map(itemsOf));
  const byId = new Map(b.map((item) => [item.id, item]));
  const both = a.filter(({ id }) => byId.has(id));
  const differences = both.flatMap(({ id, logprobs }) =>
    logprobs.map((value, i) => Math.abs(value - byId.get(id).logprobs[i])),
  );
  const other = both.filter(({ id, given }) => given !== byId.get(id).given).length;
  const isSame = both.length === a.length && a.length === b.length && (!limit.isExact || other === 0);
  check(
    what,
    isSame && isWithin(differences, limit),
    `${both.length} items, ${other} answered otherwise; log-likelihoods of choices: ${shown(differences)}`,
  );
}

/** What a batch and a prefix cache change, alone and among 36 others: next tokens and prompts. */
async function expectSteady(server) {
  const prompts = SEQUENCES.map(({ context, continuation }) => context + continuation).filter((_, i) => i % 4 === 3);
  for (const echo of [true, false]) {
    const ask = (prompt) => server.logprobs({ model: 'model', prompt, echo });
    const alone = [];
    for (const prompt of prompts) alone.push(await ask(prompt));
    const together = await Promise.all([...prompts, ...prompts, ...prompts].map(ask));
    const differences = together.flatMap((values, i) =>
      values.map((value, j) => Math.abs(value - alone[i % prompts.length][j])),
    );
    check(
      `the same in a batch, ${echo ? 'prompts' : 'next tokens'}`,
      isWithin(differences, STEADY),
      shown(differences),
    );
  }
}

async function itemsOf(name) {
  const { probes } = JSON.parse(await readFile(join(work, name), 'utf8'));
  const { groups, columns, rows } = probes.items;
  return rows.map((row) => {
    const item = Object.fromEntries(columns.map((name, i) => [name, row[i]]));
    return { ...groups[item.group], ...item, given: item.given ?? item.right };
  });
}

async function linesOf(path) {
  const text = await readFile(path, 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function spread(differences) {
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  return { mean, max: differences.reduce((max, value) => Math.max(max, value), 0) };
}

function isWithin(differences, limit) {
  const { mean, max } = spread(differences);
  return mean <= limit.mean && max <= limit.max;
}

function shown(differences) {
  const { mean, max } = spread(differences);
  return `mean difference ${mean.toExponential(1)}, largest ${max.toExponential(1)}`;
}

/** A policy that asks 60 of the built-in questions, of which this model answers some, each with its twin. */
async function writeSubset() {
  cli.run(['probes', '--seed', '1', '--export', join(work, 'exported')]);
  const items = await linesOf(join(work, 'exported', 'builtin.jsonl'));
  const isAsked = ({ id }) => /^(?:facts-4|records-1)-[0-2]\d\./.test(id);
  const chosen = items.filter(isAsked).map(({ level: _, ...item }) => JSON.stringify(item));
  await writeFile(join(work, 'subset.jsonl'), chosen.join('\n'));
  const path = join(work, 'policy.yml');
  await writeFile(path, 'probes: [subset.jsonl]\n');
  return path;
}

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${command} ${args[0]} ended with ${status}`);
}
