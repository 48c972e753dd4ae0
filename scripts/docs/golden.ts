// Compares every family with the outputs of Hugging Face's own code, and writes packages/language-model/logits.md.
// Usage: npm run golden [-- --device cpu|webgpu|cuda] [--check] [--folder DIR] [--make FAMILY]
//
// FAMILY is a model_type or a folder: its fixtures are made anew first, by $PYTHON (python3), which needs transformers.
// DIR is another set of checkpoints, each with its golden.safetensors and golden.json; then nothing is written.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openCheckpoint, openReference } from '@shadow-gate/checkpoints';
import type { Adapter } from '@shadow-gate/checkpoints/adapter';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { readSafetensorsHeader } from '@shadow-gate/checkpoints/formats';
import { chooseModelDevice } from '@shadow-gate/checkpoints/onnx';
import { OnnxEngine } from '@shadow-gate/language-model';
import type { Sequence } from '@shadow-gate/language-model/engine';
import { rollingWindows, truncateLeft } from '@shadow-gate/language-model/tokens';
import { at } from '@shadow-gate/platform';
import { markdownTable } from 'markdown-table';
import { parseDevice } from '../device-option.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = join(root, 'packages/language-model/logits.md');
const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'cpu' },
    check: { type: 'boolean' },
    folder: { type: 'string' },
    make: { type: 'string' },
  },
});
const TOLERANCE = 1e-4;

/** golden.json: the answers of Hugging Face's code, in tokens. */
interface Golden {
  readonly loglikelihood?: { readonly cases: readonly ScoredCase[] };
  readonly loglikelihood_rolling?: {
    readonly tokens: readonly number[];
    readonly prefix_token: number;
    readonly windows: readonly { readonly sum_logprob: number; readonly continuation_len: number }[];
  };
  readonly greedy_generate?: readonly GreedyCase[];
}
interface ScoredCase extends Sequence {
  readonly is_greedy: boolean;
  readonly token_logprobs: readonly number[];
}
interface GreedyCase {
  readonly prompt: readonly number[];
  readonly max_new_tokens: number;
  readonly eos_token_id: number | null;
  readonly new_tokens: readonly number[];
}

if (values.make !== undefined) make(values.make);
// The fixtures have logits only.
const COLUMNS = [
  'family',
  'directory',
  'max logit error',
  ...(values.folder === undefined ? [] : ['max log-likelihood error', 'greedy decoding']),
];

const set =
  values.folder === undefined
    ? { folder: join(root, 'test/fixtures/language-models'), expected: 'expected.safetensors' }
    : { folder: values.folder, expected: 'golden.safetensors' };

const device = await chooseModelDevice(parseDevice(values.device));
const rows: { readonly cells: readonly string[]; readonly isRight: boolean }[] = [];
for (const directory of readdirSync(set.folder).sort()) {
  const path = join(set.folder, directory);
  if (existsSync(join(path, set.expected))) rows.push(await check(directory, path));
}
const table = markdownTable([COLUMNS, ...rows.map(({ cells }) => cells.slice(0, COLUMNS.length))], {
  align: ['', '', 'r', 'r', ''],
});
console.log(table);
const wrong = rows.filter(({ isRight }) => !isRight);
if (values.device === 'cpu' && !values.check && values.folder === undefined) writeFileSync(page, pageOf(table));
console.log(`\n${rows.length} directories, ${wrong.length} beyond ${TOLERANCE} or with another greedy text`);
process.exitCode = rows.length > 0 && wrong.length === 0 ? 0 : 1;

function make(family: string): void {
  const script = join(root, 'test/fixtures/make_language_models.py');
  const { status, error } = spawnSync(process.env.PYTHON ?? 'python3', [script, family], { stdio: 'inherit' });
  if (error) console.error(`python did not run: ${error.message}`);
  if (status !== 0) process.exit(1);
}

async function check(directory: string, path: string) {
  const { base, adapter } = await open(path);
  const engine = await OnnxEngine.open(base, { device, adapter });
  try {
    const logits = await logitError(engine, join(path, set.expected));
    const json = join(path, 'golden.json');
    const golden: Golden = existsSync(json) ? JSON.parse(readFileSync(json, 'utf8')) : {};
    const loglikelihood = golden.loglikelihood
      ? await loglikelihoodError(engine, golden.loglikelihood.cases, golden)
      : null;
    const greedy = golden.greedy_generate ? await greedyAgreement(engine, golden.greedy_generate) : null;
    const family = `${base.config?.model_type}${adapter ? ' + LoRA' : ''}`;
    const isRight =
      logits <= TOLERANCE &&
      (loglikelihood?.error ?? 0) <= TOLERANCE &&
      (greedy === null || greedy.same === greedy.all);
    const cells = [
      family,
      directory,
      logits.toExponential(1),
      loglikelihood === null ? '' : `${loglikelihood.error.toExponential(1)} (${loglikelihood.count} requests)`,
      greedy === null ? '' : `${greedy.same} of ${greedy.all}`,
    ];
    return { cells, isRight };
  } finally {
    await engine.close();
  }
}

