// Compares real checkpoints with transformers on the CPU: tokens, log-probabilities and 128 greedy tokens of twelve
// prompts. Usage: PYTHON=path/to/python npm run real -- DIR…
//
// The Python needs torch and transformers. Each DIR is a checkpoint directory, such as SmolLM2-135M-Instruct or Gemma 3
// 270M. Exits with 1 if a limit is exceeded.
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCheckpointSource, openEngine, outlineModel } from '@shadow-gate/language-model';
import { at } from '@shadow-gate/platform';
import { markdownTable } from 'markdown-table';
import { arithmeticMean } from '../../src/statistics/descriptive.ts';
import { PROMPTS, TEXTS } from './prompts.ts';

/** What a token may differ by: the most from float32 of transformers, and the mean from its float64. */
const MOST = 1e-3;
const MEAN = 2e-5;
/** Where the two most likely tokens are closer than this, either may be chosen. */
const TIE = 1e-4;
const COUNT = 128;

/** What transformers_numbers.py prints. */
interface Numbers {
  readonly transformers: string;
  readonly torch: string;
  readonly cases: readonly (PromptCase | TextCase)[];
}
interface ScoredCase {
  readonly prompt: string;
  readonly tokens: readonly number[];
  /** Tokens whose log-probabilities were asked for from `start` on, in two precisions. */
  readonly scored: readonly number[];
  readonly start: number;
  readonly float32: readonly number[];
  readonly float64: readonly number[];
}
interface PromptCase extends ScoredCase {
  /** New tokens, and how far each was from the second most likely one, in logits. */
  readonly greedy: readonly number[];
  readonly gaps: readonly number[];
}
interface TextCase extends ScoredCase {
  readonly greedy: null;
}

type Outcome = 'equal' | 'tie' | 'other';

const script = fileURLToPath(new URL('transformers_numbers.py', import.meta.url));
const models = process.argv.slice(2);
if (models.length === 0) throw new Error('give the directories of checkpoints');
const rows: string[][] = [];
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

async function compare(model: string): Promise<string[]> {
  const { cases, transformers, torch } = numbersOf(model);
  console.error(`${model}: transformers ${transformers}, torch ${torch}`);
  const source = await openCheckpointSource({ checkpoint: model, device: 'cpu' });
  const { tokenizer } = await outlineModel(source, { needsTokenizer: true });
  if (tokenizer === null) throw new Error(`${model} has no tokenizer`);
  const engine = await openEngine(source);
  for (const { prompt, tokens } of cases) {
    const ours = tokenizer.encode(prompt, { addSpecialTokens: true });
    if (ours.join() !== tokens.join()) fail(`${model}: other tokens of ${JSON.stringify(prompt.slice(0, 40))}`);
  }
  const scores = await engine.score(
    cases.map(({ scored, start }) => ({ context: scored.slice(0, start), continuation: scored.slice(start) })),
  );
  const errors = { float32: [] as number[], float64: [] as number[], reference: [] as number[] };
  for (const [i, { float32, float64 }] of cases.entries()) {
    for (const [j, value] of at(scores, i).tokenLogprobs.entries()) {
      errors.float32.push(value - at(float32, j));
      errors.float64.push(value - at(float64, j));
      errors.reference.push(at(float32, j) - at(float64, j));
    }
  }
  if (!(largest(errors.float32) < MOST)) fail(`${model}: ${largest(errors.float32)} from float32`);
  if (!(arithmeticMean(errors.float64.map(Math.abs)) < MEAN)) fail(`${model}: on average too far from float64`);
  const prompts = cases.filter((one): one is PromptCase => one.greedy !== null);
  const stopTokens = tokenizer.eosIds;
  const texts = await engine.generate(prompts.map(({ tokens }) => ({ tokens, maxNewTokens: COUNT, stopTokens })));
  const outcomes = prompts.map((expected, i) => greedyOutcome(at(texts, i).tokens, expected, model));
  await engine.close();
  await tokenizer.close?.();
  const count = (kind: Outcome) => outcomes.filter((outcome) => outcome === kind).length;
  const length = prompts.reduce((sum, { greedy }) => sum + greedy.length, 0);
  return [
    basename(model),
    String(errors.float32.length),
    `${number(largest(errors.float32))}, ${number(arithmeticMean(errors.float32.map(Math.abs)))}`,
    `${number(largest(errors.float64))}, ${number(arithmeticMean(errors.float64.map(Math.abs)))}, ${number(arithmeticMean(errors.float64))}`,
    `${number(largest(errors.reference))}, ${number(arithmeticMean(errors.reference.map(Math.abs)))}`,
    `${count('equal')} of ${prompts.length} equal (${length} tokens), ${count('tie')} tied`,
  ];
}

function numbersOf(model: string): Numbers {
  const input = JSON.stringify({ model, prompts: PROMPTS, texts: TEXTS, count: COUNT });
  const { stdout, status, error } = spawnSync(process.env.PYTHON ?? 'python3', [script], {
    input,
    stdio: ['pipe', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (error || status !== 0) throw new Error(`python failed: ${error?.message ?? `status ${status}`}`);
  return JSON.parse(stdout);
}

/** The first token that differs decides: what follows has another context. */
function greedyOutcome(found: readonly number[], { prompt, greedy, gaps }: PromptCase, model: string): Outcome {
  const place = greedy.findIndex((token, i) => token !== found[i]);
  if (place < 0 && found.length === greedy.length) return 'equal';
  if ((gaps[place] ?? Number.POSITIVE_INFINITY) < TIE) return 'tie';
  fail(`${model}: ${JSON.stringify(prompt.slice(0, 40))} differs at token ${place}, gap ${gaps[place]}`);
  return 'other';
}

function fail(message: string): void {
  console.error(`WRONG ${message}`);
  isRight = false;
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function number(value: number): string {
  return value.toExponential(1);
}
