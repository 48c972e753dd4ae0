// Every family against the reference outputs of the real Hugging Face code: writes the table in docs/golden.md.
// Usage: npm run golden [-- --device cpu|webgpu|cuda] [--check]
//
// Two sets: the fixtures of this repository, and the larger ../shared/golden where it is at hand (rows of a set that is
// not there are kept from the table as it is).
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { markdownTable } from 'markdown-table';
import { importSources } from '../run/import-sources.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = join(root, 'docs/golden.md');
const { values } = parseArgs({ options: { device: { type: 'string', default: 'cpu' }, check: { type: 'boolean' } } });
const TOLERANCE = 1e-4;

const { openCheckpoint, openReference, readSafetensorsHeader, OnnxEngine, truncateLeft, rollingWindows } =
  await importSources({
    openCheckpoint: 'src/checkpoint/open.ts',
    openReference: 'src/checkpoint/open.ts',
    readSafetensorsHeader: 'src/checkpoint/safetensors.ts',
    OnnxEngine: 'src/language-model/runtime/onnx-engine.ts',
    truncateLeft: 'src/language-model/tokens/encode.ts',
    rollingWindows: 'src/language-model/tokens/encode.ts',
  });

const SETS = [
  { name: 'fixtures', folder: join(root, 'test/fixtures/language-models'), expected: 'expected.safetensors' },
  { name: 'golden', folder: join(root, '../shared/golden'), expected: 'golden.safetensors' },
];

const rows = [];
for (const set of SETS) {
  if (!existsSync(set.folder)) {
    rows.push(...rowsOf(set.name));
    continue;
  }
  for (const directory of readdirSync(set.folder).sort()) {
    const path = join(set.folder, directory);
    if (existsSync(join(path, set.expected))) rows.push(await check(set, directory, path));
  }
}
const table = markdownTable(
  [
    ['set', 'family', 'directory', 'max logit error', 'max log-likelihood error', 'greedy decoding'],
    ...rows.map(({ cells }) => cells),
  ],
  { align: ['', '', '', 'r', 'r', ''] },
);
console.log(table);
const wrong = rows.filter(({ isRight }) => !isRight);
if (values.device === 'cpu' && !values.check) writeFileSync(page, pageOf(table));
console.log(`\n${rows.length} directories, ${wrong.length} beyond ${TOLERANCE} or with another greedy text`);
process.exitCode = wrong.length === 0 ? 0 : 1;

async function check({ name, expected }, directory, path) {
  const { base, adapter } = await open(path);
  const engine = await OnnxEngine.open(base, { device: { name: values.device, reason: 'asked for' }, adapter });
  try {
    const logits = await logitError(engine, join(path, expected));
    const json = join(path, 'golden.json');
    const golden = existsSync(json) ? JSON.parse(readFileSync(json, 'utf8')) : {};
    const loglikelihood = golden.loglikelihood ? await loglikelihoodError(engine, golden) : null;
    const greedy = golden.greedy_generate ? await greedyAgreement(engine, golden.greedy_generate) : null;
    const family = `${base.config.model_type}${adapter ? ' + LoRA' : ''}`;
    const isRight =
      logits <= TOLERANCE &&
      (loglikelihood?.error ?? 0) <= TOLERANCE &&
      (greedy === null || greedy.same === greedy.all);
    const cells = [
      name,
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

async function open(path) {
  const checkpoint = await openCheckpoint(path);
  if (checkpoint.format !== 'lora') return { base: checkpoint, adapter: null };
  return { base: await openReference(join(path, checkpoint.config.base_model_name_or_path)), adapter: checkpoint };
}

async function logitError(engine, file) {
  const bytes = readFileSync(file);
  const tensors = new Map((await readSafetensorsHeader(file)).map((entry) => [entry.name, entry]));
  const read = (name) => {
    const { offset, byteLength } = tensors.get(name);
    return bytes.buffer.slice(bytes.byteOffset + offset, bytes.byteOffset + offset + byteLength);
  };
  let error = 0;
  for (const name of tensors.keys()) {
    if (!name.endsWith('.input_ids')) continue;
    const reference = new Float32Array(read(name.replace('.input_ids', '.logits')));
    const ours = await engine.logits(Array.from(new BigInt64Array(read(name)), Number));
    if (ours.length !== reference.length) throw new Error(`${file}: ${ours.length} logits of ${reference.length}`);
    error = reference.reduce((most, value, i) => Math.max(most, Math.abs(value - ours[i])), error);
  }
  return error;
}

async function loglikelihoodError(engine, { loglikelihood, loglikelihood_rolling: rolling }) {
  const sequences = loglikelihood.cases.map((item) => truncateLeft(item, engine.maxLength));
  const scores = await engine.score(sequences);
  let error = 0;
  loglikelihood.cases.forEach((item, i) => {
    if (scores[i].greedy !== item.is_greedy) error = Number.POSITIVE_INFINITY;
    item.token_logprobs.forEach((value, j) => {
      error = Math.max(error, Math.abs(value - scores[i].tokenLogprobs[j]));
    });
  });
  const windows = await engine.score(rollingWindows(rolling.tokens, rolling.prefix_token, engine.maxLength));
  rolling.windows.forEach(({ sum_logprob, continuation_len }, i) => {
    const sum = windows[i].tokenLogprobs.reduce((total, value) => total + value, 0);
    error = Math.max(error, Math.abs(sum - sum_logprob) / continuation_len);
  });
  return { error, count: loglikelihood.cases.length + 1 };
}

async function greedyAgreement(engine, cases) {
  const answers = await engine.generate(
    cases.map(({ prompt, max_new_tokens, eos_token_id }) => ({
      tokens: prompt,
      maxNewTokens: max_new_tokens,
      stopTokens: new Set(eos_token_id === null ? [] : [eos_token_id]),
    })),
  );
  const same = answers.filter(({ tokens }, i) => tokens.join() === cases[i].new_tokens.join());
  return { same: same.length, all: cases.length };
}

function rowsOf(set) {
  if (!existsSync(page)) return [];
  const lines = readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`| ${set} |`));
  return lines.map((line) => ({
    cells: line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
    isRight: true,
  }));
}

function pageOf(table) {
  return `# Against the reference

Written by \`npm run golden\`: what this code computes for tiny checkpoints of every family, against the outputs of Hugging
Face transformers on the same weights (float32, CPU, eager attention), PEFT for adapters, and lm-evaluation-harness for
log-likelihoods and greedy decoding. Logits must agree to ${TOLERANCE}; transformers with another attention kernel differs from
itself by up to 1.3e-5.

- \`fixtures\` are in this repository (\`test/fixtures/make_language_models.py\` makes them); the tests hold every line.
- \`golden\` is a larger set that is kept apart.

A log-likelihood error is per token, in nats; of rolling log-likelihoods the error of a window's mean.

${table}
`;
}