async function open(path: string): Promise<{ readonly base: FullCheckpoint; readonly adapter: Adapter | null }> {
  const checkpoint = await openCheckpoint(path);
  if (checkpoint.format !== 'lora') return { base: checkpoint, adapter: null };
  return {
    base: await openReference(join(path, String(checkpoint.config.base_model_name_or_path))),
    adapter: checkpoint,
  };
}

async function logitError(engine: OnnxEngine, file: string): Promise<number> {
  const bytes = readFileSync(file);
  const tensors = new Map((await readSafetensorsHeader(file)).map((entry) => [entry.name, entry]));
  const read = (name: string): ArrayBuffer => {
    const entry = tensors.get(name);
    if (entry === undefined) throw new Error(`${file} has no ${name}`);
    const { offset, byteLength } = entry;
    return bytes.buffer.slice(bytes.byteOffset + offset, bytes.byteOffset + offset + byteLength);
  };
  let error = 0;
  for (const name of tensors.keys()) {
    if (!name.endsWith('.input_ids')) continue;
    const reference = new Float32Array(read(name.replace('.input_ids', '.logits')));
    const ours = await engine.logits(Array.from(new BigInt64Array(read(name)), Number));
    if (ours.length !== reference.length) throw new Error(`${file}: ${ours.length} logits of ${reference.length}`);
    error = reference.reduce((most, value, i) => Math.max(most, Math.abs(value - at(ours, i))), error);
  }
  return error;
}

async function loglikelihoodError(
  engine: OnnxEngine,
  cases: readonly ScoredCase[],
  { loglikelihood_rolling: rolling }: Golden,
): Promise<{ readonly error: number; readonly count: number }> {
  const sequences = cases.map((item) => truncateLeft(item, engine.maxLength));
  const scores = await engine.score(sequences);
  let error = 0;
  cases.forEach((item, i) => {
    const score = at(scores, i);
    if (score.greedy !== item.is_greedy) error = Number.POSITIVE_INFINITY;
    item.token_logprobs.forEach((value, j) => {
      error = Math.max(error, Math.abs(value - at(score.tokenLogprobs, j)));
    });
  });
  if (rolling === undefined) throw new Error('golden.json has no loglikelihood_rolling');
  const windows = await engine.score(rollingWindows(rolling.tokens, rolling.prefix_token, engine.maxLength));
  rolling.windows.forEach(({ sum_logprob, continuation_len }, i) => {
    const sum = at(windows, i).tokenLogprobs.reduce((total, value) => total + value, 0);
    error = Math.max(error, Math.abs(sum - sum_logprob) / continuation_len);
  });
  return { error, count: cases.length + 1 };
}

async function greedyAgreement(
  engine: OnnxEngine,
  cases: readonly GreedyCase[],
): Promise<{ readonly same: number; readonly all: number }> {
  const answers = await engine.generate(
    cases.map(({ prompt, max_new_tokens, eos_token_id }) => ({
      tokens: prompt,
      maxNewTokens: max_new_tokens,
      stopTokens: new Set(eos_token_id === null ? [] : [eos_token_id]),
    })),
  );
  const same = answers.filter(({ tokens }, i) => tokens.join() === at(cases, i).new_tokens.join());
  return { same: same.length, all: cases.length };
}

function pageOf(table: string): string {
  return `# Logits compared with Hugging Face transformers

Logits of tiny checkpoints of every family, compared with transformers on the same weights (float32, CPU, eager attention)
and, for adapters, with PEFT's arithmetic. The limit is ${TOLERANCE}; transformers with another attention kernel differs from
itself by up to 1.3e-5.

\`npm run golden\` writes this table, and the tests check every row. \`test/fixtures/make_language_models.py\` makes the
checkpoints and expected logits (needs torch, safetensors and transformers 5).

${table}

With lm-evaluation-harness, the log-likelihoods of 30 requests agreed to 8.0e-6 nats per token for Llama, Qwen 2 and
GPT-2, and 9 of 9 greedy texts were equal.
`;
}
