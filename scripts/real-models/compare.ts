// Compares real checkpoints with transformers on the CPU: tokens, log-probabilities and 128 greedy tokens of twelve prompts.
// Usage: PYTHON=path/to/python npm run real -- DIR…
//
// The Python needs torch and transformers. Each DIR is a checkpoint directory, such as SmolLM2-135M-Instruct or Gemma 3 270M.
// Exits with 1 if a limit is exceeded.
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable } from 'markdown-table';
import { importSources } from '../run/import-sources.ts';
import { PROMPTS, TEXTS } from './prompts.ts';

/** What a token may differ by: the most from float32 of transformers, and the mean from its float64. */
const MOST = 1e-3;
const MEAN = 2e-5;
/** Where the two most likely tokens are closer than this, either may be chosen. */
const TIE = 1e-4;
const COUNT = 128;

const { openCheckpointSource, openEngine, outlineModel } = await importSources({
  openCheckpointSource: 'src/language-model/open-model.ts',
  openEngine: 'src/language-model/open-model.ts',
  outlineModel: 'src/language-model/open-model.ts',
});

const script = fileURLToPath(new URL('transformers_numbers.py', import.meta.url));
const models = process.argv.slice(2);
if (models.length === 0) throw new Error('give the directories of checkpoints');
const rows = [];
let isRight = true;
for (const model of models) rows.push(await compare(model));
console.log(
  markdownTable([
    [
      'model',
      'tokens scored',
      'to float32: max, mean',
      'to float64: max, mean, bias',
      'transformers float32 to float64',
      'greedy',
    ],
    ...rows,
  ]),
);
process.exitCode = isRight ? 0 : 1;

async function compare(model) {
  const { cases, transformers, torch } = numbersOf(model);
  console.error(`${model}: transformers ${transformers}, torch ${torch}`);
  const source = await openCheckpointSource({ checkpoint: model, device: 'cpu' });
  const { tokenizer } = await outlineModel(source, { needsTokenizer: true });
  const engine = await openEngine(source);
  for (const { prompt, tokens } of cases) {
    const ours = tokenizer.encode(prompt, { addSpecialTokens: true });
    if (ours.join() !== tokens.join()) fail(`${model}: other tokens of ${JSON.stringify(prompt.slice(0, 40))}`);
  }
  const scores = await engine.score(
    cases.map(({ scored, start }) => ({ context: scored.slice(0, start), continuation: scored.slice(start) })),
  );
  const errors = { float32: [], float64: [], reference: [] };
  for (const [i, { float32, float64 }] of cases.entries()) {
    for (const [j, value] of scores[i].tokenLogprobs.entries()) {
      errors.float32.push(value - float32[j]);
      errors.float64.push(value - float64[j]);
      errors.reference.push(float32[j] - float64[j]);
    }
  }
  if (!(largest(errors.float32) < MOST)) fail(`${model}: ${largest(errors.float32)} from float32`);
  if (!(mean(errors.float64.map(Math.abs)) < MEAN)) fail(`${model}: on average too far from float64`);
  const prompts = cases.filter(({ greedy }) => greedy);
  const stopTokens = tokenizer.eosIds;
  const texts = await engine.generate(prompts.map(({ tokens }) => ({ tokens, maxNewTokens: COUNT, stopTokens })));
  const outcomes = prompts.map((expected, i) => greedyOutcome(texts[i].tokens, expected, model));
  await engine.close();
  await tokenizer.close?.();
  const count = (kind) => outcomes.filter((outcome) => outcome === kind).length;
  const length = prompts.reduce((sum, { greedy }) => sum + greedy.length, 0);
  return [
    basename(model),
    String(errors.float32.length),
    `${number(largest(errors.float32))}, ${number(mean(errors.float32.map(Math.abs)))}`,
    `${number(largest(errors.float64))}, ${number(mean(errors.float64.map(Math.abs)))}, ${number(mean(errors.float64))}`,
    `${number(largest(errors.reference))}, ${number(mean(errors.reference.map(Math.abs)))}`,
    `${count('equal')} of ${prompts.length} equal (${length} tokens), ${count('tie')} tied`,
  ];
}

function numbersOf(model) {
  const input = JSON.stringify({ model, prompts: PROMPTS, texts: TEXTS, count: COUNT });
  const { stdout, status, error } = spawnSync(process.env.PYTHON ?? 'python3', [script], {
    input,
    stdio: ['pipe', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  if (error || status !== 0) throw new Error(`python failed: ${error?.message ?? `status ${status}`}`);
  return JSON.parse(stdout);
}

/** The first token that differs decides: what follows has another context. */
function greedyOutcome(found, { prompt, greedy, gaps }, model) {
  const at = greedy.findIndex((token, i) => token !== found[i]);
  if (at < 0 && found.length === greedy.length) return 'equal';
  if (at >= 0 && gaps[at] < TIE) return 'tie';
  fail(`${model}: ${JSON.stringify(prompt.slice(0, 40))} differs at token ${at}, gap ${gaps[at]}`);
  return 'other';
}

function fail(message) {
  console.error(`WRONG ${message}`);
  isRight = false;
}

function largest(values) {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function number(value) {
  return value.toExponential(1);
}
